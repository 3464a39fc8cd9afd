"""How well promises are kept: by location, carrier and policy, by the first promise and by the last. Pure."""

from collections.abc import Callable, Iterable

import msgspec

from orderline.core.orders.promised import LinePromise, PromiseOutcome
from orderline.core.orders.state import Order


class KeptFigure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Promises that have ended: kept by the first one, kept by the last one, missed, and why. Of lines, not of units."""

    name: str
    ended: int
    kept: int
    kept_last: int
    causes: dict[str, int] = {}

    @property
    def kept_ppm(self) -> int:
        """Parts per million kept by the first promise."""
        return self.kept * 1_000_000 // self.ended if self.ended else 0


class KeptFigures(msgspec.Struct, frozen=True):
    """All together, and by what they stood on; a line from two places counts for both."""

    orders: int
    overall: KeptFigure
    by_location: tuple[KeptFigure, ...]
    by_carrier: tuple[KeptFigure, ...]
    by_policy: tuple[KeptFigure, ...]


def kept_figures(orders: Iterable[Order]) -> KeptFigures:
    """Count the ended promises of orders. What was called off (void) is not counted."""
    count, ended = 0, list[LinePromise]()
    for order in orders:
        count += 1
        ended += [each for each in order.promises if each.outcome in (PromiseOutcome.KEPT, PromiseOutcome.MISSED)]
    return KeptFigures(
        orders=count,
        overall=_figure("all", ended),
        by_location=_by(ended, lambda promise: promise.window.locations),
        by_carrier=_by(ended, lambda promise: tuple(each.partition(" ")[0] for each in promise.window.services)),
        by_policy=_by(ended, lambda promise: (promise.first.policy or "none",)),
    )


def _by(ended: list[LinePromise], names: Callable[[LinePromise], Iterable[str]]) -> tuple[KeptFigure, ...]:
    groups: dict[str, list[LinePromise]] = {}
    for promise in ended:
        for name in dict.fromkeys(names(promise)):
            groups.setdefault(name, []).append(promise)
    return tuple(_figure(name, groups[name]) for name in sorted(groups))


def _figure(name: str, promises: list[LinePromise]) -> KeptFigure:
    causes: dict[str, int] = {}
    for promise in promises:
        if promise.outcome is PromiseOutcome.MISSED and promise.cause is not None:
            causes[promise.cause.value] = causes.get(promise.cause.value, 0) + 1
    return KeptFigure(
        name,
        len(promises),
        sum(1 for each in promises if each.outcome is PromiseOutcome.KEPT),
        sum(1 for each in promises if each.kept_last),
        dict(sorted(causes.items())),
    )
