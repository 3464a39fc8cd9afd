"""Replenishments: what should be sent or bought for which location, and how long what is there will last."""
