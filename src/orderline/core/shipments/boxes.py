"""The merchant's boxes, and which of them a set of goods goes into.

The geometry is packvium's, in whole millimeters; the plan is ours and the same for the same goods: the smallest box that
takes everything; else the box that takes most is filled, and the rest is planned again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

import msgspec

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.stock.checks import check_code
from orderline.core.stock.state import Sku
from orderline.core.world import Draft
from orderline.values.failures import Refused

MOST_MM: Final = 10_000
MOST_G: Final = 1_000_000
MOST_UNITS: Final = 200


class BoxRefusal(StrEnum):
    BOX_UNKNOWN = "BOX_UNKNOWN"
    BOX_SIZE = "BOX_SIZE"
    BOXES_MISSING = "BOXES_MISSING"
    TOO_MANY_UNITS = "TOO_MANY_UNITS"


R = BoxRefusal


class BoxState(StrEnum):
    """Whether a box is packed into now."""

    ACTIVE = "active"
    RETIRED = "retired"


class Box(Record, frozen=True, kw_only=True):
    """A box: inner dimensions, its own weight, and how much it may hold."""

    id: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int = 0
    max_weight_g: int = 30_000
    name: str = ""
    state: BoxState = BoxState.ACTIVE


class BoxPut(RecordEvent, frozen=True, kw_only=True, tag="box_put"):
    """A box as it is now."""

    box: Box


class PutBox(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_box"):
    """Make a box known, or change it; retired ones are proposed no more."""

    box: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int = 0
    max_weight_g: int = 30_000
    name: str = ""
    state: BoxState = BoxState.ACTIVE

    def records(self) -> Iterable[RecordKey]:
        """The box."""
        return (("box", self.box),)


class Packed(msgspec.Struct, frozen=True):
    """Units of a SKU in a box."""

    sku: str
    quantity: int


class ProposedParcel(msgspec.Struct, frozen=True):
    """A box with what goes into it, its weight with everything, and how full it is in parts per million."""

    box: str
    items: tuple[Packed, ...]
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    fill_ppm: int


class Unboxed(msgspec.Struct, frozen=True):
    """Units that no box takes, and why."""

    sku: str
    quantity: int
    reason: str


class BoxPlan(msgspec.Struct, frozen=True):
    """Parcels proposed for goods."""

    parcels: tuple[ProposedParcel, ...]
    unboxed: tuple[Unboxed, ...] = ()


def decide_put_box(draft: Draft, command: PutBox, context: Context) -> None:
    """Refused BOX_SIZE: a side is not from 1 to 10,000 mm, or a weight is out of range."""
    check_code(command.box, "box")
    for name in ("length_mm", "width_mm", "height_mm"):
        if not 1 <= getattr(command, name) <= MOST_MM:
            raise Refused(R.BOX_SIZE, field=name, value=getattr(command, name), allowed=f"from 1 to {MOST_MM}")
    for name, least in (("tare_g", 0), ("max_weight_g", 1)):
        if not least <= getattr(command, name) <= MOST_G:
            raise Refused(R.BOX_SIZE, field=name, value=getattr(command, name), allowed=f"from {least} to {MOST_G}")
    box = Box(
        id=command.box,
        length_mm=command.length_mm,
        width_mm=command.width_mm,
        height_mm=command.height_mm,
        tare_g=command.tare_g,
        max_weight_g=command.max_weight_g,
        name=check_text(command.name, "name", 200),
        state=command.state,
    )
    known = draft.world.records.get(("box", command.box))
    if known is None or msgspec.structs.replace(known, version=0, chain="") != box:
        draft.tell_record(BOX, command.box, BoxPut(box=box))


def plan_boxes(goods: Mapping[str, int], skus: Mapping[str, Sku], boxes: Sequence[Box]) -> BoxPlan:
    """Boxes for units of SKUs. Refused BOXES_MISSING: there is no box; TOO_MANY_UNITS: more than 200 at once."""
    usable = sorted((box for box in boxes if box.state is BoxState.ACTIVE), key=lambda b: (_volume(b), b.tare_g, b.id))
    if not usable:
        raise Refused(R.BOXES_MISSING, field="boxes", value=[])
    if sum(goods.values()) > MOST_UNITS:
        raise Refused(R.TOO_MANY_UNITS, field="goods", value=sum(goods.values()), allowed=MOST_UNITS)
    unboxed: list[Unboxed] = []
    left: Counter[str] = Counter()
    for code, quantity in sorted(goods.items()):
        sku = skus.get(code)
        if sku is None or not (sku.length_mm and sku.width_mm and sku.height_mm):
            unboxed.append(Unboxed(code, quantity, "its dimensions are not known"))
        elif not any(_holds(box, Counter({code: 1}), skus) for box in usable):
            unboxed.append(Unboxed(code, quantity, "it is too large or too heavy for every box"))
        elif quantity:
            left[code] = quantity
    parcels: list[ProposedParcel] = []
    while left:
        box, inside = _next_box(left, skus, usable)
        parcels.append(_parcel(box, inside, skus))
        left -= inside
    return BoxPlan(tuple(parcels), tuple(unboxed))


def _next_box(left: Counter[str], skus: Mapping[str, Sku], boxes: Sequence[Box]) -> tuple[Box, Counter[str]]:
    whole = next((box for box in boxes if _holds(box, left, skus)), None)
    if whole is not None:
        return whole, Counter(left)
    filled = [(box, _fill(box, left, skus)) for box in boxes]
    # The most goods by volume; of equal ones the smallest box.
    return max(filled, key=lambda each: (_volume_of(each[1], skus), -_volume(each[0])))


def _holds(box: Box, goods: Counter[str], skus: Mapping[str, Sku]) -> bool:
    if _volume_of(goods, skus) > _volume(box) or _weight_of(goods, skus) > box.max_weight_g:
        return False
    return _fill(box, goods, skus) == goods


def _fill(box: Box, goods: Counter[str], skus: Mapping[str, Sku]) -> Counter[str]:
    """What the library gets into one box."""
    import packvium
    from packvium.units import Weight

    library: Any = packvium  # parts of it have no types
    items = [
        library.Item(
            id=code,
            dimensions=library.Dimensions.mm(skus[code].length_mm, skus[code].width_mm, skus[code].height_mm),
            weight=Weight.parse(f"{skus[code].weight_g} g"),
            quantity=quantity,
        )
        for code, quantity in sorted(goods.items())
    ]
    container = library.Container(
        id=box.id,
        inner_dimensions=library.Dimensions.mm(box.length_mm, box.width_mm, box.height_mm),
        max_payload=Weight.parse(f"{box.max_weight_g} g"),
    )
    # So long that it never ends by the clock: the answer is the same on any machine.
    config = replace(library.PackingConfig.fast(), max_containers=1, time_limit_ms=600_000)
    result = library.Packer(config).pack(items=items, containers=[container])
    return Counter(placed.instance.item.id for packed in result.containers for placed in packed.placements)


def _parcel(box: Box, inside: Counter[str], skus: Mapping[str, Sku]) -> ProposedParcel:
    return ProposedParcel(
        box=box.id,
        items=tuple(Packed(code, quantity) for code, quantity in sorted(inside.items())),
        weight_g=box.tare_g + _weight_of(inside, skus),
        length_mm=box.length_mm,
        width_mm=box.width_mm,
        height_mm=box.height_mm,
        fill_ppm=_volume_of(inside, skus) * 1_000_000 // _volume(box),
    )


def _volume(box: Box) -> int:
    return box.length_mm * box.width_mm * box.height_mm


def _volume_of(goods: Counter[str], skus: Mapping[str, Sku]) -> int:
    return sum(n * skus[c].length_mm * skus[c].width_mm * skus[c].height_mm for c, n in goods.items())


def _weight_of(goods: Counter[str], skus: Mapping[str, Sku]) -> int:
    return sum(quantity * skus[code].weight_g for code, quantity in goods.items())


def evolve_box(box: Box | None, event: BoxPut) -> Box:
    """The box as it is now."""
    known = box or event.box
    return msgspec.structs.replace(event.box, version=known.version, chain=known.chain)


def _window(box: Box) -> Window:
    return Window(box.state)


BOX: Final = RecordKind("box", Box, BoxPut, evolve_box, _window)
RULES: Final = {PutBox: decide_put_box}
