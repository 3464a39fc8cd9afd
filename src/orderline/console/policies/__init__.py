"""Policies of all kinds: written, compared, put in force and taken back."""
