"""Manifests: the parcels a carrier was given at one location on one day, told to it and signed for.

A parcel stands in one manifest. Closing one again changes nothing; what is handed over later goes into another.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

import msgspec

from orderline.core.context import Context
from orderline.core.next_steps import FollowUp, JobBody, JobKind
from orderline.core.orders.events import ParcelManifested
from orderline.core.orders.guards import check_text
from orderline.core.orders.state import Order, Parcel
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.shipments.carrier_pickups import collect
from orderline.core.stock.checks import check_code, check_location
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

MOST_PARCELS: Final = 1_000


class ManifestRefusal(StrEnum):
    MANIFEST_UNKNOWN = "MANIFEST_UNKNOWN"
    MANIFEST_EXISTS = "MANIFEST_EXISTS"
    MANIFEST_EMPTY = "MANIFEST_EMPTY"
    MANIFEST_PARCELS = "MANIFEST_PARCELS"
    MANIFEST_STATE = "MANIFEST_STATE"


R = ManifestRefusal


class ManifestState(StrEnum):
    """Whether the carrier was told, and has answered. One that no connector stands for is closed at once for good."""

    CLOSED = "closed"
    CONFIRMED = "confirmed"


class ManifestParcel(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parcel as it was handed over."""

    order: OrderId
    order_number: str
    parcel: int
    tracking_number: str
    service: str = ""
    weight_g: int = 0


class Manifest(Record, frozen=True, kw_only=True):
    """partner: the connector that the carrier is told by. unknown: tracking numbers that the carrier does not know.

    pickup: the carrier's visit, where one was booked.
    """

    id: str
    location: str
    carrier: str
    day: date
    state: ManifestState
    parcels: tuple[ManifestParcel, ...]
    closed_at: datetime
    closed_by: str
    partner: str = ""
    test: bool = False
    reference: str = ""
    unknown: tuple[str, ...] = ()
    pickup: str = ""


class ManifestClosed(RecordEvent, frozen=True, kw_only=True, tag="manifest_closed"):
    """The parcels of a pick-up are listed; nothing is added any more."""

    id: str
    location: str
    carrier: str
    day: date
    parcels: tuple[ManifestParcel, ...]
    at: datetime
    by: str
    partner: str = ""
    test: bool = False
    pickup: str = ""


class ManifestConfirmed(RecordEvent, frozen=True, kw_only=True, tag="manifest_confirmed"):
    """The carrier has taken the list."""

    reference: str
    unknown: tuple[str, ...] = ()


AnyManifestEvent = ManifestClosed | ManifestConfirmed


class ManifestedParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel by its order and number."""

    order: OrderId
    parcel: int


class CloseManifest(RecordCommand, frozen=True, gc=False, kw_only=True, tag="close_manifest"):
    """List the parcels that a carrier was given at a location on a day there, but for those listed before.

    pickup: the visit that was booked for them, if one was.
    """

    manifest: str
    location: str
    carrier: str
    day: date
    parcels: tuple[ManifestedParcel, ...]
    pickup: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The manifest, and the carrier's visit."""
        visit = (("carrier_pickup", self.pickup),) if self.pickup else ()
        return (("manifest", self.manifest), *visit)

    def orders(self) -> Iterable[OrderId]:
        """The orders of its parcels."""
        return {each.order for each in self.parcels}


class ConfirmManifest(RecordCommand, frozen=True, gc=False, kw_only=True, tag="confirm_manifest"):
    """The carrier's receipt. unknown: tracking numbers it does not know."""

    manifest: str
    reference: str
    unknown: tuple[str, ...] = ()

    def records(self) -> Iterable[RecordKey]:
        """The manifest."""
        return (("manifest", self.manifest),)


