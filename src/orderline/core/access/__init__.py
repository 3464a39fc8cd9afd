"""API keys: that they were made and revoked, and by whom."""
