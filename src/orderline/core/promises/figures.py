"""How well promises are kept: by location, carrier and policy, by the first promise and by the last. Pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.orders.promised import PromiseCause, PromiseOutcome
from orderline.core.orders.state import Order
from orderline.values.ids import OrderId

NO_POLICY: Final = "none"


class EndedPromise(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The promise of a line that has ended: what figures count one of. first_latest_at: until when the first one was;
    last_latest_at: the last one. kept, kept_last: by them. cause: why it was missed. locations, carriers: what the last stood on,
    of the first the policy.
    """

    order: OrderId
    order_number: str
    channel: str
    line: int
    sku: str
    first_latest_at: datetime
    last_latest_at: datetime
    settled_at: datetime | None
    kept: bool
    kept_last: bool
    policy: str
    cause: PromiseCause | None = None
    locations: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()


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
    """Count the ended promises of orders."""
    count, ended = 0, list[EndedPromise]()
    for order in orders:
        count += 1
        ended += ended_promises(order)
    return KeptFigures(
        orders=count,
        overall=_figure("all", ended),
        by_location=_by(ended, lambda promise: promise.locations),
        by_carrier=_by(ended, lambda promise: promise.carriers),
        by_policy=_by(ended, lambda promise: (promise.policy,)),
    )


def ended_promises(order: Order) -> Iterator[EndedPromise]:
    """The promises of an order that have ended, by line. What was called off (void) is none."""
    skus = {each.line: each.sku for each in order.lines}
    for each in order.promises:
        if each.outcome in (PromiseOutcome.KEPT, PromiseOutcome.MISSED):
            yield EndedPromise(
                order=order.id,
                order_number=order.number,
                channel=order.channel,
                line=each.line,
                sku=skus.get(each.line, ""),
                first_latest_at=each.first.latest_at,
                last_latest_at=each.window.latest_at,
                settled_at=each.settled_at,
                kept=each.outcome is PromiseOutcome.KEPT,
                kept_last=each.kept_last,
                policy=each.first.policy or NO_POLICY,
                cause=each.cause if each.outcome is PromiseOutcome.MISSED else None,
                locations=tuple(dict.fromkeys(each.window.locations)),
                carriers=tuple(dict.fromkeys(service.partition(" ")[0] for service in each.window.services)),
            )


def _by(ended: list[EndedPromise], names: Callable[[EndedPromise], Iterable[str]]) -> tuple[KeptFigure, ...]:
    groups: dict[str, list[EndedPromise]] = {}
    for promise in ended:
        for name in names(promise):
            groups.setdefault(name, []).append(promise)
    return tuple(_figure(name, groups[name]) for name in sorted(groups))


def _figure(name: str, promises: list[EndedPromise]) -> KeptFigure:
    causes: dict[str, int] = {}
    for promise in promises:
        if promise.cause is not None:
            causes[promise.cause.value] = causes.get(promise.cause.value, 0) + 1
    return KeptFigure(
        name,
        len(promises),
        sum(1 for each in promises if each.kept),
        sum(1 for each in promises if each.kept_last),
        dict(sorted(causes.items())),
    )
