"""Verify: is everything that must always be true, true? Asked of a running system, answered by name."""

from orderline.engine.verifying.invariants import INVARIANTS, Invariant
from orderline.engine.verifying.report import InvariantReport, VerifyReport
from orderline.engine.verifying.verify import verify

__all__ = ["INVARIANTS", "Invariant", "InvariantReport", "VerifyReport", "verify"]
