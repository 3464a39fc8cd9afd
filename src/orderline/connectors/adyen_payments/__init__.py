"""Adyen: Checkout payments and their modifications, standard webhooks, disputes, reports."""
