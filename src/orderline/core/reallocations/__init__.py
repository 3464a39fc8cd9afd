"""Reallocations: units go from orders that can wait to one that cannot, by rules about who may take from whom."""
