"""`orderline stock`: how much there is, how much can be promised, and why."""

from datetime import UTC, date, datetime

import click

from orderline.cli.inputs import INSTANT
from orderline.cli.output import console, emit, json_option, say, table
from orderline.cli.plain import amount, count, instant, plain

MOST_SUPPLY = 1_000


@click.group()
def stock() -> None:
    """Look at stock."""


@stock.command()
@click.argument("sku")
@click.option("--channel", default="", help="Explain what this channel can promise; without it all pools together.")
@click.option("--at", type=INSTANT, help="For this instant, with what is to come until then; now, when not given.")
@click.option("--country", default="", help="Sold to this country (two letters).")
@json_option
def explain(sku: str, channel: str, at: datetime | None, country: str, as_json: bool) -> None:
    """Why so many units of SKU can be promised: the terms, which add up, and the rows behind them."""
    from orderline.cli.sources import reading
    from orderline.store.reading.promises import explain_promise

    with reading() as source:
        explained = explain_promise(source, source.settings(), sku, channel, at=at, country=country)
    if as_json:
        emit(explained)
        return
    from orderline.cli.stock_view import draw

    draw(console(), explained)


@stock.command()
@click.argument("sku")
@json_option
def show(sku: str, as_json: bool) -> None:
    """The shelves of SKU by location and bucket, and what is claimed by pool."""
    from orderline.cli.sources import reading
    from orderline.store.reading.levels import load_sku_stock

    with reading() as source:
        found = load_sku_stock(source, sku)
    if as_json:
        emit(found)
        return
    click.echo(f"{found.sku.code}  {found.sku.description}  ({found.sku.kind}, when short: {found.sku.short_policy})\n")
    buckets = ("sellable", "picked", "damaged", "quality_control", "blocked", "missing", "display")
    shown = [bucket for bucket in buckets if any(getattr(level, bucket) for level in found.levels)] or ["sellable"]
    columns = (
        "location",
        *(bucket.replace("_", " ") for bucket in shown),
        "on hand",
        "allocated",
        "safety",
        "phantom",
        "free",
    )
    rows = [
        (
            each.location,
            *(getattr(each, bucket) for bucket in shown),
            each.on_hand,
            each.allocated,
            each.safety,
            each.phantom,
            each.free,
        )
        for each in found.levels
    ]
    table(columns, rows, right=range(1, len(columns)))
    click.echo()
    pools = [
        (each.pool, each.promisable, each.claims, each.held, each.threshold, each.atp, each.backordered)
        for each in found.pools
    ]
    columns = ("pool", "promisable", "claimed", "in carts", "threshold", "to promise", "backordered")
    table(columns, pools, right=range(1, len(columns)))


@stock.command()
@click.argument("skus", nargs=-1, metavar="[SKU]...")
@click.option("--overpegged", is_flag=True, help="Only what is promised beyond what is counted on.")
@json_option
def supply(skus: tuple[str, ...], overpegged: bool, as_json: bool) -> None:
    """What is to come of SKU, or of all, by date: what of it is promised, and what is left."""
    from orderline.cli.sources import reading
    from orderline.store.reading.supply import load_supply

    with reading() as source:
        found = load_supply(source, skus=skus, overpegged=overpegged, most=MOST_SUPPLY)
    if as_json:
        emit(found)
        return
    if not found:
        say("Nothing is to come.")
        return
    columns = ("sku", "supply", "location", "ready", "open", "counted", "pegged", "kept", "free", "overpegged")
    rows = [
        (e.sku, e.id, e.location, instant(e.ready_at), e.open, e.counted, e.pegged, e.kept, e.free, e.overpegged)
        for e in sorted(found, key=lambda each: (each.sku, each.ready_at, each.id))
    ]
    table(columns, rows, right=range(4, len(columns)))


