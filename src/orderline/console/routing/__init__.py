"""Routing in the console: rules and their versions, what they would come to, and why an order went where it went."""
