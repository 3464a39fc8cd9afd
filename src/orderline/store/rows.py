"""The window rows beside an order's document: a pure function of it, written by saving and recomputed by `verify`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.companies.exposure import exposure_of, is_held, is_live
from orderline.core.demands.rows import DemandRow
from orderline.core.disputes.state import answer_of, is_fraud
from orderline.core.documents.periods import is_billable
from orderline.core.ledger.events import MoneyPosted
from orderline.core.ledger.state import Posted
from orderline.core.moves import Units
from orderline.core.orders.next_step import NextStep, next_step_of
from orderline.core.orders.state import FulfillmentOrder, Hold, Line, LineKind, Order, Parcel, Shipment
from orderline.core.orders.status import Status, status_of, sum_units
from orderline.core.records import Record, RecordKey, RecordKind
from orderline.core.stock.custom_fields import index_text
from orderline.core.stock.lots import LotLevel
from orderline.core.supply.rows import SupplyRow

encode = msgspec.json.Encoder().encode
BUCKETS: Final = Units.__struct_fields__
SEPARATOR: Final = "\x1f"  # between the texts of an array column; no text that passed the guards holds it

ORDER_COLUMNS: Final = (
    "id", "number", "channel", "external_id", "placed_at", "phase", "payment", "fulfillment", "returns", "is_test",
    "priority", "currency", "total_minor", "tags", "person", "next_step", "owner", "due_at", "version", "intake_hash",
    "state",
)  # fmt: skip
LINE_COLUMNS: Final = ("order_id", "line", "sku", "kind", "ordered", *BUCKETS)
NEW_LINE_COLUMNS: Final = ("order_id", "line", "sku", "kind", "ordered", "unplanned", "pooled", "delivered")
HOLD_COLUMNS: Final = (
    "order_id", "number", "type", "blocks", "owner", "reason", "placed_by", "placed_at", "due_at", "line",
    "escalate_to", "on_breach", "escalated_at", "rule",
)  # fmt: skip
FULFILLMENT_COLUMNS: Final = (
    "id", "order_id", "number", "location", "execution", "negotiation", "opened_at", "due_at", "allocated", "released",
    "picked", "packed", "shipped",
)  # fmt: skip
ALARM_COLUMNS: Final = ("order_id", "step", "raised_at")
REJECTED_COLUMNS: Final = ("order_id", "line", "sku", "quantity", "locations")
FIELD_COLUMNS: Final = ("order_id", "name", "value")
REFERENCE_COLUMNS: Final = ("order_id", "tender", "provider", "reference")
DISPUTE_COLUMNS: Final = (
    "order_id", "number", "stage", "fraud", "amount_minor", "opened_at", "reference", "provider", "reason", "due_at",
    "answer",
)  # fmt: skip
SHIPMENT_COLUMNS: Final = ("id", "order_id", "number", "location", "carrier", "handed_over_at", "undone_at")
RETURN_COLUMNS: Final = (
    "order_id", "number", "item", "line", "sku", "quantity", "reason", "source", "custody", "money", "location",
    "tracking_number", "requested_at", "moved_at", "expires_at",
)  # fmt: skip
APPEASEMENT_COLUMNS: Final = (
    "order_id", "number", "reason", "given_by", "given_at", "currency", "goodwill", "destination", "net_minor",
    "tax_minor", "undoes", "counted", "counted_at",
)  # fmt: skip
COMPANY_COLUMNS: Final = (
    "order_id", "company", "location", "buyer", "po_number", "number", "currency", "placed_at", "live", "held",
    "receivable_minor", "shipped_minor", "allocated_minor", "waiting_minor", "held_minor", "deposits_minor",
    "secured_minor", "exposure_minor", "billable",
)  # fmt: skip
PEG_COLUMNS: Final = ("order_id", "line", "supply", "sku", "pool", "quantity", "promised_at", "value_minor")
LOT_COLUMNS: Final = LotLevel.__struct_fields__
DEMAND_COLUMNS: Final = DemandRow.__struct_fields__
SUPPLY_COLUMNS: Final = SupplyRow.__struct_fields__
RECORD_COLUMNS: Final = ("kind", "id", "state", "subject", "owner", "due_at", "version", "body")
PARCEL_COLUMNS: Final = (
    "id", "order_id", "number", "fulfillment", "shipment", "state", "carrier", "tracking_number", "moved_at",
    "partner", "combined",
)  # fmt: skip

POSTING_COLUMNS: Final = (
    "source_kind", "source", "seq", "n", "entity", "day", "account", "sub", "currency", "amount_minor", "base",
    "base_minor", "rate", "cause", "document",
)  # fmt: skip
ORDER_SOURCE: Final = "order"  # as against the kind of a record


class Stored(msgspec.Struct):
    """An order as it is stored: the document, and what is computed from it."""

    order: Order
    status: Status
    next_step: NextStep | None


def stored(order: Order) -> Stored:
    """The computed parts beside an order: a pure function of it, recomputed by `verify`."""
    units = sum_units(order)
    status = status_of(order, units)
    return Stored(order, status, next_step_of(order, status.phase, units))


def posting_rows(kind: str, source: str, seq: int, told: Iterable[Posted]) -> list[tuple[Any, ...]]:
    """The entries that one entry of a journal has posted. kind: ORDER_SOURCE, or that of a record."""
    entries = ((posted, entry) for posted in told for entry in posted.entries)
    return [
        (
            kind, source, seq, n, p.entity, p.day, e.account.value, e.sub, p.currency, e.amount_minor, p.base, e.base,
            p.rate, p.cause, p.document,
        )
        for n, (p, e) in enumerate(entries, 1)
    ]  # fmt: skip


def posted_by(events: Iterable[object]) -> list[Posted]:
    """What the events of an order post."""
    return [event.posted for event in events if type(event) is MoneyPosted]


def has_units(line: Line) -> bool:
    """Has the line units of its own? A bundle has none: its parts move."""
    return line.kind is not LineKind.BUNDLE


def order_row(known: Stored, intake_hash: bytes) -> tuple[Any, ...]:
    """An order with the columns it is searched by, and its document as the last."""
    order, status = known.order, known.status
    return (
        order.id, order.number, order.channel, order.external_id, order.placed_at, status.phase.value,
        status.payment.value, status.fulfillment.value, status.returns.value, order.is_test, order.priority,
        order.currency, order.agreement.total_minor, SEPARATOR.join(order.tags), order.person,
        *_step(known.next_step), order.version, intake_hash, encode(known).decode(),
    )  # fmt: skip


def line_row(order_id: UUID, line: Line) -> tuple[Any, ...]:
    """A line with a column per bucket."""
    units = msgspec.structs.astuple(line.units)
    return (order_id, line.line, line.sku, line.kind.value, sum(units), *units)


def rejected_rows(order: Order) -> list[tuple[Any, ...]]:
    """The lines that locations have rejected and whose units have none yet."""
    waiting = (
        (each, each.units.unplanned + each.units.pooled + each.units.pegged) for each in order.lines if each.excluded
    )
    return [
        (order.id, line.line, line.sku, units, SEPARATOR.join(line.excluded))
        for line, units in sorted(waiting, key=lambda each: each[0].line)
        if units
    ]


def hold_row(order_id: UUID, hold: Hold) -> tuple[Any, ...]:
    """An open hold."""
    return (
        order_id, hold.number, hold.type, SEPARATOR.join(hold.blocks), hold.owner, hold.reason, hold.placed_by,
        hold.placed_at, hold.due_at, hold.line, hold.escalate_to, hold.on_breach.value, hold.escalated_at, hold.rule,
    )  # fmt: skip


def alarm_rows(order: Order) -> list[tuple[Any, ...]]:
    """The alarm of an order, if it has one."""
    return [(order.id, order.alarm.step, order.alarm.raised_at)] if order.alarm is not None else []


def field_rows(order: Order) -> list[tuple[Any, ...]]:
    """The custom fields of an order that it can be found by, by name."""
    texts = ((name, index_text(value)) for name, value in sorted(order.custom.items()))
    return [(order.id, name, text) for name, text in texts if text is not None]


def reference_rows(order: Order) -> list[tuple[Any, ...]]:
    """The payments of an order by their names at the provider."""
    return [(order.id, each.number, each.provider, each.reference) for each in order.tenders if each.reference]


def dispute_rows(order: Order) -> list[tuple[Any, ...]]:
    """The disputes of an order."""
    return [
        (
            order.id, each.number, each.stage.value, is_fraud(each.reason), each.amount_minor, each.opened_at,
            each.reference, order.tenders[each.tender - 1].provider, each.reason, each.respond_by, answer_of(each).value,
        )
        for each in order.disputes
    ]  # fmt: skip


def fulfillment_row(order_id: UUID, fulfillment: FulfillmentOrder) -> tuple[Any, ...]:
    """A fulfillment order as its window row: units by bucket, `shipped` being all that have left."""
    allocated = released = picked = packed = shipped = 0
    for item in fulfillment.items:
        units = item.units
        allocated += units.allocated
        released += units.released
        picked += units.picked
        packed += units.packed
        shipped += units.gone
    return (
        fulfillment.id, order_id, fulfillment.number, fulfillment.location, fulfillment.execution.value,
        fulfillment.negotiation.value, fulfillment.opened_at, fulfillment.due_at, allocated, released, picked, packed,
        shipped,
    )  # fmt: skip


def shipment_row(order_id: UUID, shipment: Shipment) -> tuple[Any, ...]:
    """A shipment as it was handed over, and undone."""
    return (
        shipment.id, order_id, shipment.number, shipment.location, shipment.carrier, shipment.handed_over_at,
        shipment.undone_at,
    )  # fmt: skip


def parcel_row(order_id: UUID, parcel: Parcel) -> tuple[Any, ...]:
    """A parcel with what it is found by."""
    return (
        parcel.id, order_id, parcel.number, parcel.fulfillment, parcel.shipment, parcel.state.value, parcel.carrier,
        parcel.tracking_number, parcel.moved_at, parcel.partner, parcel.combined,
    )  # fmt: skip


def record_row(kind: RecordKind, key: RecordKey, record: Record) -> tuple[Any, ...]:
    """A record with the columns it is found by, and its document as the last."""
    window = kind.window(record)
    return (
        *key, window.state, window.subject, window.owner, window.due_at, record.version, encode(record).decode(),
    )  # fmt: skip


def return_rows(order: Order) -> list[tuple[Any, ...]]:
    """The items of an order's returns. location: where they are, or are to go."""
    return [
        (
            order.id, each.number, item.item, item.line, order.lines[item.line - 1].sku, item.quantity, item.reason,
            each.source.value, item.custody.value, item.money.value, item.location or each.to, each.tracking_number,
            each.requested_at, each.moved_at, each.expires_at if not item.terms.keep else None,
        )
        for each in order.returns
        for item in sorted(each.items, key=lambda item: item.item)
    ]  # fmt: skip


