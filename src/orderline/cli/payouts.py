"""`orderline payout`: what payment providers have paid out, what it was made of, and what differs put right."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.record_lists import MOST, RecordList, add_list
from orderline.cli.records import found_record, run_shown
from orderline.core.payouts.commands import CorrectPayout
from orderline.core.payouts.state import KIND, Payout, PayoutState
from orderline.values.money import parse_minor

if TYPE_CHECKING:
    from orderline.store.payouts import ListedEntry


@click.group()
def payout() -> None:
    """What payment providers have paid out: list, show, correct."""


def _row(each: Payout) -> tuple[str, ...]:
    sums = amount(each.amount_minor, each.currency), amount(each.sums.fees_minor, each.currency)
    exchanged = ", ".join(amount(one.original_minor, one.currency) for one in each.exchanged)
    return each.id, instant(each.paid_at), *sums, exchanged, str(each.sums.entries), plain(each.state)


add_list(payout, RecordList(
    KIND, "Payouts with what came to the bank and what they cost.",
    ("payout", "paid", "to the bank", "fees", "exchanged", "entries", "stands as"), _row, right=(2, 3, 4, 5),
    states=PayoutState, subject="provider", order=lambda each: (each.paid_at, each.id),
))  # fmt: skip


@payout.command()
@click.argument("payout")
@json_option
def show(payout: str, as_json: bool) -> None:
    """One payout with all that it was made of."""
    from orderline.cli.sources import reading
    from orderline.store.payouts import load_payout_entries

    found: Payout = found_record(KIND, payout, code="PAYOUT_UNKNOWN")
    first = (datetime(1970, 1, 1, tzinfo=UTC), "")
    with reading() as source:
        parts = load_payout_entries(source, found.provider, found.reference, after=first, most=MOST)
    if as_json:
        emit({"payout": found, "entries": parts})
        return
    sums, currency = found.sums, found.currency
    say(
        f"{found.id}: {amount(found.amount_minor, currency)} to the bank, {instant(found.paid_at)}; {plain(found.state)}"
    )
    figures = (
        ("captured", sums.captured_minor), ("refunded", sums.refunded_minor), ("disputed", sums.disputed_minor),
        ("other", sums.other_minor), ("exchanged", sums.exchanged_minor), ("fees", -sums.fees_minor),
    )  # fmt: skip
    say(", ".join(f"{name} {amount(minor, currency)}" for name, minor in figures if minor))
    for other in found.exchanged:
        kept = f", after fees of {amount(other.fees_minor, other.currency)}" if other.fees_minor else ""
        brought = f"{amount(other.amount_minor, currency)} at {other.rate or 'no rate'}"
        say(f"{amount(other.original_minor, other.currency)} exchanged into {brought}{kept}")
    rows = [
        (
            e.entry, plain(e.kind), amount(e.gross_minor, e.currency), amount(e.fee_minor, e.currency), _original(e),
            str(e.order or ""), e.reference,
        )
        for e in parts
    ]  # fmt: skip
    table(("entry", "what", "gross", "fee", "from", "order", "reference"), rows, right=(2, 3, 4))
    for each in found.corrections:
        say(f"{amount(each.amount_minor, each.currency or currency)} to {plain(each.to)} by {each.by}: {each.reason}")


@payout.command()
@click.argument("payout")
@click.argument("value")
@click.argument("currency")
@click.option("--to", type=click.Choice(["fees", "write_off"]), required=True, help="Where it belongs.")
@click.option("--reason", required=True, help="What it is.")
@yes_option
@json_option
def correct(
    payout: str, value: str, currency: str, to: Literal["fees", "write_off"], reason: str, yes: bool, as_json: bool
) -> None:
    """Put VALUE, which stands on the provider's account and will never be paid, where it belongs."""
    found: Payout = found_record(KIND, payout, code="PAYOUT_UNKNOWN")
    known = [found.currency, *(each.currency for each in found.exchanged)]
    if currency not in known:
        raise click.BadParameter(f"the payout is in {' and '.join(known)}.", param_hint="'CURRENCY'")
    minor = parse_minor(value, currency)
    command = CorrectPayout(payout=payout, amount_minor=minor, to=to, reason=reason, currency=currency)
    run_shown(command, yes=yes, as_json=as_json)


def _original(entry: "ListedEntry") -> str:
    """What was exchanged, and at what rate."""
    if entry.original_minor is None:
        return ""
    rate = f" at {entry.rate}" if entry.rate else ""
    return amount(entry.original_minor, entry.original_currency) + rate
