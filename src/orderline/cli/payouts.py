"""`orderline payout`: what payment providers have paid out, what it was made of, and what differs put right."""

from datetime import UTC, datetime
from typing import Final, Literal

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.records import found_record, run_shown
from orderline.core.payouts.commands import CorrectPayout
from orderline.core.payouts.state import KIND, Payout, PayoutState
from orderline.values.money import parse_minor

MOST: Final = 1_000
STATES: Final = [state.value for state in PayoutState]


@click.group()
def payout() -> None:
    """What payment providers have paid out: list, show, correct."""


@payout.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="Only in this state; may be repeated."
)
@click.option("--provider", "providers", multiple=True, help="Only of this provider; may be repeated.")
@json_option
def list_payouts(states: tuple[str, ...], providers: tuple[str, ...], as_json: bool) -> None:
    """Payouts with what came to the bank and what they cost."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    with reading() as source:
        found: list[Payout] = load_records(source, KIND, states=states, subjects=providers, most=MOST)
    if as_json:
        emit(found)
        return
    if not found:
        say("There is no such payout.")
        return
    rows = [
        (
            e.id, instant(e.paid_at), amount(e.amount_minor, e.currency), amount(e.sums.fees_minor, e.currency),
            str(e.sums.entries), plain(e.state),
        )
        for e in sorted(found, key=lambda each: (each.paid_at, each.id))
    ]  # fmt: skip
    table(("payout", "paid", "to the bank", "fees", "entries", "stands as"), rows, right=(2, 3, 4))


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
        ("other", sums.other_minor), ("fees", -sums.fees_minor),
    )  # fmt: skip
    say(", ".join(f"{name} {amount(minor, currency)}" for name, minor in figures if minor))
    rows = [
        (
            e.entry, plain(e.kind), amount(e.gross_minor, e.currency), amount(e.fee_minor, e.currency),
            str(e.order or ""), e.reference,
        )
        for e in parts
    ]  # fmt: skip
    table(("entry", "what", "gross", "fee", "order", "reference"), rows, right=(2, 3))
    for each in found.corrections:
        say(f"{amount(each.amount_minor, currency)} to {plain(each.to)} by {each.by}: {each.reason}")


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
    if currency != found.currency:
        raise click.BadParameter(f"the payout is in {found.currency}.", param_hint="'CURRENCY'")
    minor = parse_minor(value, currency)
    run_shown(CorrectPayout(payout=payout, amount_minor=minor, to=to, reason=reason), yes=yes, as_json=as_json)
