"""Labels that are kept are what the journal says was bought, until they are forgotten."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import LiteralString

import psycopg
import pytest

from orderline.core.documents.issuing import IssueInvoice
from orderline.core.fulfillments.undoing import UnpackUnits, UnpickUnits
from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    LabelParcel,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
)
from orderline.core.orders.state import LineQuantity, ParcelDocument
from orderline.core.shipments.commands import AnswerVoid, VoidLabel
from orderline.core.shipments.undoing import UndoHandover
from orderline.engine.engine import Engine
from orderline.engine.submissions import KeptDocument, Submission
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.documents import forget_labels
from orderline.values.ids import OrderId
from support.engines import assert_clean, faults_of, open_shop, placed
from support.shop import order_of

LABEL = b"^XA a label ^XZ"
TAMPERING = [
    "UPDATE label_documents SET content = 'x'",
    "UPDATE label_documents SET content = 'x', sha256 = sha256('x')",
    "UPDATE label_documents SET tracking_number = 'T2'",
    "UPDATE label_documents SET order_id = gen_random_uuid()",
]


def labeled(engine: Engine) -> OrderId:
    """An order whose one parcel has a label that is kept."""
    open_shop(engine, [("TEE-M", "lyon", 10)])
    order, items = placed(engine, order_of("A-1", ("TEE-M", 1, 2000))), (LineQuantity(1, 1),)
    engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 1),)))
    engine.run(PickUnits(order=order, fulfillment=1, lines=items))
    engine.run(PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items),)))
    document = ParcelDocument("zpl", len(LABEL), sha256(LABEL).hexdigest())
    command = LabelParcel(order=order, parcel=1, carrier="post", tracking_number="T1", documents=(document,))
    kept = KeptDocument(order, 1, "T1", "zpl", LABEL)
    engine.submit(Submission(command=command, documents=(kept,))).result().answer_or_raise()
    return order


@pytest.mark.parametrize("statement", TAMPERING)
def test_a_label_that_was_tampered_with_is_found(engine: Engine, database: Database, statement: LiteralString) -> None:
    labeled(engine)
    assert_clean(database)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        assert connection.execute(statement).rowcount == 1
    assert faults_of(verify(database)).keys() <= {"labels", "windows"}
    assert faults_of(verify(database))


def test_a_label_that_was_given_back_is_kept_and_is_no_fault(engine: Engine, database: Database) -> None:
    order = labeled(engine)
    engine.run(VoidLabel(order=order, parcel=1))
    engine.run(AnswerVoid(order=order, parcel=1, tracking_number="T1", voided=True))
    assert database.rows("SELECT content FROM label_documents WHERE cell = %(cell)s") == [(LABEL,)]
    assert_clean(database)


def test_labels_are_forgotten_after_a_while(engine: Engine, database: Database) -> None:
    labeled(engine)
    assert forget_labels(database, datetime.now(UTC) - timedelta(days=1)) == 0
    assert forget_labels(database, datetime.now(UTC) + timedelta(days=1)) == 1
    assert_clean(database)


def test_what_was_handed_over_by_mistake_is_here_and_its_capture_is_not_sent(
    engine: Engine, database: Database
) -> None:
    order = labeled(engine)
    engine.run(ShipParcels(order=order, fulfillment=1))
    pending = "SELECT count(*) FROM outbox WHERE cell = %(cell)s AND kind = 'pay'"
    assert database.rows(pending) == [(1,)]
    engine.run(IssueInvoice(order=order, entity="main"))
    engine.run(UndoHandover(order=order, fulfillment=1, reason="here still"))
    assert database.rows(pending) == [(0,)]
    assert_clean(database)
    engine.run(IssueInvoice(order=order, entity="main"))
    levels = (
        "SELECT sellable, picked, allocated FROM stock WHERE cell = %(cell)s AND sku = 'TEE-M' AND location = 'lyon'"
    )
    assert database.rows(levels) == [(9, 1, 1)]
    undone = "SELECT undone_at IS NOT NULL FROM shipments WHERE cell = %(cell)s ORDER BY number"
    assert database.rows(undone) == [(True,)]
    assert_clean(database)
    engine.run(ShipParcels(order=order, fulfillment=1))
    assert database.rows(undone) == [(True,), (False,)]
    assert database.rows(pending) == [(1,)]
    assert_clean(database)


def test_what_is_unpacked_and_put_back_is_on_its_shelf(engine: Engine, database: Database) -> None:
    order = labeled(engine)
    engine.run(UnpackUnits(order=order, fulfillment=1))
    engine.run(UnpickUnits(order=order, fulfillment=1))
    levels = (
        "SELECT sellable, picked, allocated FROM stock WHERE cell = %(cell)s AND sku = 'TEE-M' AND location = 'lyon'"
    )
    assert database.rows(levels) == [(10, 0, 1)]
    assert database.rows("SELECT kind FROM outbox WHERE cell = %(cell)s AND kind = 'void_label'") == [("void_label",)]
    assert_clean(database)