def decide_close_manifest(draft: Draft, command: CloseManifest, context: Context) -> None:
    """Refused MANIFEST_EXISTS: the name is taken by that of another pick-up. MANIFEST_EMPTY: nothing is left to list.

    Refused MANIFEST_PARCELS: more than 1,000, or one that was not handed over there and then.
    """
    check_code(command.manifest, "manifest")
    known = draft.world.records.get(("manifest", command.manifest))
    if isinstance(known, Manifest):
        if (known.location, known.carrier, known.day) != (command.location, command.carrier, command.day):
            raise Refused(R.MANIFEST_EXISTS, field="manifest", value=command.manifest)
        return
    check_location(draft.world, command.location)
    carrier = check_text(command.carrier, "carrier", 60, required=True)
    if len(command.parcels) > MOST_PARCELS or len(set(command.parcels)) < len(command.parcels):
        raise Refused(R.MANIFEST_PARCELS, field="parcels", value=len(command.parcels), allowed=MOST_PARCELS)
    listed: list[ManifestParcel] = []
    partners: set[str] = set()
    tests: set[bool] = set()
    for index, each in enumerate(command.parcels):
        order, parcel = _handed_over(draft.world, command, each, f"parcels[{index}]")
        if parcel.manifest:
            continue
        listed.append(
            ManifestParcel(
                order.id, order.number, parcel.number, parcel.tracking_number, parcel.service, parcel.weight_g
            )
        )
        partners.add(parcel.partner)
        tests.add(order.is_test)
    if not listed:
        raise Refused(R.MANIFEST_EMPTY, field="parcels", value=command.manifest)
    if len(tests) > 1:
        raise Refused(R.MANIFEST_PARCELS, field="parcels", value="test", allowed="test orders apart from others")
    for each in listed:
        draft.tell(each.order, ParcelManifested(parcel=each.parcel, manifest=command.manifest, at=context.now))
    draft.tell_record(
        MANIFEST,
        command.manifest,
        ManifestClosed(
            id=command.manifest,
            location=command.location,
            carrier=carrier,
            day=command.day,
            parcels=tuple(sorted(listed, key=lambda each: (each.tracking_number, each.order_number))),
            at=context.now,
            by=context.actor.name,
            partner=next(iter(partners)) if len(partners) == 1 else "",
            test=True in tests,
            pickup=command.pickup,
        ),
    )
    if command.pickup:
        collect(draft, command.pickup, command.manifest, (command.location, carrier, command.day))


def decide_confirm_manifest(draft: Draft, command: ConfirmManifest, context: Context) -> None:
    """Refused MANIFEST_STATE: the carrier has answered already."""
    manifest = draft.world.records.get(("manifest", command.manifest))
    if not isinstance(manifest, Manifest):
        raise Refused(R.MANIFEST_UNKNOWN, field="manifest", value=command.manifest[:100])
    if manifest.state is not ManifestState.CLOSED:
        raise Refused(R.MANIFEST_STATE, field="manifest", value=manifest.id, state=manifest.state)
    reference = check_text(command.reference, "reference", 200, required=True)
    numbers = {each.tracking_number for each in manifest.parcels}
    unknown = tuple(number for number in command.unknown if number in numbers)
    draft.tell_record(MANIFEST, manifest.id, ManifestConfirmed(reference=reference, unknown=unknown))


def evolve_manifest(manifest: Manifest | None, event: AnyManifestEvent) -> Manifest:
    """The manifest after an event."""
    match event:
        case ManifestClosed():
            return Manifest(
                id=event.id,
                location=event.location,
                carrier=event.carrier,
                day=event.day,
                state=ManifestState.CLOSED,
                parcels=event.parcels,
                closed_at=event.at,
                closed_by=event.by,
                partner=event.partner,
                test=event.test,
                pickup=event.pickup,
            )
        case ManifestConfirmed():
            assert manifest is not None
            state = ManifestState.CONFIRMED
            return msgspec.structs.replace(manifest, state=state, reference=event.reference, unknown=event.unknown)
        case _:
            assert_never(event)


def _handed_over(world: World, command: CloseManifest, each: ManifestedParcel, field: str) -> tuple[Order, Parcel]:
    order = world.orders.get(each.order)
    parcel = order.parcel_of(each.parcel) if order is not None else None
    if order is None or parcel is None or parcel.shipment is None or not parcel.tracking_number:
        raise Refused(R.MANIFEST_PARCELS, field=field, value=f"{each.order}/{each.parcel}", allowed="handed over")
    shipment = order.shipments[parcel.shipment - 1]
    zone = ZoneInfo(world.settings.locations[command.location].time_zone)
    there = (shipment.location, shipment.carrier, shipment.handed_over_at.astimezone(zone).date())
    if there != (command.location, command.carrier, command.day):
        raise Refused(R.MANIFEST_PARCELS, field=field, value=[str(part) for part in there], order=order.number)
    return order, parcel


def _window(manifest: Manifest) -> Window:
    return Window(manifest.state, manifest.location)


def _follow_ups(world: World, manifest: Any, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    """The carrier is told, where a connector stands for it."""
    if not manifest.partner or not any(isinstance(event, ManifestClosed) for event in events):
        return []
    body = JobBody(key=manifest.id, location=manifest.location, test=manifest.test)
    return [FollowUp(JobKind.MANIFEST, f"manifest {manifest.id}", body, now)]


MANIFEST: Final = RecordKind("manifest", Manifest, AnyManifestEvent, evolve_manifest, _window, _follow_ups)
RULES: Final = {CloseManifest: decide_close_manifest, ConfirmManifest: decide_confirm_manifest}
