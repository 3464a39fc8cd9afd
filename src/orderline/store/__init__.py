"""PostgreSQL: locks, loads and saves. It decides nothing."""
