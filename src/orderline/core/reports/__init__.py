"""Figures over many orders, counted while things happen."""