@stock.command()
@click.argument("names", nargs=-1, metavar="[VENDOR]...")
@json_option
def vendors(names: tuple[str, ...], as_json: bool) -> None:
    """What the dates and quantities of VENDOR, or of all, were worth: what new purchase orders are counted on with."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    with reading() as source:
        records = load_records(source, "vendor_record", most=MOST_SUPPLY)
    found = [each for each in records if not names or each.id in names]
    if as_json:
        emit(found)
        return
    if not found:
        say("Nothing is known of any vendor: no line of theirs has ended.")
        return
    rows = [
        (
            record.id, sku, plain(each.by), each.lines, each.late, each.promised, each.come,
            "" if each.confidence_ppm is None else f"{each.confidence_ppm / 10_000:.1f} %",
            "" if each.slack_days is None else each.slack_days,
        )
        for record in found
        for sku, each in (("", record.fixed), ("", record.learned), *record.by_sku.items())
        if each is not None
    ]  # fmt: skip
    columns = ("vendor", "sku", "by", "lines", "late", "promised", "come", "confidence", "slack")
    table(columns, rows, right=range(3, len(columns)))
    few = [each for each in found if each.learned is None]
    if few:
        say(f"Too few lines have ended to learn from: {', '.join(f'{each.id} ({len(each.slips)})' for each in few)}.")


@stock.command()
@click.argument("skus", nargs=-1, metavar="[SKU]...")
@json_option
def demand(skus: tuple[str, ...], as_json: bool) -> None:
    """What is scheduled to be ordered of SKU, or of all, by date, and is kept for that."""
    from orderline.cli.sources import reading
    from orderline.store.reading.demands import load_demand

    with reading() as source:
        found = load_demand(source, skus=skus, most=MOST_SUPPLY)
    if as_json:
        emit(found)
        return
    if not found:
        say("Nothing is scheduled.")
        return
    rows = [(e.sku, e.pool, e.id, instant(e.need_at), e.open) for e in sorted(found, key=lambda e: (e.sku, e.need_at))]
    table(("sku", "pool", "demand", "needed", "open"), rows, right=(4,))


@stock.command()
@click.argument("skus", nargs=-1, metavar="[SKU]...")
@json_option
def listings(skus: tuple[str, ...], as_json: bool) -> None:
    """How channels offer SKU, or all that come and go: listed, as a preorder by when, sold out, or off, and why."""
    from orderline.cli.sources import reading
    from orderline.store.reading.listings import load_listings

    with reading() as source:
        found = load_listings(source, skus=skus, most=MOST_SUPPLY)
    if as_json:
        emit(found)
        return
    if not found:
        say("Nothing comes and goes.")
        return
    rows = [
        (
            each.sku,
            each.channel,
            plain(each.state),
            instant(each.offered.ready_at) if each.offered.ready_at else "",
            each.offered.reason,
            instant(each.since),
        )
        for each in found
    ]
    table(("sku", "channel", "offered as", "ready", "why", "since"), rows)


@stock.command()
@click.argument("skus", nargs=-1, metavar="[SKU]...")
@json_option
def substitutes(skus: tuple[str, ...], as_json: bool) -> None:
    """What may be sent for SKU, or for any, where it can't be had: in order, at which price, asked or unasked."""
    from orderline.cli.sources import reading
    from orderline.store.reading.levels import load_substituted

    with reading() as source:
        found = load_substituted(source, skus=skus, most=MOST_SUPPLY)
    if as_json:
        emit({sku.code: sku.substitutes for sku in found})
        return
    if not found:
        say("Nothing may be sent instead of anything.")
        return
    rows = [
        (
            sku.code, number, each.sku, plain(each.price),
            ", ".join(amount(price, currency) for currency, price in each.prices.items()),
            "asked" if each.consent else "unasked", ", ".join((*each.channels, *each.countries)),
        )
        for sku in found
        for number, each in enumerate(sku.substitutes, 1)
    ]  # fmt: skip
    table(("sku", "", "instead", "price", "its own", "customer is", "only for"), rows)


@stock.command()
@click.argument("skus", nargs=-1, metavar="[SKU]...")
@click.option("--location", "locations", multiple=True, help="Only at this location; may be given several times.")
@json_option
def lots(skus: tuple[str, ...], locations: tuple[str, ...], as_json: bool) -> None:
    """Lots and serial numbers of SKU, or of all, where they stand; in each place the first to expire first."""
    from orderline.cli.sources import reading
    from orderline.store.reading.lots import load_lots

    with reading() as source:
        found = load_lots(source, skus=skus, locations=locations, most=MOST_SUPPLY)
    if as_json:
        emit(found)
        return
    if not found:
        say("Nothing is known by lot or serial number there.")
        return
    ordered = sorted(found, key=lambda e: (e.sku, e.location, e.bucket, e.expires_on or date.max, e.lot))
    rows = [(e.sku, e.location, e.bucket, e.lot, e.expires_on or "", e.quantity) for e in ordered]
    table(("sku", "location", "bucket", "lot or serial", "expires", "units"), rows, right=(5,))


@stock.command()
@click.argument("sku")
@click.argument("lot")
@json_option
def recall(sku: str, lot: str, as_json: bool) -> None:
    """Which orders got units of LOT of SKU (or that serial number), and where the others are."""
    from orderline.cli.sources import reading
    from orderline.store.reading.lots import load_recall

    with reading() as source:
        found = load_recall(source, sku, lot, most=MOST_SUPPLY)
    if as_json:
        emit(found)
        return
    if not found.shelves and not found.orders and not found.sold:
        say(f"Nothing is known of lot {lot} of {sku}.")
        return
    orders = [(e.number, e.channel, instant(e.placed_at), e.sent, e.picked) for e in found.orders]
    table(("order", "channel", "placed", "sent", "picked"), orders, right=(3, 4))
    click.echo()
    shelves = [(e.location, e.bucket, e.expires_on or "", e.quantity) for e in found.shelves]
    table(("location", "bucket", "expires", "units"), shelves, right=(3,))
    if found.sold:
        click.echo(f"\n{count(found.sold, 'unit')} sold over the counter")


@stock.command("as-of")
@click.argument("sku")
@click.argument("at", metavar="AT", type=INSTANT)
@click.option("--known-at", type=INSTANT, help="By what was recorded until this instant; now, when not given.")
@json_option
def as_of(sku: str, at: datetime, known_at: datetime | None, as_json: bool) -> None:
    """The shelves of SKU at a past instant AT, rebuilt from the ledger of double entries."""
    from orderline.cli.sources import reading
    from orderline.store.reading.promises import load_as_of

    known = known_at or datetime.now(UTC)
    with reading() as source:
        found = load_as_of(source, sku, at, known)
    if as_json:
        emit(found)
        return
    click.echo(f"{found.sku} at {instant(found.at)}, by what was known at {instant(found.known_at)}\n")
    if not found.levels:
        say("Nothing stood anywhere then.")
        return
    table(("location", "bucket", "units"), [(e.location, e.bucket, e.quantity) for e in found.levels], right=(2,))
