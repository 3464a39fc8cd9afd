"""Next steps: claims jobs of the outbox, calls the outside, submits what it answered."""
