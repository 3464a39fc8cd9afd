"""`orderline identity`: customers of several orders that are one person, suggested, said by somebody, and taken back."""

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import instant, plain
from orderline.cli.ports import installation
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.identities.decide import MergeCustomers, UndoMerge
from orderline.core.identities.state import IDENTITY_KIND, MEMBER, Identity, IdentityState, Membership
from orderline.values.ids import new_id


@click.group()
def identity() -> None:
    """Customers of several orders that are one person: list, suggested, show, merge, undo."""


def _row(each: Identity) -> tuple[str, ...]:
    return each.id, str(len(each.orders)), each.reason, each.by, instant(each.at), plain(each.state)


add_list(identity, RecordList(
    IDENTITY_KIND.name, "What was said of whom, by whom and why.",
    ("identity", "orders", "because", "said by", "at", "stands as"), _row, right=(1,),
    states=IdentityState, shown=[IdentityState.MERGED],
))  # fmt: skip


@identity.command()
@click.argument("order")
@json_option
def suggested(order: str, as_json: bool) -> None:
    """Other orders whose customers may be that of ORDER, and in what they are alike; and what was said already."""
    from orderline.cli.sources import reading
    from orderline.store.reading.identities import load_alike
    from orderline.store.reading.records import load_record

    with installation().database() as database:
        asked = one_order(database, order)
        with reading(database) as source:
            member: Membership | None = load_record(source, MEMBER, str(asked))
            found = load_alike(source, asked)
            known: Identity | None = None
            if member is not None and member.identity:
                known = load_record(source, IDENTITY_KIND.name, member.identity)
    apart = [each for each in found if known is None or each.order not in known.orders]
    if as_json:
        emit({"identity": known, "suggested": apart})
        return
    if known is not None:
        say(f"Identity {known.id} of {len(known.orders)} orders: {known.reason} ({known.by}).")
    if not apart:
        say("Nobody else is alike enough to be suggested.")
        return
    rows = [
        (each.number, each.channel, instant(each.placed_at), ", ".join(map(plain, each.alike))) for each in apart
    ]  # fmt: skip
    table(("order", "channel", "placed", "alike in"), rows)


@identity.command()
@click.argument("id_", metavar="IDENTITY")
@json_option
def show(id_: str, as_json: bool) -> None:
    """One person, by the orders they placed."""
    show_record(_found(id_), as_json=as_json)


@identity.command()
@click.argument("orders", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why you are sure.")
@yes_option
@json_option
def merge(orders: tuple[str, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Say that the customers of ORDERS, two at least, are one person. The orders stay as they are."""
    with installation().database() as database:
        among = tuple(one_order(database, each) for each in orders)
    run_shown(MergeCustomers(identity=str(new_id()), among=among, reason=reason), yes=yes, as_json=as_json)


@identity.command()
@click.argument("id_", metavar="IDENTITY")
@click.option("--reason", required=True, help="Why they are apart after all.")
@yes_option
@json_option
def undo(id_: str, reason: str, yes: bool, as_json: bool) -> None:
    """Take it back: the customers are apart again, all of them."""
    known = _found(id_)
    run_shown(UndoMerge(identity=known.id, among=known.orders, reason=reason), yes=yes, as_json=as_json)


def _found(id_: str) -> Identity:
    return found_record(IDENTITY_KIND.name, id_, code="IDENTITY_UNKNOWN")
