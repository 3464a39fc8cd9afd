"""Every event is told in words: the type checker knows that none is left out, these are what they read like."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from orderline.cli.plain import amount
from orderline.cli.words import tell, tell_in_turn
from orderline.core.alarms.events import AlarmCleared, AlarmRaised
from orderline.core.alarms.state import Alarm
from orderline.core.decisions.asking import Asked, DecisionCause, OpenDecision
from orderline.core.holds.events import HoldEscalated
from orderline.core.ledger.state import Account, Posted
from orderline.core.ledger.state import Entry as LedgerEntry
from orderline.core.moves import Bucket, Move
from orderline.core.orders import events as e
from orderline.core.orders.agreed_events import DecisionClosed, DecisionOpened, OrderAmended
from orderline.core.orders.amended import units_of
from orderline.core.orders.credited import Credit
from orderline.core.orders.priced import Charge
from orderline.core.orders.promised import PromiseCause, PromisedWindow, PromiseOutcome
from orderline.core.orders.state import AgreedLine, Agreement, DemandGroup, Hold, Line
from orderline.core.returns.events import ItemStep, ReturnProgressed
from orderline.core.returns.state import Custody, Grade
from orderline.core.tenders.installments import Due, Installment, PaymentSchedule
from orderline.core.tenders.schedule_events import InstallmentCalled, PaymentScheduled
from orderline.values.address import Place
from orderline.values.ids import FulfillmentId, OrderId, PersonToken

ROW = "purchase_order:PO-7:2"
AT = datetime(2026, 12, 24, 12, tzinfo=UTC)
BOOKED = Posted(
    cause="capture",
    entity="fr",
    day=AT.date(),
    currency="EUR",
    entries=(LedgerEntry(Account.PSP_CLEARING, 4390), LedgerEntry(Account.DEPOSITS, -4390)),
)
WINDOW = PromisedWindow(at=AT, earliest_at=AT, latest_at=AT)
DECISION = OpenDecision(id="D-1", cause=next(iter(DecisionCause)), to=Asked.CUSTOMER, due_at=AT, sent=True)

LINES = (AgreedLine(1, "TEE", 3, 1000, 3000), AgreedLine(2, "MUG", 1, 2000, 2000))
GROUP = DemandGroup(1, PersonToken(UUID(int=1)), Place(country="FR", postal_code="69001", city="Lyon"))
AGREED = Agreement(1, AT, LINES, (GROUP,), 5000)
PLACED = e.OrderPlaced(
    id=OrderId(UUID(int=7)), number="SO-1", channel="shop", external_id="1", currency="EUR", placed_at=AT, accepted_at=AT,
    person=GROUP.recipient, agreement=AGREED, lines=tuple(Line(each.line, each.sku, units_of(each)) for each in LINES),
)  # fmt: skip

SCHEDULE = PaymentSchedule(
    installments=(
        Installment(number=1, due=Due.ORDER, share_ppm=125_000),
        Installment(number=2, due=Due.DATE, amount_minor=1000, on=AT),
        Installment(number=3, due=Due.INVOICE, days=14),
    )
)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (AlarmRaised(Alarm("ask_provider", AT)), "alarm: nothing moves it on to ask provider"),
        (AlarmCleared(AT), "alarm over"),
        (e.PromiseCommitted((e.PromisedLine(2, WINDOW),)), "promised: line 2 by 2026-12-24"),
        (
            e.PromiseCommitted((e.PromisedLine(1, WINDOW), e.PromisedLine(3, WINDOW))),
            "promised: lines 1, 3 by 2026-12-24",
        ),
        (
            e.PromiseRevised((e.PromisedLine(2, WINDOW),), next(iter(PromiseCause))),
            "promised anew: line 2 by 2026-12-24",
        ),
        (e.PromiseSettled(2, next(iter(PromiseOutcome)), AT), "promise of line 2"),
        (e.PickupReadied(fulfillment=1, parcels=(1,), at=AT, deadline_at=AT), "until 2026-12-24 12:00 UTC"),
        (e.PickupTried(fulfillment=1, at=AT, version=1), "a wrong code"),
        (e.PickupCollected(fulfillment=1, parcels=(1, 2), at=AT), "2 parcels collected"),
        (e.PickupExpired(fulfillment=1, at=AT), "not collected in time"),
        (e.PickupRestocked(fulfillment=1, at=AT, units=3), "3 units put back"),
        (DecisionOpened(DECISION), "customer asked about units that can't be had, until 2026-12-24 12:00 UTC"),
        (
            DecisionOpened(replace(DECISION, sent=False, to=Asked.CSR, lines=(1, 2))),
            "a question about units that can't be had, lines 1, 2 is drafted, for csr to send",
        ),
        (
            DecisionClosed("D-1", Asked.CUSTOMER, DecisionCause.DELAY, "accept", "Have it by 2026-12-24", "link"),
            "customer decided about a delay, by link: Have it by 2026-12-24 (accept)",
        ),
        (
            DecisionClosed("D-1", Asked.CUSTOMER, DecisionCause.DELAY, "cancel", "Cancel it", "silence"),
            "nobody answered about a delay, so by default: Cancel it (cancel)",
        ),
        (
            DecisionClosed("D-1", Asked.CUSTOMER, DecisionCause.DELAY, reason="another date"),
            "question about a delay withdrawn: another date",
        ),
        (DecisionClosed("D-1"), "question decided"),
        (PaymentScheduled(at=AT, by="ann"), "paid in no installments any more"),
        (
            PaymentScheduled(at=AT, by="ann", schedule=SCHEDULE),
            "to be paid in installments: 12.5% due order, 10.00 EUR due date 2026-12-24 12:00 UTC, the rest 14 days after",
        ),
        (InstallmentCalled(installment=2, at=AT, pay_by=AT), "installment 2 has fallen due, to be paid by 2026-12-24"),
        (e.MoneyPosted(BOOKED), "booked: capture, 43.90 EUR, from deposits to psp clearing"),
        (
            e.CreditGranted(Credit(number=2, reason="arrived_late", total_minor=500), AT),
            "credit 2 of 5.00 EUR (arrived late), over the tenders",
        ),
        (
            e.UnitsMoved(
                move=Move.PEG,
                items=(e.MovedItem(1, Bucket.UNPLANNED, Bucket.PEGGED, 2, "eu", supply=ROW, promised_at=AT),),
                at=AT,
            ),
            "2 units of line 1 waiting for purchase order PO-7, line 2 (ready 2026-12-24)",
        ),
        (
            e.UnitsMoved(
                move=Move.UNPEG,
                items=(e.MovedItem(1, Bucket.PEGGED, Bucket.UNPLANNED, 2, "eu", supply=ROW),),
                at=AT,
                reason="supply",
            ),
            "2 units of line 1 no longer waiting for purchase order PO-7, line 2, which is late or does not come",
        ),
        (
            e.UnitsMoved(
                move=Move.RETURN, items=(e.MovedItem(1, Bucket.DELIVERED, Bucket.RETURNED, 2),), at=AT, location="lyon"
            ),
            "2 units of line 1 returned to lyon",
        ),
        (
            ReturnProgressed(
                number=1,
                steps=(ItemStep(item=2, quantity=1, custody=Custody.GRADED, grade=Grade.AS_NEW),),
                at=AT,
            ),
            "return 1: 1 unit of item 2 graded: as new",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_an_event_is_told_in_words(event: e.AnyOrderEvent, told: str) -> None:
    assert told in tell(event, "EUR")


def test_amounts_have_separators() -> None:
    told = [
        amount(minor, currency)
        for minor, currency in ((5798, "EUR"), (123456789, "EUR"), (-123456, "EUR"), (1234567, "JPY"))
    ]
    assert told == ["57.98 EUR", "1,234,567.89 EUR", "-1,234.56 EUR", "1,234,567 JPY"]


def test_what_changes_is_told_with_what_stood_before() -> None:
    days = [AT + timedelta(days=number) for number in range(3)]
    windows = [PromisedWindow(at=AT, earliest_at=AT, latest_at=day) for day in days]
    holds = Hold(number=1, type="fraud", blocks=(), placed_at=AT, placed_by="ann", owner="risk")
    entries = [
        (
            PLACED,
            e.OrderAnnotated(priority=5, assignee="ann", tags=("vip",), custom={"floor": 1, "bell": "left"}),
            e.PromiseCommitted((e.PromisedLine(1, windows[0]), e.PromisedLine(2, windows[1]))),
        ),
        (
            e.OrderAnnotated(priority=7, assignee="", tags=("vip", "rush"), custom={"floor": 2}),
            e.PromiseRevised((e.PromisedLine(1, windows[2]), e.PromisedLine(2, windows[2])), PromiseCause.STOCK),
        ),
        (e.OrderAnnotated(priority=7), e.HoldPlaced(holds), HoldEscalated(1, "manager", AT, "")),
    ]
    assert tell_in_turn(entries, "EUR")[1:] == [
        [
            "priority 7 (before: 5); assigned to nobody (before: ann); tags vip, rush (before: vip);"
            " custom fields: floor 2 (before: 1), bell none (before: left)",
            "promised anew: line 1 by 2026-12-26 (before: 2026-12-24); line 2 by 2026-12-26 (before: 2026-12-25)"
            " (stock)",
        ],
        [
            "priority 7",
            "hold 1 placed (fraud), risk to resolve it",
            "hold 1 was not resolved in time, manager to resolve it (before: risk)",
        ],
    ]
    assert tell_in_turn(entries[1:], "EUR")[1] == [
        tell(event, "EUR") for event in entries[2]
    ]  # nothing is known of before


def test_an_amendment_is_told_with_what_was_agreed_before() -> None:
    group = replace(GROUP, place=Place(country="DE", postal_code="10115", city="Berlin"), method="express", gift=True)
    lines = (
        replace(LINES[0], quantity=2, unit_price_minor=900, gift_message="for you"),
        LINES[1],
        AgreedLine(3, "CAP", 1, 500, 500),
    )
    agreement = replace(
        AGREED, number=2, total_minor=3800, lines=lines, groups=(group,), charges=(Charge("shipping", 500),),
        removed=(e.LineQuantity(1, 1),),
    )  # fmt: skip
    [_, [told]] = tell_in_turn([(PLACED,), (OrderAmended(agreement),)], "EUR")
    assert told.split("; ") == [
        "amended: agreement 2, 38.00 EUR (before: 50.00 EUR)",
        "line 1 quantity 2 (before: 3)",
        "line 1 price 9.00 EUR (before: 10.00 EUR)",
        "another gift message for line 1",
        "line 3 new: 1 x CAP at 5.00 EUR",
        "1 unit of line 1 given up",
        "shipping 5.00 EUR (before: 0.00 EUR)",
        "delivered to 10115 Berlin DE (before: 69001 Lyon FR)",
        "delivery method express (before: standard)",
        "it is a gift",
    ]


def test_units_that_go_to_another_location_are_told_with_the_one_before() -> None:
    def opened(number: int, location: str) -> e.FulfillmentOpened:
        return e.FulfillmentOpened(
            id=FulfillmentId(UUID(int=number)), number=number, group=1, location=location, pool="eu", opened_at=AT, due_at=AT
        )  # fmt: skip

    def moved(move: Move, source: Bucket, target: Bucket, fulfillment: int, location: str) -> e.UnitsMoved:
        items = (e.MovedItem(1, source, target, 3, "eu"),)
        return e.UnitsMoved(move=move, items=items, at=AT, fulfillment=fulfillment, location=location)

    entries = [
        (PLACED, opened(1, "lyon"), moved(Move.ALLOCATE, Bucket.UNPLANNED, Bucket.ALLOCATED, 1, "lyon")),
        (moved(Move.PULL_BACK, Bucket.ALLOCATED, Bucket.UNPLANNED, 1, "lyon"),),
        (opened(2, "lille"), moved(Move.ALLOCATE, Bucket.UNPLANNED, Bucket.ALLOCATED, 2, "lille")),
    ]
    told = tell_in_turn(entries, "EUR")
    assert told[0][2] == "3 units of line 1 allocated to lyon"
    assert told[2][1] == "3 units of line 1 allocated to lille (before: lyon)"
