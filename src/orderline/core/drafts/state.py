"""A draft order: what is to be bought at which prices, before anybody has bought it.

It names no person: who buys, and where exactly it goes, comes with the command that makes it an order. Source: domain
model 3 (draft, quote).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.commands import LineInput
from orderline.core.orders.state import Charge
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.tenders.installments import ScheduleInput
from orderline.values.address import Place
from orderline.values.ids import CartHoldId

if TYPE_CHECKING:
    from orderline.core.world import World

KIND: Final = "draft_order"


class DraftState(StrEnum):
    """How a draft order stands. offered: the customer may accept it, at these prices, until a time."""

    OPEN = "open"
    OFFERED = "offered"
    DECLINED = "declined"
    EXPIRED = "expired"
    ORDERED = "ordered"
    DISCARDED = "discarded"


LIVE: Final = (DraftState.OPEN, DraftState.OFFERED)
ENDED: Final = (DraftState.ORDERED, DraftState.DISCARDED)


class DraftGroup(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Where some lines go, and when, as far as prices and dates depend on it. place: of what is sent, as soon as it is known.

    release_at: a delivery for later; no location is asked for it before then. promised_by: when it is to be there.
    """

    group: int = 1
    method: str = "standard"
    pickup_location: str | None = None
    ship_complete: bool = False
    gift: bool = False
    place: Place | None = None
    promised_by: datetime | None = None
    release_at: datetime | None = None


class DraftOrder(Record, frozen=True, kw_only=True):
    """A draft order. customer: as the shop names them; company: that buys. revision: how often it was put; until: while it is offered.

    kept: the cart hold of units that are kept until then. order: the number of the order it has become. schedule: how it
    is to be paid; deposit: by which rule of the channel, where nobody has said how. Such a one is only for orders that something pays.
    """

    id: str
    channel: str
    currency: str
    lines: tuple[LineInput, ...]
    total_minor: int
    made_at: datetime
    made_by: str
    state: DraftState
    charges: tuple[Charge, ...] = ()
    groups: tuple[DraftGroup, ...] = ()
    taxes_included: bool = False
    customer: str = ""
    company: CompanyInput | None = None
    note: str = ""
    schedule: ScheduleInput | None = None
    deposit: str = ""
    revision: int = 1
    until: datetime | None = None
    kept: CartHoldId | None = None
    nonce: str = ""
    token_hash: str = ""
    order: str = ""
    reason: str = ""


class DraftOrderPut(RecordEvent, frozen=True, kw_only=True, tag="draft_order_put"):
    """A draft order is there, or is another than before; what was offered of it is offered no more."""

    id: str
    channel: str
    currency: str
    lines: tuple[LineInput, ...]
    total_minor: int
    at: datetime
    by: str
    charges: tuple[Charge, ...] = ()
    groups: tuple[DraftGroup, ...] = ()
    taxes_included: bool = False
    customer: str = ""
    company: CompanyInput | None = None
    note: str = ""
    schedule: ScheduleInput | None = None
    deposit: str = ""


class DraftOrderOffered(RecordEvent, frozen=True, kw_only=True, tag="draft_order_offered"):
    """The customer may accept it until then. nonce, token_hash: of the link."""

    at: datetime
    by: str
    until: datetime
    nonce: str
    token_hash: str
    kept: CartHoldId | None = None


class DraftOrderEnded(RecordEvent, frozen=True, kw_only=True, tag="draft_order_ended"):
    """It was declined, has expired, or was discarded."""

    state: DraftState
    at: datetime
    by: str
    reason: str = ""


class DraftOrdered(RecordEvent, frozen=True, kw_only=True, tag="draft_ordered"):
    """It has become an order."""

    order: str
    at: datetime
    by: str


AnyDraftEvent = DraftOrderPut | DraftOrderOffered | DraftOrderEnded | DraftOrdered


def link_of(id_: str) -> UUID:
    """What the link to a draft order finds it by; the cart hold that keeps units for it has the same id."""
    return UUID(bytes=hashlib.sha256(f"{KIND} {id_}".encode()).digest()[:16])


def evolve_draft(draft: DraftOrder | None, event: AnyDraftEvent) -> DraftOrder:
    """The draft order after an event."""
    if isinstance(event, DraftOrderPut):
        about: dict[str, Any] = {
            "channel": event.channel, "currency": event.currency, "lines": event.lines, "charges": event.charges,
            "total_minor": event.total_minor, "groups": event.groups, "taxes_included": event.taxes_included,
            "customer": event.customer, "company": event.company, "note": event.note, "schedule": event.schedule,
            "deposit": event.deposit,
        }  # fmt: skip
        if draft is None:
            return DraftOrder(id=event.id, made_at=event.at, made_by=event.by, state=DraftState.OPEN, **about)
        return replace(
            draft, **about, state=DraftState.OPEN, revision=draft.revision + 1, until=None, kept=None, nonce="",
            token_hash="", reason="",
        )  # fmt: skip
    assert draft is not None
    match event:
        case DraftOrderOffered():
            return replace(
                draft, state=DraftState.OFFERED, until=event.until, kept=event.kept, nonce=event.nonce,
                token_hash=event.token_hash,
            )  # fmt: skip
        case DraftOrderEnded():
            return replace(draft, state=event.state, kept=None, reason=event.reason)
        case DraftOrdered():
            return replace(draft, state=DraftState.ORDERED, kept=None, order=event.order)
        case _:
            assert_never(event)


def _follow_ups(world: "World", draft: DraftOrder, events: Sequence[AnyDraftEvent], now: datetime) -> list[FollowUp]:
    stream = f"{KIND} {draft.id} {draft.version}"
    body = JobBody(key=draft.id, version=draft.revision)
    return [
        FollowUp(JobKind.DRAFT_DUE, stream, body, each.until)
        for each in events
        if isinstance(each, DraftOrderOffered) and draft.until == each.until
    ]


def _window(draft: DraftOrder) -> Window:
    return Window(draft.state, str(link_of(draft.id)), draft.made_by if draft.state in LIVE else "", draft.until)


DRAFT_ORDER: Final = RecordKind(KIND, DraftOrder, AnyDraftEvent, evolve_draft, _window, _follow_ups)
