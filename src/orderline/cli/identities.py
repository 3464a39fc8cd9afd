"""`orderline identity`: customers of several orders that are one person, suggested, said by somebody, and taken back."""

from typing import Final

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import instant, plain
from orderline.cli.ports import installation
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.identities.decide import MergeCustomers, UndoMerge
from orderline.core.identities.state import IDENTITY_KIND, MEMBER, Identity, IdentityState, Membership
from orderline.values.ids import new_id

MOST: Final = 1_000


@click.group()
def identity() -> None:
    """Customers of several orders that are one person: list, suggested, show, merge, undo."""


@identity.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([each.value for each in IdentityState]),
    default=(IdentityState.MERGED.value,), show_default=True, help="Only in this state; may be repeated.",
)  # fmt: skip
@json_option
def list_identities(states: tuple[str, ...], as_json: bool) -> None:
    """What was said of whom, by whom and why."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    with reading() as source:
        found: list[Identity] = load_records(source, IDENTITY_KIND.name, states=states, most=MOST)
    if as_json:
        emit(found)
    elif not found:
        say("There is no such identity.")
    else:
        rows = [(e.id, str(len(e.orders)), e.reason, e.by, instant(e.at), plain(e.state)) for e in found]
        table(("identity", "orders", "because", "said by", "at", "stands as"), rows, right=(1,))


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
