"""Outside systems, one folder each; found by entry point and imported by nobody."""
