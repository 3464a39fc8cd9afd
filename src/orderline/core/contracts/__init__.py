"""Contracts: what somebody buys again and again, by a calendar; each renewal is an order like any other."""
