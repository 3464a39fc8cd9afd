"""Garbage collection, as a process that runs an engine wants it."""

import gc


def look_for_cycles_less() -> None:
    """Leave what was loaded at the start out of garbage collection, and look for cycles seldom.

    Orders, commands and events hold no cycles and go as soon as nobody holds them; measured, looking for cycles at
    the usual pace cost a fifth of the intake's rate.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
