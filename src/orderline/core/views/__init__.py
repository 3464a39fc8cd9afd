"""Views of lists that are kept under a name, for all who work here."""
