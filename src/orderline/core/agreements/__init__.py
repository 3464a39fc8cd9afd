"""Agreements: how much of what a company will have in all, called off by one order after the other."""
