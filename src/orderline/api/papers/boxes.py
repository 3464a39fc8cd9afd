"""Boxes: the merchant's list, and which of them the goods of a fulfillment order go into."""

from typing import Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import check_fulfillment, order_of
from orderline.api.shipments import load_order
from orderline.core.orders.guards import check_fulfillment as fulfillment_in
from orderline.core.shipments import boxes as b
from orderline.store.documents import load_skus_of
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source

_MOST_BOXES: Final = 200
_BOXES: Final = Records(
    kind=b.BOX,
    one="box",
    for_all=True,
    many="boxes",
    capability="shipments",
    read=Right.FULFILLMENTS_READ,
    write=Right.SETTINGS_WRITE,
    unknown=b.BoxRefusal.BOX_UNKNOWN,
    states=b.BoxState,
)


async def propose_parcels(call: Call[None, None]) -> Answer:
    """Boxes for what is to be packed of a fulfillment order."""
    order_id = await order_of(call, anywhere=True)
    number = await check_fulfillment(call, order_id)

    def plan(source: Source) -> b.BoxPlan:
        order = load_order(source, order_id)
        goods: dict[str, int] = {}
        for item in fulfillment_in(order, number).items:
            line = order.line_of(item.line)
            units = item.units.allocated + item.units.released + item.units.picked
            if line is not None and units:
                goods[line.sku] = goods.get(line.sku, 0) + units
        boxes = load_records(source, "box", states=(b.BoxState.ACTIVE.value,), most=_MOST_BOXES)
        return b.plan_boxes(goods, load_skus_of(source, goods), boxes)

    return Answer(await readers(call).run(plan))


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_BOXES.reading(),
    _BOXES.creating(b.PutBox, summary="Make a box known, or change it", names="box", refusals=("BOX_SIZE",)),
    Operation(
        name="propose_parcels", method="GET", path="/v1/orders/{order}/fulfillments/{number}/boxes",
        right=Right.FULFILLMENTS_READ, summary="Propose boxes for what is to be packed of a fulfillment order",
        description="The smallest box that takes everything, or several. Each parcel has its weight and dimensions as"
        " a rate or a label asks for them. What has no dimensions, or fits no box, is named apart.",
        handler=propose_parcels, capability="shipments", output=b.BoxPlan,
        refusals=("ORDER_UNKNOWN", "FULFILLMENT_UNKNOWN", "BOXES_MISSING", "TOO_MANY_UNITS"),
    ),
)  # fmt: skip
