"""Tickets of tills: what a store has sold, taken back and exchanged over its counters."""
