"""Partners to try Orderline with: real HTTP, told how to misbehave."""
