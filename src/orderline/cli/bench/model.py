"""What a benchmark is given and what it gives."""

from collections.abc import Sequence
from typing import Any

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. `ratio` is value / bound; for times, smaller is better and `bound` the target or None.

    p50_ms, p99_ms: of single requests, where there are any. settings: what the figure depends on.
    """

    name: str
    value: float
    unit: str
    bound: float | None = None
    ratio: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    errors: int = 0
    settings: dict[str, Any] = {}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """scale: 1000 is the full size of each benchmark, in thousandths; smaller ones are for trying out."""

    scale: int = 1000
    clients: int = 64
    seed: int = 1
    stored_orders: int = 2_000_000

    def scaled(self, count: int, *, least: int = 1) -> int:
        """A count at this scale."""
        return max(least, count * self.scale // 1000)


def percentile(times_s: Sequence[float], per_mille: int) -> float:
    """A percentile of times in seconds, in milliseconds with two places."""
    ordered = sorted(times_s)
    return round(ordered[min(len(ordered) - 1, len(ordered) * per_mille // 1000)] * 1000, 2)


def result(name: str, value: float, unit: str, *, bound: float | None = None, **about: Any) -> Result:
    """A result with its ratio."""
    ratio = round(value / bound, 3) if bound else None
    rounded = None if bound is None else round(bound, 1)
    return Result(name=name, value=round(value, 1), unit=unit, bound=rounded, ratio=ratio, **about)
