"""`orderline tender`: what is open of the money of orders, and what people do about it; shown before it is done."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from orderline.cli import order_changes as shown
from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import INSTANT
from orderline.cli.orders import one_order, shown_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import installation
from orderline.core.orders import commands as c
from orderline.core.orders.state import Order, Tender
from orderline.core.tenders.by_hand import ReceivePayment, SettleRefund
from orderline.core.tenders.installments import PERCENT_PPM, Due, InstallmentInput, OnLate, ScheduleInput
from orderline.core.tenders.planning import CapturePlan, plan_captures
from orderline.core.tenders.renewing import RenewAuthorization
from orderline.core.tenders.reversing import ReverseRefund
from orderline.core.tenders.schedule_commands import CallInstallments, SchedulePayments
from orderline.core.tenders.scheduled import installments_of
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import parse_minor

if TYPE_CHECKING:
    from orderline.store.database import Database

MOST: Final = 1_000
_NAMES: Final = {each.value for each in Due} - {Due.DATE.value}


@click.group()
def tender() -> None:
    """How orders are paid: open, list, plan, add, retry, receive, settle, reverse, renew, schedule, call."""


@tender.command("open")
@click.option("--owner", help="Only where this team, the customer or a provider is next.")
@click.option("--limit", type=click.IntRange(1, MOST), default=100, show_default=True, help="At most so many.")
@json_option
def open_(owner: str | None, limit: int, as_json: bool) -> None:
    """Orders on which money is open, the most urgent first."""
    from orderline.cli.sources import reading
    from orderline.store.reading.tenders import load_open_payments

    with reading() as source:
        found = load_open_payments(source, owner=owner, most=limit)
    if as_json:
        emit(found)
        return
    if not found:
        say("Nothing is open.")
        return
    rows = [
        (
            e.order_number, plain(e.what), e.owner, instant(e.due_at), amount(e.owed_minor, e.currency),
            ", ".join(e.declined),
        )
        for e in found
    ]  # fmt: skip
    table(("order", "next", "by", "due", "owed in all", "declined"), rows, right=(4,))


@tender.command("list")
@click.argument("reference")
@json_option
def list_tenders(reference: str, as_json: bool) -> None:
    """The tenders of the order REFERENCE, with what their providers are asked for, and its installments."""
    with installation().database() as database:
        order = shown_order(database, one_order(database, reference)).order
    stands = installments_of(order)
    if as_json:
        emit({"order": order.number, "tenders": order.tenders, "installments": stands})
        return
    if not order.tenders:
        say("The order has no tender: it is paid elsewhere.")
        return
    table(
        ("tender", "by", "provider", "amount", "authorized", "captured", "refunded", "stands as"),
        [_tender_row(each, order) for each in order.tenders], right=(0, 3, 4, 5, 6),
    )  # fmt: skip
    if stands:
        say("Installments:")
        rows = [
            (
                str(e.number), plain(e.due), instant(e.on), amount(e.amount_minor, order.currency),
                amount(e.paid_minor, order.currency), plain(e.state), instant(e.pay_by),
            )
            for e in stands
        ]  # fmt: skip
        table(("installment", "falls due", "on", "amount", "paid", "stands as", "pay by"), rows, right=(0, 3, 4))


@tender.command()
@click.argument("reference")
@json_option
def plan(reference: str, as_json: bool) -> None:
    """What will be captured of the order REFERENCE, when, of which tender and by which rule."""
    from orderline.cli.sources import reading

    with installation().database() as database:
        order = shown_order(database, one_order(database, reference)).order
        with reading(database) as source:
            found = plan_captures(order, source.settings().channels[order.channel].money)
    if as_json:
        emit(found)
    else:
        _draw_plan(found)


@tender.command()
@click.argument("reference")
@click.argument("value", metavar="AMOUNT")
@click.option("--provider", required=True, help="Who is asked for it, such as stripe; terms: it comes by the bank.")
@click.option("--method", default="card", show_default=True, help="By what: card, paypal, bank_transfer ...")
@click.option("--token", default="", help="What the provider knows the means by.")
@click.option("--reference", "named", default="", help="The provider's name for what it has authorized or captured.")
@click.option(
    "--state", type=click.Choice(["requested", "authorized", "captured"]), default="requested", show_default=True,
    help="What was done already.",
)  # fmt: skip
@click.option("--replaces", type=click.IntRange(1), help="A tender whose authorization is let go of.")
@yes_option
@json_option
def add(reference: str, value: str, provider: str, method: str, token: str, named: str,
        state: Literal["requested", "authorized", "captured"], replaces: int | None, yes: bool, as_json: bool) -> None:  # fmt: skip
    """Pay AMOUNT of the order REFERENCE by another means."""

    def make(order: Order) -> c.OrderCommand:
        given = c.TenderInput(
            provider=provider, method=method, token=token, reference=named, state=state,
            amount_minor=_minor(value, order, "AMOUNT"),
        )  # fmt: skip
        return c.AddTender(order=order.id, tender=given, replaces=replaces)

    _change(reference, make, yes=yes, as_json=as_json)


@tender.command()
@click.argument("reference")
@click.argument("number", metavar="TENDER", type=click.IntRange(1))
@yes_option
@json_option
def retry(reference: str, number: int, yes: bool, as_json: bool) -> None:
    """Ask the provider of a declined TENDER of the order REFERENCE again."""
    _change(reference, lambda order: c.RetryPayment(order=order.id, tender=number), yes=yes, as_json=as_json)


@tender.command()
@click.argument("reference")
@click.argument("value", metavar="AMOUNT")
@click.option("--bank-reference", required=True, help="The bank's name for it; the same one has one effect.")
@yes_option
@json_option
def receive(reference: str, value: str, bank_reference: str, yes: bool, as_json: bool) -> None:
    """AMOUNT for the order REFERENCE has come to the bank."""

    def make(order: Order) -> c.OrderCommand:
        return ReceivePayment(
            order=order.id,
            amount_minor=_minor(value, order, "AMOUNT"),
            currency=order.currency,
            reference=bank_reference,
        )

    _change(reference, make, yes=yes, as_json=as_json)


@tender.command()
@click.argument("reference")
@click.argument("number", metavar="TENDER", type=click.IntRange(1))
@click.option("--to", type=click.Choice(["bank", "store_credit"]), required=True, help="How it went back.")
@click.option("--amount", "value", help="How much; all that is owed back, when not given.")
@click.option("--bank-reference", default="", help="The bank's name for it.")
@yes_option
@json_option
def settle(reference: str, number: int, to: Literal["bank", "store_credit"], value: str | None, bank_reference: str,
           yes: bool, as_json: bool) -> None:  # fmt: skip
    """What could not be given back to a TENDER of the order REFERENCE went back another way."""

    def make(order: Order) -> c.OrderCommand:
        amount_minor = None if value is None else _minor(value, order, "--amount")
        return SettleRefund(order=order.id, tender=number, to=to, amount_minor=amount_minor, reference=bank_reference)

    _change(reference, make, yes=yes, as_json=as_json)


@tender.command()
@click.argument("reference")
@click.argument("number", metavar="TENDER", type=click.IntRange(1))
@click.argument("value", metavar="AMOUNT")
@click.option("--reference", "named", required=True, help="What the provider or the bank calls it; it counts once.")
@click.option("--bank", is_flag=True, help="It was sent by hand, over the bank.")
@click.option("--reason", default="", help="Why it came back, such as: account closed.")
@click.option("--at", "occurred_at", type=INSTANT, help="When it happened; now, when not given.")
@yes_option
@json_option
def reverse(reference: str, number: int, value: str, named: str, bank: bool, reason: str,
            occurred_at: datetime | None, yes: bool, as_json: bool) -> None:  # fmt: skip
    """AMOUNT that was refunded to a TENDER of the order REFERENCE has come back: the customer is owed it again."""

    def make(order: Order) -> c.OrderCommand:
        return ReverseRefund(
            order=order.id, tender=number, reference=named, amount_minor=_minor(value, order, "AMOUNT"),
            through="bank" if bank else "", reason=reason, occurred_at=occurred_at,
        )  # fmt: skip

    _change(reference, make, yes=yes, as_json=as_json)


@tender.command()
@click.argument("reference")
@click.argument("number", metavar="TENDER", type=click.IntRange(1))
@yes_option
@json_option
def renew(reference: str, number: int, yes: bool, as_json: bool) -> None:
    """Authorize anew what is held of a TENDER of the order REFERENCE and lapses."""
    _change(reference, lambda order: RenewAuthorization(order=order.id, tender=number), yes=yes, as_json=as_json)


@tender.command()
@click.argument("reference")
@click.option(
    "--pay", "parts", multiple=True, metavar="PART:DUE",
    help="An installment: 30% or 150.00, due order, release, shipment, invoice+DAYS or a date; the last is `rest`.",
)  # fmt: skip
@click.option("--within", "within_days", type=click.IntRange(0, 365), default=3, show_default=True, help="Days to pay.")
@click.option("--escalate-to", default="sales", show_default=True, help="Who owns what is late or declined.")
@click.option("--cancel-late", is_flag=True, help="Cancel the order when an installment is late.")
@click.option("--none", "off", is_flag=True, help="Pay it as its channel collects again.")
@yes_option
@json_option
def schedule(reference: str, parts: tuple[str, ...], within_days: int, escalate_to: str, cancel_late: bool, off: bool,
             yes: bool, as_json: bool) -> None:  # fmt: skip
    """Have the order REFERENCE paid in installments, such as --pay 30%:order --pay rest:release."""
    if off is bool(parts):
        raise click.UsageError("Give installments by --pay, or --none.")

    def make(order: Order) -> c.OrderCommand:
        given = ScheduleInput(
            installments=tuple(_installment(each, order) for each in parts), within_days=within_days,
            escalate_to=escalate_to, on_late=OnLate.CANCEL if cancel_late else OnLate.ESCALATE,
        )  # fmt: skip
        return SchedulePayments(order=order.id, schedule=None if off else given)

    _change(reference, make, yes=yes, as_json=as_json)


@tender.command()
@click.argument("reference")
@click.option("--installment", type=click.IntRange(1), default=None, help="This one, before its time.")
@yes_option
@json_option
def call(reference: str, installment: int | None, yes: bool, as_json: bool) -> None:
    """Ask for the installments of the order REFERENCE that have fallen due."""
    _change(
        reference,
        lambda order: CallInstallments(order=order.id, installment=installment or 0),
        yes=yes,
        as_json=as_json,
    )


def _change(reference: str, make: Callable[[Order], c.OrderCommand], *, yes: bool, as_json: bool) -> None:
    def made(database: "Database", id_: OrderId) -> c.OrderCommand:
        return make(shown_order(database, id_).order)

    shown.change(reference, made, yes=yes, as_json=as_json)


def _tender_row(each: Tender, order: Order) -> tuple[Any, ...]:
    figures = (each.amount_minor, each.authorized_minor, each.captured_minor, each.refunded_minor)
    asked = [
        f"{plain(r.kind)} of {amount(r.amount_minor, order.currency)} {'in doubt' if r.in_doubt else 'asked for'}"
        for r in each.requests
    ]
    stands = [each.given_up or (f"declined: {each.declined}" if each.declined else ""), *asked]
    if each.expires_at is not None and each.authorized_minor > each.captured_minor + each.voided_minor:
        stands.append(f"lapses {instant(each.expires_at)}")
    told = ", ".join(filter(None, stands))
    return (str(each.number), each.method, each.provider, *(amount(f, order.currency) for f in figures), told)


def _draw_plan(found: CapturePlan) -> None:
    currency = found.currency
    say(
        f"Of {amount(found.due_minor, currency)} due, {amount(found.captured_minor, currency)} were captured or are asked for."
    )
    if not found.captures:
        say("Nothing more will be captured.")
    rows = [
        (
            plain(e.when), e.about, instant(e.due_at), amount(e.amount_minor, currency),
            f"tender {e.tender} ({e.provider}{', by the bank' if e.by_bank else ''})" if e.tender else "none yet",
            e.rule, e.because,
        )
        for e in found.captures
    ]  # fmt: skip
    table(("when", "for", "on", "amount", "of", "rule", "why"), rows, right=(3,))
    for each in found.let_go:
        say(f"Let go of in the end: {amount(each.amount_minor, currency)} of tender {each.tender}.")
    for each in found.waits_for:
        say(f"Waits for {each}.")


def _installment(text: str, of: Order) -> InstallmentInput:
    """`30%:order`, `150.00:2027-01-31`, `rest:invoice+14`."""
    part, _, due = text.partition(":")
    about: dict[str, Any] = {}
    if part.endswith("%"):
        # a percentage has hundredths at most, as amounts of most currencies have
        about["share_ppm"] = _minor_of(part[:-1], "EUR", "--pay") * PERCENT_PPM // 100
    elif part != "rest":
        about["amount_minor"] = _minor(part, of, "--pay")
    name, _, days = due.partition("+")
    if name in _NAMES and (not days or days.isdecimal()):
        return InstallmentInput(due=Due(name), days=int(days or 0), **about)
    on: datetime | None = INSTANT.convert(due, None, None) if due else None
    return InstallmentInput(due=Due.DATE, on=on, **about)


def _minor(text: str, of: Order, option: str) -> int:
    return _minor_of(text, of.currency, option)


def _minor_of(text: str, currency: str, option: str) -> int:
    try:
        return parse_minor(text, currency)
    except Refused:
        raise click.BadParameter(f"{text!r} is no amount in {currency}.", param_hint=f"'{option}'") from None
