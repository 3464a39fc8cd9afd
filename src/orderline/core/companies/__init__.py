"""Companies: who buys for a business, where to, on which terms, and how much it may owe."""
