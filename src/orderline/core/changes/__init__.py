"""Change sets: what of an accepted order is agreed anew, decided whole or not at all, seen before it is done, and undone."""
