"""The sandbox carrier: quotes, sells labels, takes parcels over, and tells where they are."""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.routing import Route

from orderline.contracts.carriers import LAST_CODES, TrackingCode, TrackingFact
from orderline.sandbox.agenda import Agenda
from orderline.sandbox.callbacks import Callbacks
from orderline.sandbox.carrier_wire import (
    LabelIn,
    LabelsIn,
    ManifestIn,
    PickupCancelIn,
    PickupIn,
    RateIn,
    RatesIn,
    VoidIn,
    VoidsIn,
)
from orderline.sandbox.chance import Chance
from orderline.sandbox.endpoint import fingerprint, get, post
from orderline.sandbox.labels import pdf, zpl
from orderline.sandbox.settings import CarrierBehavior, Span

CARRIER: Final = "sandbox"
WEIGHT_MAX_G: Final = 70_000
VISIT_TAKES: Final = timedelta(hours=2)
VISIT_LEAST: Final = timedelta(minutes=30)

# service    base, per started kg (EUR cents, inside one country), days
SERVICES: Final = {
    "economy":  (390,  60, 5),
    "standard": (490,  80, 3),
    "express":  (990, 150, 1),
}  # fmt: skip

# Our word for each word of this carrier.
SCANS: Final = {
    TrackingCode.IN_TRANSIT: "TR",
    TrackingCode.OUT_FOR_DELIVERY: "OD",
    TrackingCode.DELIVERED: "DL",
    TrackingCode.EXCEPTION: "EX",
    TrackingCode.DAMAGED: "DM",
    TrackingCode.LOST: "LO",
    TrackingCode.RETURNING: "RT",
    TrackingCode.RETURNED: "RD",
}

C = TrackingCode
WAY: Final = (C.IN_TRANSIT, C.OUT_FOR_DELIVERY, C.DELIVERED)
WAY_WITH_EXCEPTION: Final = (C.IN_TRANSIT, C.EXCEPTION, C.IN_TRANSIT, C.OUT_FOR_DELIVERY, C.DELIVERED)
WAY_DAMAGED: Final = (C.IN_TRANSIT, C.DAMAGED, C.OUT_FOR_DELIVERY, C.DELIVERED)
WAY_LOST: Final = (C.IN_TRANSIT, C.LOST)
WAY_BACK: Final = (C.IN_TRANSIT, C.EXCEPTION, C.RETURNING, C.RETURNED)


class Label:
    """A label that was sold, and where its parcel is."""

    __slots__ = (
        "carrier",
        "code",
        "cost",
        "fingerprint",
        "parcel",
        "place",
        "scans",
        "tracking_number",
        "voided",
        "way",
    )

    def __init__(self, asked: LabelIn, tracking_number: str, cost: int) -> None:
        self.parcel = asked.parcel
        self.place = f"{asked.destination.city} {asked.destination.country}".strip()
        self.fingerprint = fingerprint(asked)
        self.carrier = CARRIER
        self.tracking_number = tracking_number
        self.cost = cost
        self.code = TrackingCode.LABEL_CREATED
        self.voided = False
        self.scans = 0
        self.way: tuple[TrackingCode, ...] = ()


class Visit:
    """A pick-up that was booked."""

    __slots__ = ("asked", "canceled", "reference")

    def __init__(self, asked: PickupIn, reference: str) -> None:
        self.asked = asked
        self.reference = reference
        self.canceled = False


