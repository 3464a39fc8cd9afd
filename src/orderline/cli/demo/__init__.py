"""The demo: a made-up merchant, a day of orders drawn from a seed, and what is shown while they go through."""
