"""The sandbox messaging provider: a mailbox that can be read.

Addresses that begin with `bounce@` bounce after they were taken; those without an `@` (email) are refused.
"""

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from orderline.contracts.notices import DeliveryState, NoticeFact
from orderline.contracts.terms import Ref, Text
from orderline.sandbox.agenda import Agenda
from orderline.sandbox.callbacks import Callbacks
from orderline.sandbox.chance import Chance
from orderline.sandbox.endpoint import get, post
from orderline.sandbox.settings import NoticeBehavior

LISTED_MAX: Final = 1000
# Older messages that have come to their end are thrown away, as a mailbox does that is full.
KEPT: Final = 5000


class FileIn(msgspec.Struct, frozen=True, kw_only=True):
    name: Ref
    media: Ref
    content: bytes


class MessageIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    to: Text
    subject: Text
    text: str
    medium: Literal["email", "sms"] = "email"
    html: str = ""
    locale: Text = "en"
    about: Text = ""
    files: tuple[FileIn, ...] = ()


class MessagesIn(msgspec.Struct, frozen=True):
    messages: list[MessageIn]


class StatusesIn(msgspec.Struct, frozen=True):
    ids: list[str]


class Message(msgspec.Struct, kw_only=True):
    """A message in the mailbox."""

    id: str
    message: MessageIn
    state: DeliveryState
    taken_at: datetime
    changed_at: datetime


class SandboxNotices:
    """The provider and its mailbox."""

    def __init__(self, behavior: NoticeBehavior, *, agenda: Agenda, callbacks: Callbacks, chance: Chance) -> None:
        self.behavior = behavior
        self._agenda = agenda
        self._callbacks = callbacks
        self._chance = chance
        self._messages: dict[str, Message] = {}
        self._by_key: dict[str, Message] = {}
        self._thrown_away: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """Messages on their way."""
        return sum(each.state is DeliveryState.SENT for each in self._messages.values())

    def counts(self) -> dict[str, int]:
        """Messages by how far they came."""
        return dict(Counter(each.state.value for each in self._messages.values()) + self._thrown_away)

    def routes(self) -> list[Route]:
        """What the provider can be asked."""
        return [
            post("/messages", MessagesIn, lambda body: {"results": [self._take(each) for each in body.messages]}),
            get("/messages", self._list),
            post("/statuses", StatusesIn, lambda body: {"statuses": [self._status(each) for each in body.ids]}),
        ]

    def _take(self, asked: MessageIn) -> dict[str, Any]:
        message = self._by_key.get(asked.key)
        if message is not None:
            if message.message != asked:
                return {"key": asked.key, "id": None, "code": "key_reused"}
            return {"key": asked.key, "id": message.id}
        if asked.medium == "email" and "@" not in asked.to:
            return {"key": asked.key, "id": None, "code": "address_malformed"}
        now = datetime.now(UTC)
        message = Message(
            id=f"msg_{len(self._messages) + self._thrown_away.total() + 1:08d}",
            message=asked,
            state=DeliveryState.SENT,
            taken_at=now,
            changed_at=now,
        )
        self._messages[message.id] = self._by_key[asked.key] = message
        delay_ms = self._chance.span_ms(self.behavior.deliver, "deliver", asked.key)
        self._agenda.after(delay_ms, partial(self._arrive, message))
        return {"key": asked.key, "id": message.id}

    def _arrive(self, message: Message) -> None:
        bounced = message.message.to.startswith("bounce@")
        message.state = DeliveryState.BOUNCED if bounced else DeliveryState.DELIVERED
        message.changed_at = datetime.now(UTC)
        self._throw_away()
        if bounced or self.behavior.tell == "all":
            fact = NoticeFact(
                event_id=f"{message.id}.{message.state.value}",
                occurred_at=message.changed_at,
                delivery_id=message.id,
                state=message.state,
                key=message.message.key,
                code="mailbox_unknown" if bounced else "",
            )
            self._callbacks.tell(message.id, fact)

    def _throw_away(self) -> None:
        """What is too much of what has come to its end, the oldest first."""
        while len(self._messages) > KEPT:
            oldest = next(iter(self._messages.values()))
            if oldest.state is DeliveryState.SENT:
                break
            del self._messages[oldest.id], self._by_key[oldest.message.key]
            self._thrown_away[oldest.state.value] += 1

    def _list(self, request: Request) -> dict[str, Any]:
        """The newest messages first; `to` and `about` narrow it down."""
        to, about = request.query_params.get("to"), request.query_params.get("about")
        limit = min(int(request.query_params.get("limit", "100")), LISTED_MAX)
        found: list[Message] = []
        for each in reversed(self._messages.values()):
            if len(found) == limit:
                break
            if to in (None, each.message.to) and about in (None, each.message.about):
                found.append(each)
        return {"messages": found}

    def _status(self, delivery_id: str) -> dict[str, Any] | None:
        message = self._messages.get(delivery_id)
        if message is None:
            return None
        return {"id": message.id, "state": message.state, "changed": message.changed_at}
