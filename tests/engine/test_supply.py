"""Purchase orders and transfers: what comes is posted once, and nothing is lost on the way."""

from datetime import timedelta

import msgspec
import pytest

from orderline.core.orders.commands import Command
from orderline.core.supply.commands import (
    AnnounceShipment,
    CancelPurchaseOrder,
    ClosePurchaseOrder,
    ConfirmPurchaseOrder,
    CreatePurchaseOrder,
    NoticeLine,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    RevisedInput,
    RevisePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.transfers.commands import (
    ApproveTransfer,
    CancelTransfer,
    CreateTransfer,
    PickTransfer,
    ReceiveTransfer,
    ShipTransfer,
    TransferLineInput,
    TransferPickInput,
)
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.values.failures import Refused
from support.engines import assert_clean, open_shop, placed, together
from support.shop import NOON, order_of

SOON = NOON + timedelta(days=7)


def shelf(database: Database, sku: str, location: str) -> tuple[int, ...]:
    """(sellable, picked, damaged, quality control, missing, allocated)"""
    rows = database.rows(
        "SELECT sellable, picked, damaged, quality_control, missing, allocated FROM stock"
        " WHERE cell = %(cell)s AND sku = %(sku)s AND location = %(at)s",
        {"sku": sku, "at": location},
    )
    return rows[0] if rows else (0,) * 6


def supply(database: Database) -> list[tuple[str, str, int, int, int]]:
    """(id, location, open, pegged, kept)"""
    return database.rows("SELECT id, location, open, pegged, kept FROM supply WHERE cell = %(cell)s ORDER BY id", {})


def bought(engine: Engine, *lines: PurchaseLineInput, name: str = "PO-1") -> None:
    engine.run(CreatePurchaseOrder(purchase_order=name, location="lyon", lines=lines, vendor="Weavers"))
    engine.run(SendPurchaseOrder(purchase_order=name))


def received(name: str, *lines: ReceivedInput, complete: bool = False, notice: str = "") -> ReceivePurchaseOrder:
    return ReceivePurchaseOrder(purchase_order="PO-1", receipt=name, lines=lines, complete=complete, notice=notice)


def state_of(answer: bytes) -> str:
    return msgspec.json.decode(answer)["state"]


def test_a_receipt_posts_what_came_by_its_state_and_tells_what_differs(engine: Engine, database: Database) -> None:
    open_shop(engine)
    bought(engine, PurchaseLineInput("TEE-M", 10, SOON), PurchaseLineInput("MUG", 5, SOON))
    assert [row[2] for row in supply(database)] == [10, 5]
    engine.run(ConfirmPurchaseOrder(purchase_order="PO-1", lines=(RevisedInput(2, quantity=4),)))
    notice = AnnounceShipment(purchase_order="PO-1", notice="ASN-1", lines=(NoticeLine(1, 9),))
    engine.run(notice)
    engine.run(notice)
    answer = engine.run(received("R-1", ReceivedInput(1, 6, damaged=1, quality_control=1), notice="ASN-1"))
    line = msgspec.json.decode(answer)["receipts"][0]["lines"][0]
    assert (line["quantity"], line["announced"], line.get("over", 0)) == (6, 9, 0)
    assert state_of(answer) == "partly_received"
    assert shelf(database, "TEE-M", "lyon") == (6, 0, 1, 1, 0, 0)
    assert [row[2] for row in supply(database)] == [2, 4]
    answer = engine.run(received("R-2", ReceivedInput(1, 5), ReceivedInput(2, 4)))
    assert [line.get("over", 0) for line in msgspec.json.decode(answer)["receipts"][1]["lines"]] == [3, 0]
    assert state_of(answer) == "received"
    assert supply(database) == []
    engine.run(ClosePurchaseOrder(purchase_order="PO-1"))
    assert_clean(database)


def test_a_receipt_told_twice_has_one_effect(engine: Engine, database: Database) -> None:
    open_shop(engine)
    bought(engine, PurchaseLineInput("TEE-M", 10, SOON))
    command = received("R-1", ReceivedInput(1, 4))
    answers = [outcome.answer for outcome in together(engine, [command, command])]
    assert engine.run(command) == answers[0] == answers[1]
    assert shelf(database, "TEE-M", "lyon")[0] == 4
    with pytest.raises(Refused, match="RECEIPT_REUSED"):
        engine.run(received("R-1", ReceivedInput(1, 5)))
    engine.run(received("R-2", complete=True))
    assert state_of(engine.run(command)) == "received"
    assert (shelf(database, "TEE-M", "lyon")[0], supply(database)) == (4, [])
    assert_clean(database)


def test_a_transfer_is_supply_at_its_target_until_it_has_come(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10), ("MUG", "lyon", 3)])
    lines = (TransferLineInput("TEE-M", 6), TransferLineInput("MUG", 2))
    engine.run(CreateTransfer(transfer="T-1", source="lyon", target="paris", lines=lines, due_at=SOON))
    assert supply(database) == []
    engine.run(ApproveTransfer(transfer="T-1"))
    assert shelf(database, "TEE-M", "lyon") == (10, 0, 0, 0, 0, 6)
    assert_clean(database)
    picks = (TransferPickInput(1, 5), TransferPickInput(2, 2))
    engine.run(PickTransfer(transfer="T-1", lines=picks))
    assert shelf(database, "TEE-M", "lyon") == (5, 5, 0, 0, 0, 5)
    assert_clean(database)
    engine.run(ShipTransfer(transfer="T-1", tracking_number="1Z9"))
    assert shelf(database, "TEE-M", "lyon") == (5, 0, 0, 0, 0, 0)
    assert [row[:3] for row in supply(database)] == [("transfer:T-1:1", "paris", 5), ("transfer:T-1:2", "paris", 2)]
    assert_clean(database)
    first = ReceiveTransfer(transfer="T-1", receipt="R-1", lines=(ReceivedInput(1, 2, damaged=1), ReceivedInput(2, 3)))
    engine.run(first)
    engine.run(first)
    assert shelf(database, "TEE-M", "paris") == (2, 0, 1, 0, 0, 0)
    assert shelf(database, "MUG", "paris")[0] == 3  # one more than was sent: it was found
    assert [row[2] for row in supply(database)] == [2]
    assert_clean(database)
    assert state_of(engine.run(ReceiveTransfer(transfer="T-1", receipt="R-2", complete=True))) == "received"
    assert shelf(database, "TEE-M", "paris") == (2, 0, 1, 0, 2, 0)
    assert_clean(database)


