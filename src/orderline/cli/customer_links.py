"""`orderline customer-link`: links by which customers see their orders, and do some things about them."""

from datetime import datetime
from secrets import token_hex
from typing import Final

import click

from orderline.cli.agreeing import person, yes_option
from orderline.cli.inputs import INSTANT
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import instant, plain
from orderline.cli.ports import installation
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.customer_links.decide import MakeCustomerLink, RevokeCustomerLink
from orderline.core.customer_links.policy import LinkMay
from orderline.core.customer_links.state import CUSTOMER_LINK, CUSTOMER_LINKS, CustomerLink, LinkState
from orderline.core.decisions.links import ORDER_PAGE, hash_of, token_of
from orderline.values.ids import new_id

MOST: Final = 1_000


@click.group("customer-link")
def customer_link() -> None:
    """Links by which customers see their orders: make, list, show, revoke."""


@customer_link.command()
@click.argument("order")
@click.option(
    "--may", "may", multiple=True, type=click.Choice([each.value for each in LinkMay]),
    help="What can be done by it beside looking; may be repeated.",
)  # fmt: skip
@click.option("--until", type=INSTANT, help="Until when it is good; for 30 days, when not given.")
@json_option
def make(order: str, may: tuple[str, ...], until: datetime | None, as_json: bool) -> None:
    """Make a link to ORDER and show it; it is kept as a hash and cannot be shown again."""
    from orderline.store.secrets import secret_of

    link = str(new_id())
    with installation().database() as database:
        token = token_of(secret_of(database, CUSTOMER_LINKS), link, token_hex(16))
        command = MakeCustomerLink(
            link=link, order=one_order(database, order), token_hash=hash_of(token),
            may=tuple(LinkMay(each) for each in may), until=until,
        )  # fmt: skip
        with installation().engine(database) as engine:
            engine.run(command, actor=person())
    made = _found(link)
    path = f"{ORDER_PAGE}{token}"
    if as_json:
        emit({"id": link, "link": path, "may": list(made.may), "until": made.until})
        return
    say(f"Link {link}, good until {instant(made.until)}. Keep it now; it is not shown again:")
    click.echo(path)


@customer_link.command("list")
@click.option("--order", "orders", multiple=True, help="Only to this order; may be repeated.")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([each.value for each in LinkState]),
    help="Only in this state; may be repeated.",
)  # fmt: skip
@json_option
def list_links(orders: tuple[str, ...], states: tuple[str, ...], as_json: bool) -> None:
    """Links that were made, and what each is for."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    with installation().database() as database, reading(database) as source:
        subjects = tuple(str(one_order(database, each)) for each in orders)
        found: list[CustomerLink] = load_records(
            source, CUSTOMER_LINK.name, states=states, subjects=subjects, most=MOST
        )
    if as_json:
        emit(found)
    elif not found:
        say("There is no such link.")
    else:
        rows = [
            (e.id, str(e.order), ", ".join(e.may) or "look", instant(e.until), e.made_by, plain(e.state)) for e in found
        ]
        table(("link", "order", "for", "until", "made by", "stands as"), rows)


@customer_link.command()
@click.argument("link")
@json_option
def show(link: str, as_json: bool) -> None:
    """A link: to which order, for what, until when, and by whom."""
    show_record(_found(link), as_json=as_json)


@customer_link.command()
@click.argument("link")
@click.option("--reason", default="", help="Why.")
@yes_option
@json_option
def revoke(link: str, reason: str, yes: bool, as_json: bool) -> None:
    """Make LINK good for nothing, at once."""
    run_shown(RevokeCustomerLink(link=_found(link).id, reason=reason), yes=yes, as_json=as_json)


def _found(link: str) -> CustomerLink:
    return found_record(CUSTOMER_LINK.name, link, code="CUSTOMER_LINK_UNKNOWN")
