"""The rules: moves, decide and evolve, one folder per capability. Pure: no I/O, no clock, no chance."""
