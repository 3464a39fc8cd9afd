"""`orderline orphan`: goods that came back with no order known, as over HTTP; shown before they are changed."""

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import whole_of
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import instant, plain
from orderline.cli.ports import installation
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.cli.return_inputs import one_of, parts_of
from orderline.core.returns import orphan_commands as o
from orderline.core.returns.orphans import KIND, Orphan, OrphanRefusal, OrphanState
from orderline.core.returns.state import Disposition, Grade
from orderline.values.ids import new_id

_name = click.argument("name", metavar="ORPHAN")


@click.group()
def orphan() -> None:
    """Goods with no order known: list, show, receive, identify, suggest, match, dispose."""


def _row(each: Orphan) -> tuple[str, ...]:
    skus = ", ".join(dict.fromkeys(item.sku or "?" for item in each.items))
    units = str(sum(item.left for item in each.items))
    goods = each.location, units, skus, each.tracking_number
    return each.id, plain(each.state), *goods, plain(each.next_step), each.owner, instant(each.due_at)


add_list(orphan, RecordList(
    KIND, "Goods of which no order is known, who is to see to them, and by when.",
    ("orphan", "state", "location", "units", "SKUs", "tracking number", "next", "owner", "due"), _row, right=(3,),
    states=OrphanState, shown=[OrphanState.WAITING], subject="location", whose="Only at this location",
    empty="There are no such goods.",
))  # fmt: skip


@orphan.command()
@_name
@json_option
def show(name: str, as_json: bool) -> None:
    """All that is known of ORPHAN."""
    show_record(_found(name), as_json=as_json)


@orphan.command()
@click.option("--location", required=True, help="Where they came to.")
@click.option("--item", "items", multiple=True, metavar="SKU:UNITS[:GRADE]", help="May be repeated.")
@click.option("--unknown", multiple=True, metavar="UNITS:WORDS", help="Nobody can tell what it is; may be repeated.")
@click.option("--carrier", default="", help="Who brought them.")
@click.option("--tracking-number", default="", help="What is on the label.")
@click.option("--reference", default="", help="What is written on them or lies with them.")
@click.option("--note", default="", help="Anything else.")
@click.option("--keep-days", type=click.IntRange(1, 365), default=30, show_default=True, help="So long they are kept.")
@click.option("--name", default="", help="What they are to be known by; an id, when not given.")
@yes_option
@json_option
def receive(
    location: str,
    items: tuple[str, ...],
    unknown: tuple[str, ...],
    carrier: str,
    tracking_number: str,
    reference: str,
    note: str,
    keep_days: int,
    name: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Goods came, and nobody knows of which order."""
    came = [_item(each) for each in items]
    for each in unknown:
        units, words = parts_of(each, "--unknown", 2, 2)
        came.append(o.OrphanItemInput(quantity=whole_of(units, "--unknown"), note=words))
    command = o.ReceiveOrphan(
        orphan=name or str(new_id()), location=location, items=tuple(came), carrier=carrier,
        tracking_number=tracking_number, reference=reference, note=note, keep_days=keep_days,
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json)


@orphan.command()
@_name
@click.argument("item", type=click.IntRange(1))
@click.argument("sku")
@yes_option
@json_option
def identify(name: str, item: int, sku: str, yes: bool, as_json: bool) -> None:
    """ITEM of ORPHAN is of SKU."""
    run_shown(o.IdentifyOrphan(orphan=name, item=item, sku=sku), yes=yes, as_json=as_json)


@orphan.command()
@_name
@click.option("--email", default="", help="Of who may have sent them; the beginning will do.")
@click.option("--customer", default="", help="The name of who may have sent them; the beginning will do.")
@json_option
def suggest(name: str, email: str, customer: str, as_json: bool) -> None:
    """Orders that ORPHAN may be of, the likeliest first."""
    from orderline.cli.sources import reading
    from orderline.core.returns.suggesting import suggest as rank
    from orderline.store.reading.orphans import find_clues
    from orderline.store.working import read_orders

    found = _found(name)
    with reading() as source:
        clues = find_clues(source, found, email=email, name=customer)
    with installation().database() as database:
        suggestions = rank(found, read_orders(database, list(clues)).values(), clues)
    if as_json:
        emit(suggestions)
        return
    if not suggestions:
        say("No order is known that they could be of.")
        return
    rows = [
        (
            each.order_number, each.channel, instant(each.placed_at), ", ".join(map(plain, each.clues)), each.weight,
            " ".join(f"{item.item}:{item.line}:{item.quantity}" for item in each.items),
        )
        for each in suggestions
    ]  # fmt: skip
    table(("order", "channel", "placed", "what speaks for it", "weight", "item:line:units"), rows, right=(4,))


@orphan.command()
@_name
@click.argument("reference", metavar="ORDER")
@click.option("--item", "items", multiple=True, required=True, metavar="ITEM:LINE[:UNITS]", help="May be repeated.")
@click.option("--return", "number", type=click.IntRange(0), default=0, help="The return that waits; as it fits, else.")
@yes_option
@json_option
def match(name: str, reference: str, items: tuple[str, ...], number: int, yes: bool, as_json: bool) -> None:
    """ORPHAN is of ORDER: it becomes a return of it."""
    from orderline.engine.returning import policy_at_sale

    matched: list[o.MatchedInput] = []
    for each in items:
        item, line, *units = parts_of(each, "--item", 2, 3)
        quantity = whole_of(units[0], "--item") if units else None
        matched.append(o.MatchedInput(item=whole_of(item, "--item"), line=whole_of(line, "--item"), quantity=quantity))
    with installation().database() as database:
        order = one_order(database, reference)
        policy = policy_at_sale(database, order)
    command = o.MatchOrphan(orphan=name, order=order, items=tuple(matched), number=number, policy=policy)
    run_shown(command, yes=yes, as_json=as_json)


@orphan.command()
@_name
@click.argument("disposition", type=click.Choice([each.value for each in Disposition]))
@click.option("--reason", required=True, help="Why.")
@yes_option
@json_option
def dispose(name: str, disposition: str, reason: str, yes: bool, as_json: bool) -> None:
    """Nobody found the order of ORPHAN in time: it is put away."""
    run_shown(
        o.DisposeOrphan(orphan=name, disposition=Disposition(disposition), reason=reason), yes=yes, as_json=as_json
    )


def _found(name: str) -> Orphan:
    return found_record(KIND, name, code=OrphanRefusal.ORPHAN_UNKNOWN.value)


def _item(text: str) -> o.OrphanItemInput:
    sku, units, *grade = parts_of(text, "--item", 2, 3)
    return o.OrphanItemInput(
        sku=sku, quantity=whole_of(units, "--item"), grade=one_of(Grade, grade[0], "--item") if grade else None
    )
