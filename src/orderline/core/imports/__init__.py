"""Orders from files: rows and lines of other systems turned into orders, with a verdict for each row."""
