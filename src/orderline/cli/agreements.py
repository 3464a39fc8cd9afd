"""`orderline agreement`: what companies will have in all, and what they have called off."""

from datetime import datetime
from typing import Final

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import plain
from orderline.cli.records import found_record, run_shown
from orderline.core.agreements.decide import EndAgreement, PutAgreement
from orderline.core.agreements.state import AGREEMENT, Agreement, AgreementState, SkuUnits

MOST: Final = 1_000
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.group()
def agreement() -> None:
    """What companies call off by and by: list, show, put, end."""


@agreement.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([each.value for each in AgreementState]),
    help="Only in this state; may be repeated.",
)  # fmt: skip
@click.option("--company", default="", help="Only with this company.")
@json_option
def list_agreements(states: tuple[str, ...], company: str, as_json: bool) -> None:
    """Agreements with what is left of them."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    subjects = (company,) if company else ()
    with reading() as source:
        found: list[Agreement] = load_records(source, AGREEMENT.name, states=states, subjects=subjects, most=MOST)
    if as_json:
        emit(found)
    elif not found:
        say("There is no such agreement.")
    else:
        rows = [
            (
                each.id, each.company, str(each.from_on), str(each.until_on),
                f"{sum(line.left for line in each.lines)} of {sum(line.quantity for line in each.lines)}",
                plain(each.state),
            )
            for each in found
        ]  # fmt: skip
        table(("agreement", "company", "from", "until", "units left", "stands as"), rows, right=(4,))


@agreement.command()
@click.argument("agreement")
@json_option
def show(agreement: str, as_json: bool) -> None:
    """What was agreed, what is left of it, and which orders have called it off."""
    found: Agreement = found_record(AGREEMENT.name, agreement, code="AGREEMENT_UNKNOWN")
    if as_json:
        emit(found)
    else:
        _draw(found)


def _draw(found: Agreement) -> None:
    say(f"{found.id} with {found.company}, from {found.from_on} to {found.until_on}: {plain(found.state)}")
    rows = [(each.sku, str(each.quantity), str(each.called), str(each.left)) for each in found.lines]
    table(("SKU", "agreed", "called off", "left"), rows, right=(1, 2, 3))
    if found.calls:
        calls = [
            (call.order_number, ", ".join(f"{each.sku} x {each.quantity}" for each in call.units))
            for call in found.calls
        ]
        table(("order", "called off"), calls)


@agreement.command()
@click.argument("agreement")
@click.option("--company", required=True, help="With whom.")
@click.option("--line", "lines", multiple=True, required=True, metavar="SKU:UNITS", help="May be repeated.")
@click.option("--from", "from_on", type=_DAY, required=True, help="The first day (UTC).")
@click.option("--until", "until_on", type=_DAY, required=True, help="The last day.")
@click.option("--note", default="", help="For people.")
@yes_option
@json_option
def put(
    agreement: str,
    company: str,
    lines: tuple[str, ...],
    from_on: datetime,
    until_on: datetime,
    note: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Agree with a company on units of SKUs, or change that; never below what was called off."""
    command = PutAgreement(
        agreement=agreement, company=company, lines=tuple(map(_line, lines)), from_on=from_on.date(),
        until_on=until_on.date(), note=note,
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json, draw=_draw)


@agreement.command()
@click.argument("agreement")
@click.option("--reason", required=True, help="Why.")
@yes_option
@json_option
def end(agreement: str, reason: str, yes: bool, as_json: bool) -> None:
    """Have nothing called off any more; orders that were placed go on."""
    run_shown(EndAgreement(agreement=agreement, reason=reason), yes=yes, as_json=as_json, draw=_draw)


def _line(text: str) -> SkuUnits:
    sku, _, units = text.rpartition(":")
    if not sku or not units.isdecimal():
        raise click.BadParameter(f"{text!r} is not SKU:UNITS, like TEE-M:100.", param_hint="--line")
    return SkuUnits(sku, int(units))
