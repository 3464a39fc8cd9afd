"""The sandbox payment provider."""