def test_units_that_somebody_was_promised_are_not_sent(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    placed(engine, order_of("A-1", ("TEE-M", 5, 2000)))
    lines = (TransferLineInput("TEE-M", 6),)
    engine.run(CreateTransfer(transfer="T-1", source="lyon", target="paris", lines=lines, due_at=SOON))
    with pytest.raises(Refused, match="TRANSFER_NOT_COVERED") as refused:
        engine.run(ApproveTransfer(transfer="T-1"))
    assert refused.value.facts["available"] == 5
    engine.run(CancelTransfer(transfer="T-1", reason="sold"))
    engine.run(CreateTransfer(transfer="T-2", source="lyon", target="paris", lines=(TransferLineInput("TEE-M", 5),), due_at=SOON))  # fmt: skip
    engine.run(ApproveTransfer(transfer="T-2"))
    engine.run(CancelTransfer(transfer="T-2", reason="not needed"))
    assert shelf(database, "TEE-M", "lyon") == (10, 0, 0, 0, 0, 0)
    assert supply(database) == []
    assert_clean(database)


TEE = PurchaseLineInput("TEE-M", 10, SOON)
BAD: list[tuple[Command, str]] = [
    (CreatePurchaseOrder(purchase_order="PO-1", location="lyon", lines=(TEE,)), "PURCHASE_EXISTS"),
    (CreatePurchaseOrder(purchase_order="PO-2", location="nowhere", lines=(TEE,)), "LOCATION_UNKNOWN"),
    (CreatePurchaseOrder(purchase_order="PO-2", location="lyon", lines=()), "PURCHASE_LINES"),
    (CreatePurchaseOrder(purchase_order="PO-2", location="lyon", lines=(PurchaseLineInput("NOPE", 1, SOON),)), "SKU_UNKNOWN"),
    (CreatePurchaseOrder(purchase_order="PO-2", location="lyon", lines=(PurchaseLineInput("MUG", 0, SOON),)), "QUANTITY_NOT_POSITIVE"),
    (SendPurchaseOrder(purchase_order="PO-1"), "PURCHASE_STATE"),
    (SendPurchaseOrder(purchase_order="NONE"), "PURCHASE_UNKNOWN"),
    (ClosePurchaseOrder(purchase_order="PO-1"), "PURCHASE_STATE"),
    (received("R-1"), "PURCHASE_LINES"),
    (received("R-1", ReceivedInput(2, 1)), "PURCHASE_LINES"),
    (received("R-1", ReceivedInput(1, -1)), "PURCHASE_LINES"),
    (received("R-1", ReceivedInput(1)), "PURCHASE_LINES"),
    (received("R-1", ReceivedInput(1, 1), notice="ASN-9"), "NOTICE_UNKNOWN"),
    (RevisePurchaseOrder(purchase_order="PO-1", lines=(RevisedInput(1, quantity=-1),)), "PURCHASE_LINES"),
    (CancelPurchaseOrder(purchase_order="PO-1", reason=" "), "FIELD_REQUIRED"),
    (CreateTransfer(transfer="T-1", source="lyon", target="lyon", lines=(TransferLineInput("MUG", 1),), due_at=SOON), "TRANSFER_LINES"),
    (CreateTransfer(transfer="T-1", source="lyon", target="lille", lines=(), due_at=SOON), "TRANSFER_LINES"),
    (ShipTransfer(transfer="T-1"), "TRANSFER_UNKNOWN"),
]  # fmt: skip


def test_what_can_not_be_is_refused_and_changes_nothing(engine: Engine, database: Database) -> None:
    open_shop(engine)
    bought(engine, TEE)
    before = supply(database)
    outcomes = together(engine, [command for command, _ in BAD])
    assert [str(outcome.refused and outcome.refused.code) for outcome in outcomes] == [code for _, code in BAD]
    assert supply(database) == before
    engine.run(CancelPurchaseOrder(purchase_order="PO-1", reason="not made any more"))
    assert supply(database) == []
    assert_clean(database)
