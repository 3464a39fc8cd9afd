"""The sandbox messaging provider's messages and ours: pure translation. Its facts come in our own format."""

from collections.abc import Sequence
from typing import Any

import msgspec

from orderline.contracts.notices import Delivery, DeliveryState, Notice, NotSent, Sent
from orderline.contracts.terms import Instant


class TakenIn(msgspec.Struct, frozen=True):
    """The provider's answer to one message; `id` is None when it will not be sent."""

    key: str
    id: str | None
    code: str = ""


class TakenAllIn(msgspec.Struct, frozen=True):
    results: list[TakenIn]


class StatusIn(msgspec.Struct, frozen=True):
    id: str
    state: DeliveryState
    changed: Instant


class StatusesIn(msgspec.Struct, frozen=True):
    statuses: list[StatusIn | None]


def render_messages(notices: Sequence[Notice]) -> dict[str, Any]:
    return {"messages": notices}


def parse_taken(result: TakenIn) -> Sent | NotSent:
    if result.id is None:
        return NotSent(key=result.key, code=result.code)
    return Sent(key=result.key, delivery_id=result.id)


def parse_status(status: StatusIn | None) -> Delivery | None:
    if status is None:
        return None
    return Delivery(delivery_id=status.id, state=status.state, changed_at=status.changed)
