"""The sandbox warehouse."""
