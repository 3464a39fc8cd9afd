"""What the connector of a messaging provider (email, SMS ...) must offer."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from orderline.contracts.terms import Fact, Instant, Opened, Ref, Text
from orderline.values.failures import Trouble


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class DeliveryState(StrEnum):
    """How far a message came."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


class NoticeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with a message. media: its media type."""

    name: str
    media: str
    content: bytes


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A message, rendered and ready. Sent again under the same key it goes out once."""

    key: str
    to: str
    subject: str
    text: str
    medium: Medium = Medium.EMAIL
    html: str = ""
    locale: str = "en"
    about: str = ""
    files: tuple[NoticeFile, ...] = ()


class Sent(msgspec.Struct, frozen=True, kw_only=True, tag="sent", tag_field="state"):
    key: str
    delivery_id: str


class NotSent(msgspec.Struct, frozen=True, kw_only=True, tag="not_sent", tag_field="state"):
    """The provider will not send it: address malformed, recipient suppressed ..."""

    key: str
    code: str
    message: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the provider has it."""

    delivery_id: Ref
    state: DeliveryState
    changed_at: Instant
    code: Text = ""


class NoticeFact(Fact, frozen=True, kw_only=True, tag="notice"):
    """A message went on, or came back."""

    delivery_id: Ref
    state: DeliveryState
    key: Text = ""
    code: Text = ""


NoticeOutcome = Sent | NotSent | Trouble


class Notices(Opened, Protocol):
    """The provider, opened for one account."""

    async def send(self, notices: Sequence[Notice]) -> list[NoticeOutcome]: ...

    async def statuses(self, delivery_ids: Sequence[str]) -> list[Delivery | None]:
        """How far each came; None: unknown to the provider. Trouble: it did not answer."""
        ...
