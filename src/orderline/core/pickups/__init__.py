"""Pickup: what a store lays ready for a customer, hands over for a code, and takes back when nobody came."""
