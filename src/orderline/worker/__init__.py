"""The worker: does what follows from facts, asks and tells partners, takes in what they tell."""