class SandboxCarrier:
    """The carrier and its parcels."""

    def __init__(self, behavior: CarrierBehavior, *, agenda: Agenda, callbacks: Callbacks, chance: Chance) -> None:
        self.behavior = behavior
        self.on_label: Callable[[str], None] = lambda _parcel: None
        self._agenda = agenda
        self._callbacks = callbacks
        self._chance = chance
        self._by_key: dict[str, Label] = {}
        self._by_tracking: dict[str, Label] = {}
        self._by_parcel: dict[str, Label] = {}
        self._left: set[str] = set()
        self._manifests: dict[str, dict[str, Any]] = {}
        self._pickups: dict[str, Visit] = {}

    @property
    def open(self) -> int:
        """Parcels taken over that have not come to an end."""
        return sum(bool(label.way) and label.code not in LAST_CODES for label in self._by_tracking.values())

    def counts(self) -> dict[str, int]:
        """Labels by where their parcel is."""
        return dict(Counter("voided" if each.voided else each.code.value for each in self._by_tracking.values()))

    def routes(self) -> list[Route]:
        """What the carrier can be asked."""
        return [
            post("/rates", RatesIn, self._rate),
            post("/labels", LabelsIn, lambda body: {"results": [self._sell(asked) for asked in body.labels]}),
            post("/voids", VoidsIn, lambda body: {"results": [self._void(asked) for asked in body.voids]}),
            post("/manifests", ManifestIn, self._manifest),
            post("/pickups", PickupIn, self._book),
            post("/pickup-cancellations", PickupCancelIn, self._call_off),
            get("/parcels/{tracking}", self._show),
        ]

    def label_of(self, parcel_ref: str) -> Label | None:
        """The label in force of a parcel."""
        return self._by_parcel.get(parcel_ref)

    def take_over(self, parcel_ref: str) -> None:
        """A location handed a parcel over; without a label it waits here for one."""
        label = self._by_parcel.get(parcel_ref)
        if label is None:
            self._left.add(parcel_ref)
        else:
            self._start(label)

    def _rate(self, body: RatesIn) -> dict[str, Any]:
        return {
            "results": [
                [
                    {"service": service, "cost": sum(self._cost(asked, service, weight) for weight in asked.weights_g),
                     "currency": "EUR", "days": days + (0 if _domestic(asked) else 2)}
                    for service, (_, _, days) in SERVICES.items()
                ]
                for asked in body.rates
            ]
        }  # fmt: skip

    def _sell(self, asked: LabelIn) -> dict[str, Any]:
        label = self._by_key.get(asked.key)
        if label is None:
            code = _complaint(asked)
            if code:
                return {"key": asked.key, "sold": False, "code": code}
            label = Label(
                asked, _tracking_number(len(self._by_tracking) + 1), self._cost(asked, asked.service, asked.weight_g)
            )
            self._by_key[asked.key] = self._by_tracking[label.tracking_number] = label
            self._by_parcel[asked.parcel] = label
            if asked.parcel in self._left:
                self._left.discard(asked.parcel)
                self._start(label)
            self.on_label(asked.parcel)
        elif label.fingerprint != fingerprint(asked):
            return {"key": asked.key, "sold": False, "code": "key_reused"}
        return {
            "key": asked.key,
            "sold": True,
            "tracking": label.tracking_number,
            "carrier": CARRIER,
            "service": asked.service,
            **_documents(asked, label.tracking_number),
            **({"qr": f"QR-{label.tracking_number}"} if asked.drop_off else {}),
            "cost": label.cost,
            "currency": "EUR",
        }

    def _void(self, asked: VoidIn) -> dict[str, Any]:
        label = self._by_tracking.get(asked.tracking)
        if label is None:
            return {"key": asked.key, "voided": False, "code": "unknown"}
        if label.way:
            return {"key": asked.key, "voided": False, "code": "used"}
        if not label.voided:
            label.voided = True
            if self._by_parcel.get(label.parcel) is label:
                del self._by_parcel[label.parcel]
        return {"key": asked.key, "voided": True}

    def _manifest(self, asked: ManifestIn) -> dict[str, Any]:
        done = self._manifests.get(asked.key)
        if done is None:
            labels = {each: self._by_tracking.get(each) for each in asked.trackings}
            known = {each: label for each, label in labels.items() if label is not None and not label.voided}
            for label in known.values():
                self._start(label)
            done = self._manifests[asked.key] = {
                "reference": f"MAN-{len(self._manifests) + 1:06d}",
                "accepted": list(known),
                "unknown": [each for each in labels if each not in known],
            }
        return done

    def _book(self, asked: PickupIn) -> dict[str, Any]:
        known = self._pickups.get(asked.key)
        if known is None:
            code = _complaint_about(asked)
            if code:
                return {"key": asked.key, "booked": False, "code": code}
            reference = f"PU-{len(self._pickups) + 1:06d}"
            known = self._pickups[asked.key] = Visit(asked, reference)
        elif known.asked != asked:
            return {"key": asked.key, "booked": False, "code": "key_reused"}
        return {
            "key": asked.key, "booked": True, "reference": known.reference, "begins": asked.ready,
            "ends": min(asked.close, asked.ready + VISIT_TAKES),
        }  # fmt: skip

    def _call_off(self, asked: PickupCancelIn) -> dict[str, Any]:
        known = next((each for each in self._pickups.values() if each.reference == asked.reference), None)
        if known is None:
            return {"key": asked.key, "canceled": False, "code": "unknown"}
        known.canceled = True
        return {"key": asked.key, "canceled": True}

    def _cost(self, asked: RateIn | LabelIn, service: str, weight_g: int) -> int:
        base, per_kg, _ = SERVICES[service]
        cost = base + per_kg * -(-weight_g // 1000)
        return (cost if _domestic(asked) else cost * 3) * self.behavior.price_percent // 100

    def _show(self, request: Request) -> dict[str, Any]:
        label = self._by_tracking.get(request.path_params["tracking"])
        if label is None:
            raise LookupError("unknown tracking number")
        return {"tracking": label.tracking_number, "state": label.code, "parcel": label.parcel}

    def _start(self, label: Label) -> None:
        if label.way:
            return
        name = label.parcel
        behavior = self.behavior
        if self._chance.happens(behavior.lost_probability, "lost", name):
            label.way = WAY_LOST
        elif self._chance.happens(behavior.return_probability, "return", name):
            label.way = WAY_BACK
        elif self._chance.happens(behavior.damage_probability, "damage", name):
            label.way = WAY_DAMAGED
        elif self._chance.happens(behavior.exception_probability, "exception", name):
            label.way = WAY_WITH_EXCEPTION
        else:
            label.way = WAY
        label.code = TrackingCode.HANDED_OVER
        self._go_on(label)

    def _go_on(self, label: Label) -> None:
        span = self._span(label.way[label.scans])
        delay_ms = self._chance.span_ms(span, "leg", label.scans, label.parcel)
        self._agenda.after(delay_ms, partial(self._scan, label))

    def _span(self, code: TrackingCode) -> Span:
        match code:
            case TrackingCode.IN_TRANSIT:
                return self.behavior.transit
            case TrackingCode.OUT_FOR_DELIVERY:
                return self.behavior.out_for_delivery
            case TrackingCode.DELIVERED:
                return self.behavior.deliver
            case _:
                return self.behavior.trouble

    def _scan(self, label: Label) -> None:
        label.code = label.way[label.scans]
        label.scans += 1
        fact = TrackingFact(
            event_id=f"ca-{label.tracking_number}-{label.scans}",
            occurred_at=datetime.now(UTC),
            tracking_number=label.tracking_number,
            code=SCANS[label.code],
            normalized=label.code,
            place=label.place,
            parcel_ref=label.parcel,
        )
        self._callbacks.tell(label.tracking_number, fact)
        if label.scans < len(label.way):
            self._go_on(label)


def _complaint(asked: LabelIn) -> str:
    """Why a parcel is not taken; empty when it is."""
    if asked.service not in SERVICES:
        return "service_unknown"
    if asked.weight_g > WEIGHT_MAX_G:
        return "too_heavy"
    if asked.destination.postal_code.upper() == "REFUSE":
        return "address_not_served"
    return ""


def _complaint_about(asked: PickupIn) -> str:
    """Why nobody comes; empty when somebody does."""
    if asked.close - asked.ready < VISIT_LEAST:
        return "window_too_short"
    if asked.origin.postal_code.upper() == "REFUSE":
        return "address_not_served"
    return ""


def _domestic(asked: RateIn | LabelIn) -> bool:
    return asked.origin.country == asked.destination.country


def _tracking_number(count: int) -> str:
    digits = f"{count:010d}"
    return f"SBX{digits}{sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10}"


def _documents(asked: LabelIn, tracking_number: str) -> dict[str, str]:
    """The label in the formats asked for; a PDF in base64."""
    about = (tracking_number, asked.service, asked.origin, asked.destination, asked.reference)
    made: dict[str, str] = {}
    if "zpl" in asked.formats:
        made["zpl"] = zpl(*about)
    if "pdf" in asked.formats:
        made["pdf"] = b64encode(pdf(*about)).decode()
    return made
