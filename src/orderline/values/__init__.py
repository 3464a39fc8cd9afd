"""Money, ids, time, addresses and places, failures: plain values that every room speaks. No I/O."""
