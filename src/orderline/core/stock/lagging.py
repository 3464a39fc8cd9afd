"""What a channel sells before it is known here: kept back from what the channel is shown, by the lag that was measured.

The lag is how late the channel takes figures of stock, and how late its orders come in. The buffer of a SKU is a
quantile of what was ordered there in times as long as the lag, so that what others have bought meanwhile is not sold
twice. Source: domain model 4.2 (lag_buffer). It lowers what the channel is told; an order that has come in is served
from it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.stock.explain import LagTerm
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.supply.rows import ALL
from orderline.core.world import Draft
from orderline.values.failures import Refused

# What channels are told of.
STOCK: Final = "stock"
LISTINGS: Final = "listings"

MEASURED_OVER: Final = timedelta(days=7)
LEAST_ORDERS: Final = 20  # of fewer nothing is learned
LONGEST: Final = timedelta(days=1)  # what comes in later was imported, not late
LAG_QUANTILE_PPM: Final = 950_000


class LagBuffer(Record, frozen=True, kw_only=True):
    """What is kept back from a channel, `id` its code, by SKU; measured on orders and pushed figures of a week."""

    id: str
    lag_s: int
    quantile_ppm: int
    orders: int
    pushes: int
    units: dict[str, int]
    measured_at: datetime


class LagMeasured(RecordEvent, frozen=True, kw_only=True, tag="lag_measured"):
    """A channel is later or sooner than it was, or other SKUs are sold meanwhile."""

    id: str
    lag_s: int
    quantile_ppm: int
    orders: int
    pushes: int
    units: dict[str, int]
    at: datetime


class MeasureLag(RecordCommand, frozen=True, gc=False, kw_only=True, tag="measure_lag"):
    """Keep back from a channel what was measured: by the worker, each hour."""

    channel: str
    lag_s: int
    quantile_ppm: int
    measured: int
    pushes: int
    units: dict[str, int]

    def records(self) -> Iterable[RecordKey]:
        """The one of the channel."""
        return (("lag_buffer", self.channel),)


def decide_measure_lag(draft: Draft, command: MeasureLag, context: Context) -> None:
    """Refused CHANNEL_UNKNOWN; NOTHING_TO_DO: the same is kept back already."""
    if command.channel not in draft.world.settings.channels:
        raise Refused(R.CHANNEL_UNKNOWN, field="channel", value=command.channel[:100])
    known = draft.world.records.get(("lag_buffer", command.channel))
    if isinstance(known, LagBuffer) and (known.units, known.quantile_ppm) == (command.units, command.quantile_ppm):
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=command.channel)
    told = LagMeasured(
        id=command.channel, lag_s=command.lag_s, quantile_ppm=command.quantile_ppm, orders=command.measured, pushes=command.pushes,
        units=command.units, at=context.now,
    )  # fmt: skip
    draft.tell_record(LAG_BUFFER, command.channel, told)


def evolve_lag(buffer: LagBuffer | None, event: LagMeasured) -> LagBuffer:
    """What is kept back from now on."""
    fresh = LagBuffer(
        id=event.id, lag_s=event.lag_s, quantile_ppm=event.quantile_ppm, orders=event.orders, pushes=event.pushes, units=event.units,
        measured_at=event.at,
    )  # fmt: skip
    return fresh if buffer is None else msgspec.structs.replace(fresh, version=buffer.version, chain=buffer.chain)


def lag_of(lags_s: Sequence[int]) -> int:
    """How late orders come in, but for the latest few; nought of too few orders. Those imported long after do not count."""
    usual = sorted(max(0, lag) for lag in lags_s if lag <= LONGEST.total_seconds())
    return usual[(len(usual) - 1) * LAG_QUANTILE_PPM // ALL] if len(usual) >= LEAST_ORDERS else 0


def windows_over(lag_s: int) -> int:
    """How many times as long as the lag were looked at."""
    return int(MEASURED_OVER.total_seconds()) // lag_s


def quantile_units(sums: Sequence[int], windows: int, quantile_ppm: int) -> int:
    """The fewest units that cover what was ordered in this share of the windows.

    sums: what was ordered in windows in which anything was, the most first.
    """
    beyond = windows * (ALL - quantile_ppm) // ALL
    return sums[beyond] if beyond < len(sums) else 0


def lag_term(buffer: LagBuffer | None, quantile_ppm: int, sku: str) -> LagTerm | None:
    """What is kept back of a SKU; None: nothing, or no more."""
    units = buffer.units.get(sku, 0) if buffer is not None and quantile_ppm else 0
    if buffer is None or not units:
        return None
    return LagTerm(units, buffer.lag_s, buffer.quantile_ppm, buffer.orders, buffer.pushes, buffer.measured_at)


LAG_BUFFER = RecordKind("lag_buffer", LagBuffer, LagMeasured, evolve_lag, lambda buffer: Window("active"))
RULES: Final = {MeasureLag: decide_measure_lag}
