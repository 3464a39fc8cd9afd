"""Many commands in, one transaction: plan, lock and load, decide, save, commit."""
