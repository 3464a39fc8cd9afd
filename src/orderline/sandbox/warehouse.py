"""The sandbox warehouse: takes fulfillment orders, picks, packs and hands over, and tells what it did.

What happens to a fulfillment order is drawn from its order number, location and attempt, so that a run with the same
seed and orders goes the same way.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from orderline.contracts.warehouses import (
    Accepted,
    CancelAccepted,
    CancelRejected,
    HandedOver,
    HandedParcel,
    Packed,
    PackedItem,
    PackedParcel,
    Picked,
    PickedLine,
    Rejected,
    ShortLine,
    ShortReason,
    WarehouseFact,
)
from orderline.sandbox.agenda import Agenda
from orderline.sandbox.callbacks import Callbacks
from orderline.sandbox.carrier import SandboxCarrier
from orderline.sandbox.chance import Chance
from orderline.sandbox.endpoint import fingerprint, get, post
from orderline.sandbox.settings import Span, WarehouseBehavior
from orderline.sandbox.warehouse_wire import CancellationIn, CancellationsIn, RequestIn, RequestsIn
from orderline.values.ids import FulfillmentId

UNIT_WEIGHT_G: Final = 350
BOX_WEIGHT_G: Final = 120
REJECT_REASONS: Final = (ShortReason.MISSING, ShortReason.CAPACITY, ShortReason.DAMAGED, ShortReason.CLOSED)
SHORT_REASONS: Final = (ShortReason.MISSING, ShortReason.MISSING, ShortReason.DAMAGED)


class Stage(StrEnum):
    RECEIVED = "received"
    ACCEPTED = "accepted"
    PICKED = "picked"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    REJECTED = "rejected"
    EMPTY = "empty"
    CANCELED = "canceled"


OPEN: Final = frozenset({Stage.RECEIVED, Stage.ACCEPTED, Stage.PICKED, Stage.PACKED})


class Work:
    """A fulfillment order in work."""

    __slots__ = (
        "about", "asked_to_stop", "fingerprint", "id", "labels_due", "lines", "location", "name", "parcels", "picked",
        "reference", "sequence", "stage",
    )  # fmt: skip

    def __init__(self, asked: RequestIn, attempt: int) -> None:
        self.id = asked.id
        self.location = asked.location
        self.lines = asked.lines
        self.reference = f"WH-{asked.number or asked.id.hex[-12:]}"
        self.fingerprint = fingerprint(asked)
        self.about = asked.id.hex
        self.name = f"{asked.order or asked.id}|{asked.location}|{attempt}"
        self.stage = Stage.RECEIVED
        self.sequence = 0
        self.picked: tuple[PickedLine, ...] = ()
        self.parcels: tuple[PackedParcel, ...] = ()
        self.labels_due = True
        self.asked_to_stop = False


class SandboxWarehouse:
    """The warehouse and its work."""

    def __init__(
        self,
        behavior: WarehouseBehavior,
        *,
        agenda: Agenda,
        callbacks: Callbacks,
        chance: Chance,
        carrier: SandboxCarrier,
    ) -> None:
        self.behavior = behavior
        self._agenda = agenda
        self._callbacks = callbacks
        self._chance = chance
        self._carrier = carrier
        self._works: dict[FulfillmentId, Work] = {}
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._unlabeled: dict[str, Work] = {}
        carrier.on_label = self._labeled

    @property
    def open(self) -> int:
        """Fulfillment orders that are not done with."""
        return sum(work.stage in OPEN for work in self._works.values())

    def counts(self) -> dict[str, int]:
        """Fulfillment orders by stage."""
        return dict(Counter(work.stage.value for work in self._works.values()))

    def routes(self) -> list[Route]:
        """What the warehouse can be asked."""
        return [
            post("/requests", RequestsIn, self._take),
            post("/cancellations", CancellationsIn, self._cancel),
            get("/requests/{id}", self._show),
        ]

    def _take(self, body: RequestsIn) -> dict[str, Any]:
        return {"results": [self._take_one(asked) for asked in body.requests]}

    def _take_one(self, asked: RequestIn) -> dict[str, Any]:
        known = self._works.get(asked.id)
        if known is not None:
            if known.fingerprint != fingerprint(asked):
                return {"id": asked.id, "taken": False, "code": "id_reused"}
            return {"id": asked.id, "taken": True, "reference": known.reference}
        if not asked.lines:
            return {"id": asked.id, "taken": False, "code": "no_lines"}
        place = (asked.order, asked.location)
        self._attempts[place] += 1
        work = self._works[asked.id] = Work(asked, self._attempts[place])
        self._next(work, self.behavior.accept, self._accept)
        return {"id": asked.id, "taken": True, "reference": work.reference}

    def _cancel(self, body: CancellationsIn) -> dict[str, Any]:
        return {"results": [self._cancel_one(asked) for asked in body.cancellations]}

    def _cancel_one(self, asked: CancellationIn) -> dict[str, Any]:
        work = self._works.get(asked.id)
        if work is None:
            return {"id": asked.id, "canceled": False, "code": "unknown"}
        if asked.lines:
            return {"id": asked.id, "canceled": False, "code": "whole_only"}
        if self.behavior.cancel is not None and work.stage in OPEN:
            if not work.asked_to_stop:
                work.asked_to_stop = True
                self._next(work, self.behavior.cancel, self._answer_cancel)
            return {"id": asked.id, "canceled": False, "code": "pending"}
        if work.stage in (Stage.RECEIVED, Stage.ACCEPTED, Stage.CANCELED):
            work.stage = Stage.CANCELED
            return {"id": asked.id, "canceled": True}
        return {"id": asked.id, "canceled": False, "code": f"already_{work.stage.value}"}

    def _answer_cancel(self, work: Work) -> None:
        """Somebody has thought about it: what is not begun is let go of."""
        work.asked_to_stop = False
        if work.stage in (Stage.RECEIVED, Stage.ACCEPTED):
            work.stage = Stage.CANCELED
            self._tell(work, CancelAccepted)
        else:
            self._tell(work, CancelRejected, code=f"already_{work.stage.value}")

    def _show(self, request: Request) -> dict[str, Any]:
        work = self._works.get(msgspec.convert(request.path_params["id"], FulfillmentId, strict=False))
        if work is None:
            raise LookupError("unknown fulfillment order")
        return {"id": work.id, "stage": work.stage, "picked": work.picked, "parcels": work.parcels}

    def _next(self, work: Work, span: Span, step: Callable[[Work], None]) -> None:
        delay_ms = self._chance.span_ms(span, step.__name__, work.name)
        self._agenda.after(delay_ms, partial(step, work))

    def _tell(self, work: Work, make: Callable[..., WarehouseFact], **content: Any) -> None:
        work.sequence += 1
        fact = make(
            event_id=f"wh-{work.about}-{work.sequence}",
            occurred_at=datetime.now(UTC),
            fulfillment_id=work.id,
            location=work.location,
            sequence=work.sequence,
            **content,
        )
        self._callbacks.tell(work.about, fact)

    def _accept(self, work: Work) -> None:
        if work.stage is not Stage.RECEIVED:
            return
        if self._chance.happens(self.behavior.reject_probability, "reject", work.name):
            work.stage = Stage.REJECTED
            reason = REJECT_REASONS[self._chance.below(len(REJECT_REASONS), "reject reason", work.name)]
            self._tell(work, Rejected, lines=tuple(ShortLine(each.line, each.quantity, reason) for each in work.lines))
            return
        work.stage = Stage.ACCEPTED
        self._tell(work, Accepted, reference=work.reference)
        self._next(work, self.behavior.pick, self._pick)

    def _pick(self, work: Work) -> None:
        if work.stage is not Stage.ACCEPTED:
            return
        picked: list[PickedLine] = []
        short: list[ShortLine] = []
        for each in work.lines:
            found = each.quantity
            if self._chance.happens(self.behavior.short_probability, "short", work.name, each.line):
                found = self._chance.below(each.quantity, "found", work.name, each.line)
                reason = SHORT_REASONS[self._chance.below(len(SHORT_REASONS), "short reason", work.name, each.line)]
                short.append(ShortLine(each.line, each.quantity - found, reason))
            if found:
                picked.append(PickedLine(each.line, found))
        work.picked = tuple(picked)
        work.stage = Stage.PICKED if picked else Stage.EMPTY
        self._tell(work, Picked, lines=work.picked, short=tuple(short))
        if picked:
            self._next(work, self.behavior.pack, self._pack)

    def _pack(self, work: Work) -> None:
        work.stage = Stage.PACKED
        work.parcels = tuple(
            _parcel(f"{work.about}-{number}", items)
            for number, items in enumerate(_boxes(work.picked, self.behavior.parcel_units_max), start=1)
        )
        self._tell(work, Packed, parcels=work.parcels)
        for parcel in work.parcels:
            self._unlabeled[parcel.parcel_ref] = work
        if self.behavior.label_wait_ms and any(
            self._carrier.label_of(each.parcel_ref) is None for each in work.parcels
        ):
            self._agenda.after(self.behavior.label_wait_ms, partial(self._leave, work), by_the_clock=True)
        else:
            self._leave(work)

    def _labeled(self, parcel_ref: str) -> None:
        """The carrier sold a label for a parcel; when all parcels of its work have one, they can leave."""
        work = self._unlabeled.get(parcel_ref)
        if work is not None and all(self._carrier.label_of(each.parcel_ref) for each in work.parcels):
            self._leave(work)

    def _leave(self, work: Work) -> None:
        if not work.labels_due:
            return
        work.labels_due = False
        for parcel in work.parcels:
            self._unlabeled.pop(parcel.parcel_ref, None)
        self._next(work, self.behavior.hand_over, self._hand_over)

    def _hand_over(self, work: Work) -> None:
        work.stage = Stage.HANDED_OVER
        handed: list[HandedParcel] = []
        for parcel in work.parcels:
            label = self._carrier.label_of(parcel.parcel_ref)
            handed.append(
                HandedParcel(
                    parcel_ref=parcel.parcel_ref,
                    tracking_number=label.tracking_number if label else "",
                    carrier=label.carrier if label else "",
                )
            )
        self._tell(work, HandedOver, parcels=tuple(handed))
        for parcel in work.parcels:
            self._carrier.take_over(parcel.parcel_ref)


def _boxes(lines: tuple[PickedLine, ...], units_max: int) -> list[tuple[PackedItem, ...]]:
    """Fill boxes of at most `units_max` units, line after line."""
    boxes: list[tuple[PackedItem, ...]] = []
    items: list[PackedItem] = []
    room = units_max
    for line in lines:
        left = line.quantity
        while left:
            put = min(left, room)
            items.append(PackedItem(line.line, put))
            left -= put
            room -= put
            if not room:
                boxes.append(tuple(items))
                items, room = [], units_max
    if items:
        boxes.append(tuple(items))
    return boxes


def _parcel(parcel_ref: str, items: tuple[PackedItem, ...]) -> PackedParcel:
    units = sum(item.quantity for item in items)
    return PackedParcel(
        parcel_ref=parcel_ref,
        items=items,
        weight_g=BOX_WEIGHT_G + UNIT_WEIGHT_G * units,
        length_mm=300,
        width_mm=200,
        height_mm=min(100 + 20 * units, 600),
    )
