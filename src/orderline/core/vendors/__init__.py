"""Vendors: places whose stock is told to us and whose work is asked for: how old is what they told, who is too slow."""
