"""Price lists: what was agreed with companies that goods cost, by date and quantity."""
