"""Each invariant of the domain about money, parcels, holds and effects is asked by a name, and finds a fault of one unit.

Source: domain model 14. Faults are planted where only that invariant can see them: journal and document agree with one another.
I17, a command through a hold, is planted in test_verify.py.
"""

from collections.abc import Callable
from typing import LiteralString

import psycopg
import pytest
from msgspec.structs import replace

from core.test_invoices import invoice, ship
from orderline.core.context import SYSTEM
from orderline.core.orders.credited import Credit, CreditLine
from orderline.core.orders.events import AnyOrderEvent, PaymentAnswered, PaymentRequested
from orderline.core.orders.priced import Charge, TaxLine
from orderline.core.orders.state import Hold, Order, PaymentKind
from orderline.core.tenders.installments import Due, Installment, PaymentSchedule
from orderline.engine.engine import Engine
from orderline.engine.sealing import seal
from orderline.engine.verifying import verify
from orderline.engine.verifying.amounts import check_money, check_units
from orderline.engine.verifying.documented import credit_faults
from orderline.engine.verifying.folding import fold_order
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from support.engines import assert_clean, faults_of, open_shop, placed
from support.shop import NOON, MemoryShop, order_of


def sold() -> tuple[MemoryShop, Order]:
    """An order with a bundle, shipping and tax; paid, sent in two parcels and invoiced."""
    shop = MemoryShop([("TEE-M", "lyon", 9), ("MUG", "lyon", 9)])
    shipping = Charge("shipping", 600, "Parcel", (TaxLine("VAT", 100, 200_000),))
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), ("SET", 1, 5000), charges=(shipping,), paid="captured"))
    ship(shop, order, 1, 1)
    ship(shop, order, 1, 1)
    invoice(shop, order)
    return shop, shop.order(order)


def asked(order: Order) -> list[str]:
    tally = Tally()
    check_units(order, tally)
    check_money(order, tally)
    tally.checked(Invariant.CREDITS)
    for fault in credit_faults(order):
        tally.fault(Invariant.CREDITS, fault)
    return [report.name for report in tally.reports() if report.faults]


def with_total(order: Order, more: int) -> Order:
    return replace(order, agreements=(replace(order.agreement, total_minor=order.agreement.total_minor + more),))


def with_part(order: Order, more: int) -> Order:
    """One minor unit more on a component of the bundle than its share of the whole."""
    lines = [
        replace(x, total_minor=x.total_minor + more) if x.parent is not None else x for x in order.agreement.lines[:3]
    ]
    return replace(order, agreements=(replace(order.agreement, lines=(*lines, *order.agreement.lines[3:])),))


def with_tender(order: Order, **about: int) -> Order:
    tender = order.tenders[0]
    return replace(order, tenders=(replace(tender, **{k: getattr(tender, k) + v for k, v in about.items()}),))


def with_bucket(order: Order, **moved: int) -> Order:
    """Units of the first line in other buckets than those its parcels tell."""
    line = order.lines[0]
    units = replace(line.units, **{name: getattr(line.units, name) + more for name, more in moved.items()})
    return replace(order, lines=(replace(line, units=units), *order.lines[1:]))


def with_credit(order: Order, total: int, quantity: int = 2) -> Order:
    return replace(
        order, credits=(Credit(number=1, reason="x", total_minor=total, lines=(CreditLine(1, quantity, total),)),)
    )


def with_schedule(order: Order, share_ppm: int, hold: int = 0) -> Order:
    """A deposit that has fallen due, for which a hold stands although all is paid."""
    deposit = Installment(
        number=1, due=Due.ORDER, share_ppm=share_ppm, called_at=order.placed_at, pay_by=order.placed_at, hold=hold
    )
    rest = Installment(number=2, due=Due.SHIPMENT)
    holds = tuple(Hold(n, "payment", ("release",), NOON, "orderline") for n in range(1, hold + 1))
    return replace(order, schedule=PaymentSchedule(installments=(deposit, rest)), holds=holds, holds_placed=hold)


