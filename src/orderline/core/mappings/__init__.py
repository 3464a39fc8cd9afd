"""Mappings: what partners' own words mean here; a word that nobody has said this of waits, with all that it stands in."""
