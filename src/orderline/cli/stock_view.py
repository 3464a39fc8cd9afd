"""The figure of a SKU drawn in the terminal: every term on a line, the rows behind it below, the sum at the end."""

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orderline.cli.plain import count, instant
from orderline.cli.unit_words import supply_row
from orderline.core.stock.dated import SupplyTerm
from orderline.core.stock.doubt import Doubt
from orderline.core.stock.explain import AtpExplanation, PoolExplanation, ShelfTerm, Term
from orderline.core.supply.slips import Learned

TOLD: Final = {
    "locations": "at its locations",
    "pool_claims": "claimed by orders that have no location yet",
    "cart_holds": "held for carts",
    "kept_for_pegs": "come, and kept for orders that waited for them",
    "dated_supply": "to come by then, counted at its confidence",
    "backordered": "sold beyond that, waiting for supply",
    "scheduled_demand": "kept for what is scheduled and not covered in time",
    "short_life": "of lots that end too soon for this channel",
    "channel_buffer": "never promised on this channel (buffer)",
    "lag_buffer": "kept back, as it is told late, and tells late",
    "not_for_sale": "not for sale",
    "threshold": "never promised (threshold)",
    "never_below_zero": "lifted to zero: nothing less can be promised",
}
SHORT: Final = {
    "deny": "an order for more is refused",
    "backorder": "an order for more is taken; the rest waits for supply",
    "cap": "an order for more is taken up to a cap; the rest waits for supply",
}


def draw(to: Console, explained: AtpExplanation) -> None:
    """Print the explanation; the last line of each block is the sum of those above."""
    channel = f" for channel {explained.channel}" if explained.channel else " over all pools"
    if explained.unlimited:
        to.print(f"{explained.sku} ({explained.kind.value}): no stock stands behind it, so there is no limit{channel}.")
        return
    to.print(Text.assemble((explained.sku, "bold"), f"  {explained.kind.value}: ", (f"{explained.atp:,}", "bold green"),
                           f" can be promised{channel}"))  # fmt: skip
    cap = f" ({explained.backorder_cap:,})" if explained.short_policy.value == "cap" else ""
    to.print(f"when short: {SHORT[explained.short_policy.value]}{cap}\n")
    for part in explained.components:
        scarcest = ", the scarcest" if part.sku == explained.limited_by else ""
        to.print(f"{part.sku}: {part.atp:,} at {count(part.quantity, 'unit')} each make {part.makes:,}{scarcest}")
        for pool in part.pools:
            _pool(to, pool)
    for pool in explained.pools:
        _pool(to, pool)
    for term in explained.terms:
        to.print(f"{_signed(term.amount)}  {TOLD[term.name]}{_why(term, explained.reason)}")
    if len(explained.pools) + len(explained.terms) > 1:
        sum_ = " + ".join(f"{pool.atp:,}" for pool in explained.pools)
        sum_ += "".join(f" - {-term.amount:,}" for term in explained.terms)
        to.print(f"{sum_} = {explained.atp:,}")


def _pool(to: Console, pool: PoolExplanation) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right")
    grid.add_column(overflow="fold")
    for term in pool.terms:
        if term.amount or term.name == "locations":
            rule = f", by rule {term.rule}" if term.rule else ""
            grid.add_row(_signed(term.amount), TOLD.get(term.name, term.name.replace("_", " ")) + rule)
            for line in _behind(term):
                grid.add_row("", Text(line, style="grey50"))
    grid.add_row("─" * max(3, len(f"{pool.atp:,}")), "")
    grid.add_row(Text(f"{pool.atp:,}", style="bold"), "can be promised")
    to.print(Text(f"pool {pool.pool}", style="bold"))
    to.print(grid)
    if pool.backordered:
        to.print(f"  beside it: {count(pool.backordered, 'unit')} sold beyond that, waiting for supply")
    if pool.overpegged:
        told = f"  {count(pool.overpegged, 'unit')} promised of what is to come that are not counted on"
        to.print(Text(told, style="red"))
    if pool.oversold:
        to.print(Text(f"  {count(pool.oversold, 'unit')} claimed that are not there", style="red"))
    to.print()