PLANTED: list[tuple[str, Callable[[Order], Order], list[str]]] = [
    ("nothing", lambda order: order, []),
    ("I7 captured beyond authorized", lambda order: with_tender(order, captured_minor=1), ["money"]),
    ("I7 refunded beyond captured", lambda order: with_tender(order, refunded_minor=9601), ["money"]),
    ("I7 all of it refunded", lambda order: with_tender(order, refunded_minor=9600), []),
    ("I7 money credited beyond invoiced", lambda order: with_credit(order, 4001), ["credits"]),
    ("I7 units credited beyond invoiced", lambda order: with_credit(order, 4000, 3), ["credits"]),
    ("I7 all of it credited", lambda order: with_credit(order, 4000), []),
    ("I8 lines and charges are not the total", lambda order: with_total(order, 1), ["totals"]),
    ("I8 components are not their bundle", lambda order: with_part(order, -1), ["totals"]),
    ("I8 installments of the whole", lambda order: with_schedule(order, 1_000_000), []),
    ("I8 installments of more than the whole", lambda order: with_schedule(order, 1_000_001), ["installments"]),
    ("I17 a hold for what is paid", lambda order: with_schedule(order, 300_000, 1), ["installments"]),
    ("I9 delivered without a parcel", lambda order: with_bucket(order, shipped=-1, delivered=1), ["parcels"]),
    ("I9 returned without a parcel", lambda order: with_bucket(order, shipped=-1, returned=2, canceled=-1), [
        "conservation", "parcels",
    ]),
    ("I9 shipped came back", lambda order: with_bucket(order, shipped=-1, returned=1), []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "plant", "found_by"), PLANTED, ids=[name for name, _, _ in PLANTED])
def test_a_fault_of_one_unit_is_found(name: str, plant: Callable[[Order], Order], found_by: list[str]) -> None:
    assert asked(plant(sold()[1])) == found_by


REQUEST = PaymentRequested(tender=1, key="k-1", kind=PaymentKind.REFUND, amount_minor=1, at=NOON)
ANSWER = PaymentAnswered(tender=1, key="k-1", kind=PaymentKind.REFUND, amount_minor=1, reference="r-1", at=NOON)
EFFECTS: list[tuple[list[AnyOrderEvent], bool]] = [
    ([REQUEST, ANSWER], False),
    ([REQUEST, REQUEST], True),  # I11: asked for twice under one key
    ([REQUEST, ANSWER, ANSWER], True),  # refunded twice
    ([ANSWER], True),  # never asked for
]


@pytest.mark.parametrize(("events", "found"), EFFECTS)
def test_an_effect_that_comes_twice_is_found(events: list[AnyOrderEvent], found: bool) -> None:
    shop, order = sold()
    rows: list[tuple[object, ...]] = []
    before = replace(order, version=0, chain="")
    for told in (shop.events[order.id], events):
        before, body, digest = seal(before, "plant", told, SYSTEM, NOON)
        rows.append((order.id, before.version, NOON, body.decode(), digest))
    tally = Tally()
    fold_order(order.number, rows, tally)
    assert [report.name for report in tally.reports() if report.faults] == (["effects"] if found else [])


IN_THE_DATABASE = [
    # domain   what somebody did behind the engine's back                                                    found by
    ("I6",  "UPDATE postings SET amount_minor = amount_minor + 1, base_minor = base_minor + 1 WHERE account = 'deposits'",
     "ledger"),
    ("I6",  "UPDATE postings SET currency = 'USD' WHERE account = 'deposits'",                                "ledger"),
    ("I16", "UPDATE orders SET phase = 'canceled' WHERE external_id = 'A-2'",                                 "ended"),
    ("I16", "UPDATE pool_levels SET claims = claims + 1",                                                     "claims"),
    ("I16", "UPDATE stock SET allocated = allocated + 1",                                                     "allocations"),
]  # fmt: skip


@pytest.mark.parametrize(("domain", "statement", "found_by"), IN_THE_DATABASE)
def test_a_fault_in_the_database_is_found(engine: Engine, domain: str, statement: LiteralString, found_by: str) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    placed(engine, order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    placed(engine, order_of("A-2", ("TEE-M", 1, 2000)))
    assert_clean(engine.database)
    with psycopg.connect(engine.database.dsn, autocommit=True) as connection:
        assert connection.execute(statement).rowcount > 0
    assert found_by in faults_of(verify(engine.database))
