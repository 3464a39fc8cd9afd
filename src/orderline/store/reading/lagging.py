"""How late orders of channels come in, what is ordered meanwhile, and what is kept back for it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from orderline.core.stock.lagging import (
    MEASURED_OVER,
    STOCK,
    LagBuffer,
    MeasureLag,
    lag_of,
    lag_term,
    quantile_units,
    windows_over,
)
from orderline.core.stock.state import Channel
from orderline.core.supply.rows import ALL
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source

MOST_ORDERS: Final = 5_000


def load_lag(source: Source, channel: Channel | None) -> LagBuffer | None:
    """What is kept back from a channel, if it asks for it."""
    if channel is None or not channel.lag_quantile_ppm:
        return None
    found: Any = load_record(source, "lag_buffer", channel.code)
    return found if isinstance(found, LagBuffer) else None


def kept_back(buffer: LagBuffer | None, channel: Channel, sku: str) -> int:
    """Units of a SKU that a channel is not shown."""
    term = lag_term(buffer, channel.lag_quantile_ppm, sku)
    return term.units if term is not None else 0


def measure(source: Source, channel: Channel, now: datetime) -> MeasureLag:
    """What is to be kept back from a channel: as late as it has taken figures lately, and its orders have come in."""
    since = UUID(int=int((now - MEASURED_OVER).timestamp() * 1000) << 80)  # ids begin with their time
    rows = source.rows("lagging", "orders_lately", channel=channel.code, since=since, most=MOST_ORDERS)
    lags = [(id_.int >> 80) // 1000 - int(placed_at.timestamp()) for id_, placed_at in rows]
    about = {"channel": channel.code, "since": now - MEASURED_OVER, "what": STOCK}
    [(_, pushed_ms, _, pushes)] = source.rows("pushing", "push_lags", **about)
    lag_s = lag_of(lags) + -(-int(pushed_ms or 0) // 1000)
    units = _units(source, channel, now, since, lag_s)
    return MeasureLag(
        channel=channel.code,
        lag_s=lag_s,
        quantile_ppm=channel.lag_quantile_ppm,
        measured=len(lags),
        pushes=int(pushes),
        units=units,
    )


def _units(source: Source, channel: Channel, now: datetime, since: UUID, lag_s: int) -> dict[str, int]:
    if not lag_s:
        return {}
    windows = windows_over(lag_s)
    beyond = windows * (ALL - channel.lag_quantile_ppm) // ALL
    rows = source.rows(
        "lagging", "ordered_in_windows", channel=channel.code, since=since, placed_from=now - MEASURED_OVER,
        lag_s=lag_s, beyond=beyond,
    )  # fmt: skip
    found = {sku: quantile_units(sums, windows, channel.lag_quantile_ppm) for sku, sums in rows}
    return {sku: units for sku, units in sorted(found.items()) if units}
