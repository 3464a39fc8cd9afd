"""Disputes: a bank, or the provider, takes money back from a tender; we answer with evidence, and somebody decides."""
