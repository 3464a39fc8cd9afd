"""`orderline draft`: orders on the phone and quotes, as over HTTP; shown before they are changed."""

from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import click
import msgspec

from orderline.cli.agreeing import agreed, document, person, yes_option
from orderline.cli.inputs import INSTANT
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import installation
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown
from orderline.cli.words import tell
from orderline.core.decisions.links import OFFER_PAGE, hash_of, token_of
from orderline.core.drafts import commands as c
from orderline.core.drafts.ordering import placing_of
from orderline.core.drafts.state import KIND, LIVE, DraftOrder, DraftState, link_of
from orderline.core.orders.commands import CustomerInput, TenderInput
from orderline.values.address import Address

_LINKS: Final = "draft_links"


class Who(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who buys, as a file says it: the customer, addresses and emails by group, how it is paid, and the number of its purchase order."""

    customer: CustomerInput = CustomerInput()
    addresses: dict[int, Address] = {}
    emails: dict[int, str] = {}
    tenders: tuple[TenderInput, ...] = ()
    po_number: str = ""


@click.group()
def draft() -> None:
    """Draft orders: list, show, put, again, offer, order, discard.

    DRAFT is your own name for it.
    """


def _row(each: DraftOrder) -> tuple[str, ...]:
    total, until = amount(each.total_minor, each.currency), instant(each.until)
    return each.id, each.channel, each.customer, total, plain(each.state), until, each.order


add_list(draft, RecordList(
    KIND, "Draft orders with what they come to.",
    ("draft", "channel", "customer", "total", "stands as", "until", "order"), _row, right=(3,),
    states=DraftState, shown=LIVE,
))  # fmt: skip


@draft.command()
@click.argument("name", metavar="DRAFT")
@json_option
def show(name: str, as_json: bool) -> None:
    """One draft order with its lines and prices."""
    found: DraftOrder = _found(name)
    if as_json:
        emit(found)
    else:
        _draw(found)


@draft.command()
@click.argument("name", metavar="DRAFT")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@yes_option
@json_option
def put(name: str, file: Path, yes: bool, as_json: bool) -> None:
    """Put DRAFT together, or change it, from a JSON FILE: channel, currency, lines, groups, as the API takes them."""
    given = _decoded(file, file.read_bytes(), dict[str, Any])
    command = _decoded(
        file, msgspec.json.encode(given | {"command": "put_draft_order", "draft_order": name}), c.PutDraftOrder
    )
    run_shown(command, yes=yes, as_json=as_json, draw=_draw)


@draft.command()
@click.argument("reference", metavar="ORDER")
@click.argument("name", metavar="DRAFT")
@click.option("--po-number", default="", help="The company's own name for it; it may come with the order as well.")
@yes_option
@json_option
def again(reference: str, name: str, po_number: str, yes: bool, as_json: bool) -> None:
    """Draft what was ordered by ORDER once more, at today's prices, without what can't be bought any more."""
    from orderline.cli.sources import reading
    from orderline.store.reading.again import buy_again

    with installation().database() as database, reading(database) as source:
        command, lines = buy_again(source, one_order(database, reference), name, datetime.now(UTC), po_number=po_number)
    for each in lines:
        if each.left_out is not None and not as_json:
            say(f"Left out: {each.quantity} x {each.sku} ({plain(each.left_out)}).")
    run_shown(command, yes=yes, as_json=as_json, draw=_draw)


@draft.command()
@click.argument("name", metavar="DRAFT")
@click.option("--until", type=INSTANT, required=True, help="Until when the customer may accept it.")
@click.option("--keep-stock", is_flag=True, help="Keep its units until then; for 30 days at most.")
@yes_option
@json_option
def offer(name: str, until: datetime, keep_stock: bool, yes: bool, as_json: bool) -> None:
    """Offer DRAFT to its customer, at its prices, by a link that is told here once."""
    from orderline.store.secrets import secret_of

    with installation().database() as database:
        secret = secret_of(database, _LINKS)
    nonce = token_hex(16)
    token = token_of(secret, str(link_of(name)), nonce)
    command = c.OfferDraftOrder(
        draft_order=name, until=until, keep_stock=keep_stock, nonce=nonce, token_hash=hash_of(token)
    )
    if run_shown(command, yes=yes, as_json=as_json, draw=_draw):
        say(f"The link for the customer: {OFFER_PAGE}{token}")


@draft.command("order")
@click.argument("name", metavar="DRAFT")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@yes_option
@json_option
def order_draft(name: str, file: Path, yes: bool, as_json: bool) -> None:
    """Place the order that was drafted. FILE says who buys: customer, addresses and emails by group, tenders."""
    from orderline.engine.previewing import preview

    who = _decoded(file, file.read_bytes(), Who)
    found: DraftOrder = _found(name)
    command = placing_of(
        found, who.addresses, who.emails, po_number=who.po_number, customer=who.customer, tenders=who.tenders
    )
    here = installation()
    with here.database() as database:
        shown = preview(database, command, person(), datetime.now(UTC))
        if not as_json:
            for event in shown.events:
                say(f"  {tell(event, found.currency)}")
            say(f"  then: {plain(shown.status.phase.value)}, {amount(shown.money.agreed_minor, found.currency)}")
        done = agreed(yes, as_json=as_json)
        if done:
            with here.engine(database) as engine:
                engine.run(command, actor=person())
    if as_json:
        emit(document(shown, applied=done))
    elif done:
        say("Done.")


@draft.command()
@click.argument("name", metavar="DRAFT")
@click.option("--reason", required=True, help="Why it is given up.")
@yes_option
@json_option
def discard(name: str, reason: str, yes: bool, as_json: bool) -> None:
    """Give DRAFT up; what was kept for it is given back."""
    run_shown(c.DiscardDraftOrder(draft_order=name, reason=reason), yes=yes, as_json=as_json, draw=_draw)


def _found(name: str) -> Any:
    return found_record(KIND, name, code="DRAFT_UNKNOWN")


def _draw(found: DraftOrder) -> None:
    offered = f", offered until {instant(found.until)}" if found.state is DraftState.OFFERED else ""
    kept = ", its units kept" if found.kept is not None else ""
    become = f", order {found.order}" if found.order else ""
    click.echo(f"{found.id} ({found.channel}): {plain(found.state)}{offered}{kept}{become}")
    rows = [(str(each.quantity), each.sku, amount(each.unit_price_minor, found.currency)) for each in found.lines]
    rows += [("", each.kind, amount(each.amount_minor, found.currency)) for each in found.charges]
    table(("units", "what", "each"), [*rows, ("", "total", amount(found.total_minor, found.currency))], right=(0, 2))


def _decoded(file: Path, text: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{file} can't be read: {error}.") from None
