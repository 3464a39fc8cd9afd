"""Parcels: their labels, printed as often as need be, given back; and what their carriers tell."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from orderline.api.actions import action
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import readers
from orderline.api.scoping import check_fulfillment, check_parcel, order_of
from orderline.contracts.carriers import Package
from orderline.core.orders import commands as c
from orderline.core.orders.guards import check_parcel as parcel_in
from orderline.core.orders.parcels import RateChoice
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Order, Parcel, ParcelDocument
from orderline.core.shipments import commands as p
from orderline.store.documents import load_label
from orderline.store.loading import load_orders
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_PARCEL: Final = "/v1/orders/{order}/parcels/{number}"
MEDIA: Final = {"pdf": "application/pdf", "zpl": "application/zpl"}


class LabelQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """format: `pdf` for any printer, `zpl` for label printers."""

    format: Literal["pdf", "zpl"] = "pdf"


async def read_label(call: Call[LabelQuery, None]) -> Answer:
    """The label in force, as the carrier gave it."""
    order_id = await order_of(call, anywhere=True)
    number = await check_parcel(call, order_id)
    form = call.query.format
    parcel, content = await readers(call).run(lambda source: _load(source, order_id, number, form))
    return label_answer(parcel.documents, parcel.tracking_number, content, form, call.headers)


def label_answer(
    documents: Sequence[ParcelDocument],
    tracking_number: str,
    content: bytes | None,
    form: str,
    asked: Mapping[str, str],
) -> Answer:
    """A label in a format, or that it is the one known already. Refused LABEL_NOT_KEPT: there is none, or no longer."""
    kept = next((each for each in documents if each.format == form), None)
    if kept is None or content is None:
        raise Refused(R.LABEL_NOT_KEPT, field="format", value=form, allowed=[d.format for d in documents])
    name = f"{tracking_number}.{form}"
    headers = {"etag": f'"{kept.sha256}"', "content-disposition": f'inline; filename="{_plain(name)}"'}
    if asked.get("if-none-match", "") == headers["etag"]:
        return Answer(None, 304, headers)
    return Answer(content, headers=headers, media=MEDIA[form])


class RatesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """weight_g and dimensions: of the parcel, where they are not those told, or the weight of its SKUs.

    live: whether carriers are asked; else their tables alone are read.
    """

    weight_g: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    length_mm: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    width_mm: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    height_mm: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    live: bool = True


async def read_parcel_rates(call: Call[RatesQuery, None]) -> Answer:
    """What the parcel in the path could be sent by."""
    order_id = await order_of(call, anywhere=True)
    return await _rates(call, order_id, parcel=await check_parcel(call, order_id))


async def read_fulfillment_rates(call: Call[RatesQuery, None]) -> Answer:
    """What the goods of the fulfillment order in the path could be sent by."""
    order_id = await order_of(call, anywhere=True)
    return await _rates(call, order_id, fulfillment=await check_fulfillment(call, order_id))


async def _rates(call: Call[RatesQuery, None], order: OrderId, *, parcel: int = 0, fulfillment: int = 0) -> Answer:
    query, rates = call.query, call.services.rates
    assert rates is not None, "boot gives every API its rates"
    package = Package(
        weight_g=query.weight_g, length_mm=query.length_mm, width_mm=query.width_mm, height_mm=query.height_mm
    )
    return Answer(await rates(order, parcel=parcel, fulfillment=fulfillment, package=package, live=query.live))


def load_order(source: Source, order_id: OrderId) -> Order:
    """An order to make papers of. Refused ORDER_UNKNOWN."""
    order = load_orders(source.connection, source.cell, [order_id]).get(order_id)
    if order is None:
        raise Refused(R.ORDER_UNKNOWN, field="order", value=str(order_id))
    return order


def _load(source: Source, order_id: OrderId, number: int, form: str) -> tuple[Parcel, bytes | None]:
    parcel = parcel_in(load_order(source, order_id), number)
    return parcel, load_label(source, order_id, number, parcel.tracking_number, form)


def _plain(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)


def _on_parcel(name: str, path: str, command: Any, summary: str, *refusals: str, **more: Any) -> Operation:
    return action(
        name, f"{_PARCEL}/{path}", command, summary, capability="shipments", right=Right.FULFILLMENTS_WRITE,
        names="parcel", refusals=("PARCEL_UNKNOWN", *refusals), **more,
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    _on_parcel(
        "label_parcel", "labels", c.LabelParcel, "A label was bought for a parcel",
        "PARCEL_NOT_LABELABLE", "LABEL_VOIDED", "BLOCKED_BY_HOLD", hides=("documents",),
    ),
    _on_parcel(
        "request_label", "label-requests", p.RequestLabel, "Have a label bought for a parcel that has none",
        "PARCEL_NOT_LABELABLE",
    ),
    _on_parcel(
        "void_label", "label-voidings", p.VoidLabel, "Give the label of a parcel back to its carrier",
        "PARCEL_NOT_LABELED", "LABEL_USED", "LABEL_VOIDING",
    ),
    _on_parcel(
        "answer_void", "void-answers", p.AnswerVoid, "What the carrier said to a label that was to be given back",
        "NOTHING_TO_DO",
    ),
    Operation(
        name="read_label", method="GET", path=f"{_PARCEL}/label", right=Right.FULFILLMENTS_WRITE,
        summary="Print the label of a parcel, as often as need be",
        description="The document that the carrier gave, byte for byte. It names the recipient, so it takes the right"
        " of those who do the work. Labels are kept for 180 days.",
        handler=read_label, capability="shipments", query=LabelQuery, output="application/pdf, application/zpl",
        refusals=("ORDER_UNKNOWN", "PARCEL_UNKNOWN", "LABEL_NOT_KEPT"),
    ),
    Operation(
        name="read_parcel_rates", method="GET", path=f"{_PARCEL}/rates", right=Right.FULFILLMENTS_READ,
        summary="Read what a parcel could be sent by, and what would be chosen",
        description="The first offer is the one that would be taken: the cheapest that keeps the promise. The others say"
        " why they are not. Carriers are asked for a moment; the tables of those that do not answer stand for them.",
        handler=read_parcel_rates, capability="shipments", query=RatesQuery, output=RateChoice,
        refusals=("ORDER_UNKNOWN", "PARCEL_UNKNOWN"),
    ),
    Operation(
        name="read_fulfillment_rates", method="GET", path="/v1/orders/{order}/fulfillments/{number}/rates",
        right=Right.FULFILLMENTS_READ, summary="Read what is to be packed of a fulfillment order could be sent by",
        description="As the rates of a parcel, of one that has everything in it and begins to be worked on now.",
        handler=read_fulfillment_rates, capability="shipments", query=RatesQuery, output=RateChoice,
        refusals=("ORDER_UNKNOWN", "FULFILLMENT_UNKNOWN"),
    ),
    _on_parcel(
        "track_parcel", "tracking", c.TrackParcel, "The carrier's news of a parcel",
        "PARCEL_NOT_SHIPPED", "PARCEL_ALREADY_THERE",
    ),
)  # fmt: skip
