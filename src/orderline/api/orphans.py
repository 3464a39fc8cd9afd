"""Goods that came back with no order known: received, told apart, matched to an order, or disposed of."""

import asyncio
from typing import Annotated, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import order_unknown, orders_of
from orderline.core.orders.state import Order
from orderline.core.returns import orphan_commands as o
from orderline.core.returns.orphans import ORPHAN, Orphan, OrphanRefusal, OrphanState
from orderline.core.returns.suggesting import Suggestion, suggest
from orderline.engine.returning import policy_at_sale
from orderline.store.reading.orphans import find_clues
from orderline.store.working import read_orders
from orderline.values.ids import OrderId

_ORPHANS: Final = Records(
    kind=ORPHAN,
    one="orphan",
    many="orphans",
    capability="returns",
    read=Right.FULFILLMENTS_READ,
    write=Right.FULFILLMENTS_WRITE,
    unknown=OrphanRefusal.ORPHAN_UNKNOWN,
    states=OrphanState,
    location_of=lambda orphan: orphan.location,
    orders_in=lambda orphan: tuple(each.order for each in getattr(orphan, "matches", ())),
)
_STOCK: Final = (
    "SKU_UNKNOWN", "SKU_NOT_STOCKED", "SKU_NOT_TRACKED", "LOTS_REQUIRED", "SERIAL_ELSEWHERE", "EXPIRY_REQUIRED",
    "EXPIRY_DIFFERS",
)  # fmt: skip


class SuggestOrphanInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may have sent the goods; asked with, and kept nowhere. The beginning of a name or address will do."""

    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class OrphanSuggestions(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that the goods may be of, the likeliest first."""

    orphan: str
    suggestions: tuple[Suggestion, ...]


class MatchOrphanInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """order: by its id or number. number: of the return that waits for the goods; nought: as it fits."""

    order: str
    items: tuple[o.MatchedInput, ...]
    number: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0


async def _suggest(call: Call[None, SuggestOrphanInput]) -> Answer:
    orphan: Orphan = await _ORPHANS.found(call)
    asked = call.input
    clues = await readers(call).run(lambda source: find_clues(source, orphan, email=asked.email, name=asked.name))
    seen = await orders_of(call, [str(each) for each in clues], anywhere=True)
    orders = await asyncio.to_thread(_orders, call, [each for each in seen if each is not None])
    return Answer(OrphanSuggestions(orphan=orphan.id, suggestions=tuple(suggest(orphan, orders, clues))))


def _orders(call: Call[None, SuggestOrphanInput], ids: list[OrderId]) -> list[Order]:
    return list(read_orders(call.services.database, ids).values())


async def _match(call: Call[None, MatchOrphanInput]) -> Answer:
    orphan: Orphan = await _ORPHANS.found(call)
    given = call.input
    order = (await orders_of(call, (given.order,), anywhere=True))[0]
    if order is None:
        raise order_unknown(given.order)
    policy = await asyncio.to_thread(policy_at_sale, call.services.database, order)
    return await decide(
        call, o.MatchOrphan(orphan=orphan.id, order=order, items=given.items, number=given.number, policy=policy)
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_ORPHANS.reading(),
    _ORPHANS.creating(
        o.ReceiveOrphan, summary="Goods came back, and nobody knows of which order", names="orphan",
        refusals=("ORPHAN_EXISTS", "ORPHAN_QUANTITY", "LOCATION_UNKNOWN", *_STOCK),
    ),
    _ORPHANS.acting(
        o.IdentifyOrphan, path="identifications", summary="It was found out what goods are", names="orphan",
        refusals=("ORPHAN_STATE", "ORPHAN_ITEM", "ORPHAN_SKU", *_STOCK),
    ),
    Operation(
        name="suggest_orders", method="POST", path="/v1/orphans/{id}/suggestions", right=Right.ORDERS_READ,
        summary="Orders that goods may be of, the likeliest first",
        description="By tracking number, serial number, what is written on them, who may have sent them, and SKU; only"
        " orders whose customers could have sent some of it.",
        handler=_suggest, capability="returns", input=SuggestOrphanInput, output=OrphanSuggestions,
        refusals=("ORPHAN_UNKNOWN",),
    ),
    Operation(
        name="match_orphan", method="POST", path="/v1/orphans/{id}/matches", right=Right.ORDERS_WRITE,
        summary="Goods are of this order", description=" ".join((o.MatchOrphan.__doc__ or "").split()),
        handler=_match, capability="returns", input=MatchOrphanInput, output=Orphan,
        refusals=(
            "ORPHAN_UNKNOWN", "ORPHAN_STATE", "ORPHAN_ITEM", "ORPHAN_QUANTITY", "ORPHAN_SKU", "ORDER_UNKNOWN",
            "RETURN_UNKNOWN", "RETURN_ITEM_UNKNOWN", "RETURN_ITEM_STATE", "RETURN_QUANTITY", "RETURN_NOT_POSSIBLE",
            "RETURN_REASON_UNKNOWN", "RETURN_DISPOSITION", "RETURN_POLICY_CHANGED",
        ),
    ),
    _ORPHANS.acting(
        o.DisposeOrphan, path="dispositions", summary="Put goods away of which nobody found the order", names="orphan",
        refusals=("ORPHAN_STATE", "ORPHAN_ITEM", "ORPHAN_QUANTITY", "ORPHAN_KEPT", "RETURN_DISPOSITION"),
    ),
)  # fmt: skip
