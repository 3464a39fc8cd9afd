"""Appeasements: money given for a reason without goods coming back; how much who may give, and on which budget."""
