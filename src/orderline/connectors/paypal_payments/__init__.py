"""PayPal: orders that buyers have approved, authorizations, captures, refunds, disputes, verified webhooks."""