def appeasement_rows(order: Order) -> list[tuple[Any, ...]]:
    """Money that was given without goods coming back, by credit. counted_at: of what is taken back, when it was given."""
    return [
        (
            order.id, each.number, each.reason, each.by, each.given_at, order.currency, each.goodwill,
            each.destination.value, each.total_minor - each.tax_minor, each.tax_minor, each.undoes,
            "\n".join(each.counted), order.credits[each.undoes - 1].given_at if each.undoes else each.given_at,
        )
        for each in order.credits
        if each.given_at is not None
    ]  # fmt: skip


def company_row(order: Order) -> tuple[Any, ...]:
    """An order of a company, by the company's own names, with what it adds to what the company owes."""
    bought = order.company
    assert bought is not None
    owed = exposure_of(order)
    return (
        order.id, bought.company, bought.location, bought.buyer, bought.po_number, order.number, order.currency,
        order.placed_at, is_live(order), is_held(order), owed.receivable_minor, owed.shipped_minor,
        owed.allocated_minor, owed.waiting_minor, owed.held_minor, owed.deposits_minor, owed.secured_minor,
        owed.total_minor, is_billable(order),
    )  # fmt: skip


def peg_rows(order: Order) -> list[tuple[Any, ...]]:
    """What units of an order wait for, with their value as it was agreed."""
    agreed = {line.line: line for line in order.agreement.lines} if any(line.pegs for line in order.lines) else {}
    return [
        (
            order.id, line.line, share.supply, line.sku, share.pool, share.quantity, share.promised_at,
            agreed[line.line].total_minor * share.quantity // agreed[line.line].quantity,
        )
        for line in order.lines
        for share in sorted(line.pegs, key=lambda share: share.supply)
    ]  # fmt: skip


def supply_row(row: SupplyRow) -> tuple[Any, ...]:
    """Dated supply as its row."""
    return msgspec.structs.astuple(msgspec.structs.replace(row, kind=row.kind.value))


def _step(step: NextStep | None) -> tuple[str | None, str | None, datetime | None]:
    return (None, None, None) if step is None else (step.what, step.owner, step.due_at)
