"""`orderline claim`: claims against carriers, as over HTTP; shown before they are changed."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import installation
from orderline.cli.record_lists import MOST, RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.shipments import carrier_claims as cc
from orderline.values.ids import new_id


@click.group()
def claim() -> None:
    """Claims against carriers: stalled, list, show, draft, file, answer, appeal, pay, withdraw."""


@claim.command()
@click.option(
    "--hours", type=click.IntRange(1, 8_760), default=72, show_default=True, help="Nothing heard for so long."
)
@click.option("--location", "locations", multiple=True, help="Only from these locations; may be repeated.")
@json_option
def stalled(hours: int, locations: tuple[str, ...], as_json: bool) -> None:
    """Parcels under way that nothing was heard of, the longest silent first: what a claim may be due for."""
    from orderline.cli.sources import reading
    from orderline.store.documents import load_stalled

    with reading() as source:
        found = load_stalled(source, datetime.now(UTC) - timedelta(hours=hours), locations=locations, most=MOST)
    if as_json:
        emit(found)
        return
    if not found:
        say("No parcel is silent for so long.")
        return
    table(
        ("order", "parcel", "carrier", "tracking number", "stands as", "silent since"),
        [(e.order_number, e.parcel, e.carrier, e.tracking_number, plain(e.state), instant(e.moved_at)) for e in found],
        right=(1,),
    )  # fmt: skip


def _row(each: cc.CarrierClaim) -> tuple[str, ...]:
    sums = (amount(minor, each.currency) for minor in (each.value_minor, each.accepted_minor, each.paid_minor))
    state = f"{plain(each.state)}{' (overdue)' if each.overdue else ''}"
    return each.id, state, each.reason, each.order_number, str(each.parcel), each.carrier, *sums, instant(each.due_at)


add_list(claim, RecordList(
    cc.CARRIER_CLAIM.name, "Claims, with what is asked for and by when somebody must act.",
    ("claim", "state", "reason", "order", "parcel", "carrier", "asked", "granted", "paid", "due"), _row,
    right=(4, 6, 7, 8), states=cc.ClaimState, subject="location", whose="Only of parcels from this location",
    empty="There is no such claim.",
))  # fmt: skip


@claim.command()
@click.argument("name", metavar="CLAIM")
@json_option
def show(name: str, as_json: bool) -> None:
    """One claim, with its evidence."""
    show_record(found_record(cc.CARRIER_CLAIM.name, name, code=cc.ClaimRefusal.CLAIM_UNKNOWN.value), as_json=as_json)


@claim.command()
@click.argument("reference", metavar="ORDER")
@click.argument("parcel", type=click.IntRange(1))
@click.option("--reason", type=click.Choice(get_args(cc.Reason)), required=True, help="What has become of the parcel.")
@click.option(
    "--minor",
    "value_minor",
    type=click.IntRange(0),
    help="What is asked for; what its goods were sold for, when not given.",
)
@click.option("--name", default="", help="What the claim is to be known by; an id, when not given.")
@yes_option
@json_option
def draft(
    reference: str, parcel: int, reason: cc.Reason, value_minor: int | None, name: str, yes: bool, as_json: bool
) -> None:
    """Prepare a claim for PARCEL of ORDER."""
    with installation().database() as database:
        order = one_order(database, reference)
    command = cc.DraftClaim(
        claim=name or str(new_id()), order=order, parcel=parcel, reason=reason, value_minor=value_minor
    )
    run_shown(command, yes=yes, as_json=as_json)


@claim.command("file")
@click.argument("name", metavar="CLAIM")
@click.option("--reference", default="", help="The carrier's name for it.")
@yes_option
@json_option
def file_claim(name: str, reference: str, yes: bool, as_json: bool) -> None:
    """CLAIM was sent to the carrier."""
    run_shown(cc.FileClaim(claim=name, reference=reference), yes=yes, as_json=as_json)


@claim.command()
@click.argument("name", metavar="CLAIM")
@click.option("--accepted/--rejected", required=True, default=None, help="Whether the carrier grants it.")
@click.option(
    "--minor", "amount_minor", type=click.IntRange(0), help="What it grants; all that is asked for, when not given."
)
@click.option("--note", default="", help="What it said.")
@yes_option
@json_option
def answer(name: str, accepted: bool, amount_minor: int | None, note: str, yes: bool, as_json: bool) -> None:
    """The carrier has answered CLAIM."""
    command = cc.AnswerClaim(claim=name, accepted=accepted, amount_minor=amount_minor, note=note)
    run_shown(command, yes=yes, as_json=as_json)


@claim.command()
@click.argument("name", metavar="CLAIM")
@click.option("--note", required=True, help="What speaks against the carrier's no.")
@yes_option
@json_option
def appeal(name: str, note: str, yes: bool, as_json: bool) -> None:
    """The carrier's no to CLAIM is not taken for an answer."""
    run_shown(cc.AppealClaim(claim=name, note=note), yes=yes, as_json=as_json)


@claim.command()
@click.argument("name", metavar="CLAIM")
@click.argument("amount_minor", metavar="MINOR", type=click.IntRange(1))
@yes_option
@json_option
def pay(name: str, amount_minor: int, yes: bool, as_json: bool) -> None:
    """The carrier has paid MINOR, in minor units, of what it granted for CLAIM."""
    run_shown(cc.PayClaim(claim=name, amount_minor=amount_minor), yes=yes, as_json=as_json)


@claim.command()
@click.argument("name", metavar="CLAIM")
@click.option("--note", required=True, help="Why.")
@yes_option
@json_option
def withdraw(name: str, note: str, yes: bool, as_json: bool) -> None:
    """Nothing is asked for by CLAIM any more."""
    run_shown(cc.WithdrawClaim(claim=name, note=note), yes=yes, as_json=as_json)
