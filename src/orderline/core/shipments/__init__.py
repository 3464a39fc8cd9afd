"""Parcels and shipments: labels, hand-over, tracking."""
