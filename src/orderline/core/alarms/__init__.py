"""Alarms: orders with something to do that nobody is going to do."""
