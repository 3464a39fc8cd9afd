"""Approvals: orders of companies that need somebody's yes, one step after the other, each another person."""