def _behind(term: Term) -> list[str]:
    lines = [line for shelf in term.shelves for line in (f"  {shelf.location}: {_shelf(shelf)}", *_seen(shelf.doubt))]
    lines += [f"  {supply_row(row.supply)}, {instant(row.ready_at)}: {_supply(row)}" for row in term.supply]
    lines += [f"  {row.demand}, {instant(row.need_at)}: {_signed(row.amount)} needed" for row in term.demand]
    lines += [
        f"  {row.location}, lot {row.lot}: {count(row.quantity, 'unit')} until {row.expires_on}" for row in term.lots
    ]
    lines += [f"  {row.number}: {count(row.quantity, 'unit')}" for row in term.orders]
    lines += [f"  cart {row.cart}: {count(row.quantity, 'unit')} until {instant(row.expires_at)}" for row in term.carts]
    rest = -term.amount - term.units_shown if term.orders or term.carts else 0
    return [*lines, *([f"  and {count(rest, 'unit')} more"] if rest > 0 else [])]


def _seen(doubt: Doubt | None) -> list[str]:
    rows = doubt.rows if doubt is not None else ()
    return [
        f"    {instant(row.at)}: {count(row.units, 'unit')} {'found' if row.found else 'missed'}, {row.cause}"
        for row in rows
        if not row.found
    ]


def _supply(row: SupplyTerm) -> str:
    parts = [
        f"{amount:,} {name}"
        for amount, name in (
            (row.counted, f"of {row.open:,} counted on"), (row.awaited, "promised to orders"), (row.overpegged, "promised beyond that"),
            (row.not_sold, "not sold so far ahead"),
        )
        if amount
    ]  # fmt: skip
    return f"{' + '.join(parts).replace('+ -', '- ') or '0'} = {row.amount:,}{_learned(row.learned)}"


def _learned(learned: Learned | None) -> str:
    """What a row is counted on by, and the lines behind that."""
    if learned is None:
        return ""
    parts: list[str] = []
    if learned.confidence_ppm is not None:
        parts.append(f"confidence {learned.confidence_ppm / 10_000:.1f} %")
    if learned.slack_days is not None:
        parts.append(f"slack {count(learned.slack_days, 'day')}")
    by = {"person": "as a person says", "vendor_sku": "learned of the SKU", "vendor": "learned"}[learned.by.value]
    seen = f": {learned.come:,} of {count(learned.promised, 'unit')} came, {learned.late:,} of {count(learned.lines, 'line')} late"
    return f" ({', '.join(parts)}, {by} from {learned.vendor}{seen if learned.lines else ''})"


def _shelf(shelf: ShelfTerm) -> str:
    parts = [
        f"{amount:,} {name}"
        for amount, name in (
            (shelf.sellable, "sellable"), (shelf.picked, "picked"), (shelf.allocated, "allocated"),
            (shelf.safety, f"safety stock{f' by rule {shelf.safety_rule}' if shelf.safety_rule else ''}"),
            (shelf.phantom, f"thought not to be there{_doubt(shelf.doubt)}"), (shelf.lifted, "lifted to zero"),
            (shelf.inactive, "at an inactive location"),
            (shelf.feed_stale, "told too long ago"),
        )
        if amount
    ]  # fmt: skip
    return f"{' + '.join(parts).replace('+ -', '- ') or '0'} = {shelf.amount:,}"


def _doubt(doubt: Doubt | None) -> str:
    if doubt is None:
        return ""
    seen = f"{doubt.missed:,} missed, {doubt.found:,} found since {instant(doubt.since)}"
    return f" (confidence {doubt.confidence_ppm / 10_000:.1f} %: {seen}, by rule {doubt.rule})"


def _why(term: Term, reason: str) -> str:
    if term.lag is not None:
        sure = f"{term.lag.quantile_ppm / 10_000:g} %"
        return f" (by {term.lag.lag_s:,} s, as {count(term.lag.orders, 'order')} and {term.lag.pushes:,} pushes were; {sure} sure)"
    return f": {reason}" if reason and term.name == "not_for_sale" else ""


def _signed(amount: int) -> str:
    return f"{amount:+,}" if amount else "0"
