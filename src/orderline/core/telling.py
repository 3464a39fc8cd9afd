"""What a draft has told, order by order and record by record."""

from uuid import UUID

from orderline.core.orders.events import AnyOrderEvent
from orderline.core.records import RecordEvent, RecordKey
from orderline.core.world import Draft


def order_events(draft: Draft) -> dict[UUID, list[AnyOrderEvent]]:
    """The events of a draft by order, in the order they were told."""
    by_order: dict[UUID, list[AnyOrderEvent]] = {}
    last: UUID | None = None
    events: list[AnyOrderEvent] = []
    for order_id, event in draft.events:
        if order_id is not last:
            last, events = order_id, by_order.setdefault(order_id, [])
        events.append(event)
    return by_order


def record_events(draft: Draft) -> dict[RecordKey, list[RecordEvent]]:
    """The events of a draft by record, in the order they were told."""
    by_record: dict[RecordKey, list[RecordEvent]] = {}
    for key, _, event in draft.record_events:
        by_record.setdefault(key, []).append(event)
    return by_record
