"""Queues: what needs a person, by what it is and whose it is."""
