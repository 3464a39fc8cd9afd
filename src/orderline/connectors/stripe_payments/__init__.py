"""Stripe: PaymentIntents with manual capture, refunds, disputes, balance transactions, signed events."""
