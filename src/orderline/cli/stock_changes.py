"""`orderline stock put` and `adjust`: the same operations as over HTTP, shown before they are made."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import click

from orderline.cli.agreeing import agreed, document, person, yes_option
from orderline.cli.output import emit, json_option, say
from orderline.cli.ports import Failure, installation
from orderline.cli.stock import stock
from orderline.core.moves import REASONS
from orderline.core.stock.commands import AdjustStock, ApplyFeed, FeedRow
from orderline.core.stock.state import StockLevel
from orderline.store.database import Database

__all__ = ["stock"]

FEED = "command-line"


@stock.command()
@click.argument("sku")
@click.argument("location")
@click.argument("quantity", type=click.IntRange(0))
@yes_option
@json_option
def put(sku: str, location: str, quantity: int, yes: bool, as_json: bool) -> None:
    """So many units of SKU are at LOCATION, picked ones included: a snapshot of one row."""
    from orderline.core.stock.feeds import FeedVerdict

    def apply(database: Database) -> None:
        import msgspec

        at = datetime.now(UTC)
        rows = (FeedRow(sku, location, quantity),)
        command = ApplyFeed(feed=FEED, sequence=int(at.timestamp() * 1_000_000), part=0, delta=False, rows=rows)
        with installation().engine(database) as engine:
            answer = msgspec.json.decode(engine.run(command, actor=person()))
        for each in msgspec.convert(answer["result"], FeedVerdict).refused:
            raise Failure(f"{each.code}: {each.field} {each.value}.", code=each.code, field=each.field)

    level = _level(sku, location)
    told = {"sku": sku, "location": location, "sellable": max(0, quantity - level.picked), "before": level.sellable}
    _change(told, f"{sku} at {location}: {level.sellable:,} sellable before, {told['sellable']:,} after", apply,
            yes=yes, as_json=as_json)  # fmt: skip


@stock.command()
@click.argument("sku")
@click.argument("location")
@click.argument("quantity", type=click.IntRange(1))
@click.option("--reason", type=click.Choice(sorted(REASONS)), required=True, help="What has happened.")
@click.option("--reference", default="", help="The paper behind it.")
@yes_option
@json_option
def adjust(sku: str, location: str, quantity: int, reason: str, reference: str, yes: bool, as_json: bool) -> None:
    """Move QUANTITY units of SKU at LOCATION between two buckets, for a reason."""

    def apply(database: Database) -> None:
        command = AdjustStock(sku=sku, location=location, quantity=quantity, reason=reason, reference=reference)
        with installation().engine(database) as engine:
            engine.run(command, actor=person())

    level = _level(sku, location)
    source, target = (bucket.value for bucket in REASONS[reason])
    shown = [
        f"{name.replace('_', ' ')} {have:,} before, {have + sign * quantity:,} after"
        for name, sign in ((source, -1), (target, 1))
        if (have := getattr(level, name, None)) is not None
    ]
    told = {"sku": sku, "location": location, "quantity": quantity, "from": source, "to": target}
    _change(told, f"{sku} at {location}: {'; '.join(shown)}", apply, yes=yes, as_json=as_json)


def _change(
    told: Mapping[str, object], text: str, apply: Callable[[Database], None], *, yes: bool, as_json: bool
) -> None:
    if not as_json:
        say(text)
    done = agreed(yes, as_json=as_json)
    if done:
        with installation().database() as database:
            apply(database)
    if as_json:
        emit(document(told, applied=done))
    elif done:
        say("Done.")


def _level(sku: str, location: str) -> StockLevel:
    """The shelf as it is. Refused SKU_UNKNOWN. Failure: there is no such location."""
    from orderline.cli.sources import reading
    from orderline.store.reading.levels import load_sku_stock

    with reading() as source:
        found = load_sku_stock(source, sku)
        known = source.settings().locations
    if location not in known:
        raise Failure(f"There is no location {location}.", f"There are {', '.join(sorted(known)[:20]) or 'none'}.")
    for each in found.levels:
        if each.location == location:
            return StockLevel(sku, location, sellable=each.sellable, picked=each.picked, damaged=each.damaged,
                              quality_control=each.quality_control, blocked=each.blocked, missing=each.missing,
                              display=each.display)  # fmt: skip
    return StockLevel(sku, location)
