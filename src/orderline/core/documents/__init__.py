"""Papers: what they say, as values; how they look is for those who print them."""
