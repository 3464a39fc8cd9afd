"""Routing in the console: its rules as a form, what they would come to, and why an order went where it went."""
