"""Combinations: fulfillment orders of several orders that leave in one parcel, on one label.

Each order keeps a parcel of its own with its own items, so that everything that is true of parcels stays true; the
combination is what they have in common: who is in it, one label, one tracking number, one way.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, assert_never

import msgspec
from msgspec.structs import replace

from orderline.core.next_steps import FollowUp, JobBody, JobKind
from orderline.core.orders.parcels import RateChoice
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.world import World
from orderline.values.ids import OrderId


class CombinationState(StrEnum):
    """How far it is. `voiding`: the carrier is asked to take the label of a dissolved one back."""

    OPEN = "open"
    PACKED = "packed"
    LABELED = "labeled"
    SHIPPED = "shipped"
    VOIDING = "voiding"
    DISSOLVED = "dissolved"


class CombinedWork(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A fulfillment order in a combination, by its order and number. parcel: its part of the parcel, once packed.

    cost_minor: its share of what the label cost. left: it was taken out again.
    """

    order: OrderId
    fulfillment: int
    parcel: int = 0
    cost_minor: int = 0
    left: bool = False


class Combination(Record, frozen=True, kw_only=True):
    """What leaves together. cost_minor: of the whole label; the shares of its members add up to it."""

    id: str
    location: str
    state: CombinationState
    members: tuple[CombinedWork, ...]
    created_at: datetime
    created_by: str
    test: bool = False
    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    choice: RateChoice | None = None
    partner: str = ""
    carrier: str = ""
    service: str = ""
    tracking_number: str = ""
    cost_minor: int = 0
    cost_currency: str = ""


class WorkCombined(RecordEvent, frozen=True, kw_only=True, tag="work_combined"):
    """Fulfillment orders are to leave in one parcel."""

    id: str
    location: str
    members: tuple[CombinedWork, ...]
    at: datetime
    by: str
    test: bool = False


class CombinationPacked(RecordEvent, frozen=True, kw_only=True, tag="combination_packed"):
    """All that is in it lies in one parcel; `members` as they are now."""

    members: tuple[CombinedWork, ...]
    at: datetime
    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


class CombinationRated(RecordEvent, frozen=True, kw_only=True, tag="combination_rated"):
    """Carrier and service were chosen, before the label is bought."""

    choice: RateChoice


class CombinationLabeled(RecordEvent, frozen=True, kw_only=True, tag="combination_labeled"):
    """One label was bought for all; `members` with their shares of its cost."""

    members: tuple[CombinedWork, ...]
    carrier: str
    service: str
    tracking_number: str
    at: datetime
    partner: str = ""
    cost_minor: int = 0
    cost_currency: str = ""


class CombinationShipped(RecordEvent, frozen=True, kw_only=True, tag="combination_shipped"):
    """The parcel was handed over."""

    at: datetime


class CombinationSplit(RecordEvent, frozen=True, kw_only=True, tag="combination_split"):
    """Work goes on its own again; where nobody is left, the label is given back."""

    members: tuple[CombinedWork, ...]
    state: CombinationState
    at: datetime
    reason: str = ""


class CombinationVoided(RecordEvent, frozen=True, kw_only=True, tag="combination_voided"):
    """The carrier has taken the label of a dissolved combination back, or has not."""

    voided: bool
    code: str = ""


AnyCombinationEvent = (
    WorkCombined
    | CombinationPacked
    | CombinationRated
    | CombinationLabeled
    | CombinationShipped
    | CombinationSplit
    | CombinationVoided
)
S = CombinationState


def evolve_combination(combination: Combination | None, event: AnyCombinationEvent) -> Combination:
    """The combination after an event."""
    if isinstance(event, WorkCombined):
        return Combination(
            id=event.id,
            location=event.location,
            state=S.OPEN,
            members=event.members,
            created_at=event.at,
            created_by=event.by,
            test=event.test,
        )
    assert combination is not None
    match event:
        case CombinationPacked():
            return replace(
                combination,
                state=S.PACKED,
                members=event.members,
                weight_g=event.weight_g,
                length_mm=event.length_mm,
                width_mm=event.width_mm,
                height_mm=event.height_mm,
            )
        case CombinationRated():
            return replace(combination, choice=event.choice)
        case CombinationLabeled():
            return replace(
                combination,
                state=S.LABELED,
                members=event.members,
                carrier=event.carrier,
                service=event.service,
                tracking_number=event.tracking_number,
                partner=event.partner,
                cost_minor=event.cost_minor,
                cost_currency=event.cost_currency,
            )
        case CombinationShipped():
            return replace(combination, state=S.SHIPPED)
        case CombinationSplit():
            return replace(combination, state=event.state, members=event.members)
        case CombinationVoided():
            return replace(combination, state=S.DISSOLVED)
        case _:
            assert_never(event)


def _window(combination: Combination) -> Window:
    owner = {S.OPEN: "location", S.LABELED: "location", S.PACKED: "carrier", S.VOIDING: "carrier"}
    return Window(combination.state, combination.location, owner.get(combination.state, ""))


def _follow_ups(world: World, combination: Any, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    """Its label is bought when it is packed, and given back when it is dissolved."""
    packed = any(isinstance(event, CombinationPacked) for event in events)
    if not packed and not (combination.state is S.VOIDING and any(isinstance(e, CombinationSplit) for e in events)):
        return []
    body = JobBody(key=combination.id, location=combination.location, test=combination.test)
    return [FollowUp(JobKind.COMBINED_LABEL, f"combination {combination.id}", body, now)]


COMBINATION: Final = RecordKind(
    "combination", Combination, AnyCombinationEvent, evolve_combination, _window, _follow_ups
)
