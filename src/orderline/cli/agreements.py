"""`orderline agreement`: what companies will have in all, and what they have called off."""

from datetime import datetime

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import DAY
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import plain
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown
from orderline.core.agreements.decide import EndAgreement, PutAgreement
from orderline.core.agreements.state import (
    AGREEMENT,
    CALL_OFF_NAME,
    Agreement,
    AgreementState,
    CallOff,
    CallOffState,
    SkuUnits,
)


@click.group()
def agreement() -> None:
    """What companies call off by and by: list, show, calls, put, end."""


def _row(each: Agreement) -> tuple[str, ...]:
    left, in_all = sum(line.left for line in each.lines), sum(line.quantity for line in each.lines)
    return each.id, each.company, str(each.from_on), str(each.until_on), f"{left} of {in_all}", plain(each.state)


add_list(agreement, RecordList(
    AGREEMENT.name, "Agreements with what is left of them.",
    ("agreement", "company", "from", "until", "units left", "stands as"), _row, right=(4,),
    states=AgreementState, subject="company", whose="Only with this company",
))  # fmt: skip


def _call_row(each: CallOff) -> tuple[str, ...]:
    return each.agreement, each.order_number, _told(each.units)


def _told(units: tuple[SkuUnits, ...]) -> str:
    return ", ".join(f"{each.sku} x {each.quantity}" for each in units)


add_list(agreement, RecordList(
    CALL_OFF_NAME, "What orders have called off, without what was canceled since.", ("agreement", "order", "called off"),
    _call_row, states=CallOffState, shown=(CallOffState.CALLED_OFF,), subject="agreement",
), name="calls")  # fmt: skip


@agreement.command()
@click.argument("agreement")
@json_option
def show(agreement: str, as_json: bool) -> None:
    """What was agreed, and what is left of it."""
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
        table(("order", "called off"), [(call.order_number, _told(call.units)) for call in found.calls])


@agreement.command()
@click.argument("agreement")
@click.option("--company", required=True, help="With whom.")
@click.option("--line", "lines", multiple=True, required=True, metavar="SKU:UNITS", help="May be repeated.")
@click.option("--from", "from_on", type=DAY, required=True, help="The first day (UTC).")
@click.option("--until", "until_on", type=DAY, required=True, help="The last day.")
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
