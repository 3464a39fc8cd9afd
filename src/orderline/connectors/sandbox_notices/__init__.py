"""The sandbox messaging provider."""
