"""Combinations: work that could leave in one parcel, put together and taken apart."""

from typing import Annotated, Any, Final

import msgspec

from orderline.api.actions import command_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import check_location, orders_of
from orderline.core.records import RecordCommand
from orderline.core.shipments import combination_commands as c
from orderline.core.shipments.combinations import COMBINATION, Combination, CombinationState
from orderline.core.shipments.combining import MOST_MEMBERS, CombinationRefusal
from orderline.store.reading.combinations import Proposal, check_recipients, load_proposals
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_COMBINATIONS: Final = Records(
    kind=COMBINATION,
    one="combination",
    many="combinations",
    capability="shipments",
    read=Right.FULFILLMENTS_READ,
    write=Right.FULFILLMENTS_WRITE,
    unknown=CombinationRefusal.COMBINATION_UNKNOWN,
    states=CombinationState,
    location_of=lambda combination: combination.location,
    orders_in=lambda combination: [each.order for each in combination.members],
)


class Proposals(msgspec.Struct, frozen=True):
    """The most orders first."""

    items: tuple[Proposal, ...]


class ProposalsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    location: str


class WorkInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """order: by its id or number."""

    order: str
    fulfillment: int = 1


class CombineInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The work of several orders at a location that is to leave in one parcel."""

    location: str
    work: Annotated[tuple[WorkInput, ...], msgspec.Meta(min_length=2, max_length=MOST_MEMBERS)]


class SplitInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """order: the one that goes on its own again, by its id or number; all, when none is given."""

    order: str = ""
    reason: str = ""


async def list_proposals(call: Call[ProposalsQuery, None]) -> Answer:
    """Work of a location that could be combined."""
    check_location(call, call.query.location)
    location, channels = call.query.location, sorted(call.key.channels)
    return Answer(Proposals(await readers(call).run(lambda source: load_proposals(source, location, channels))))


async def combine(call: Call[None, CombineInput]) -> Answer:
    """Put work together, if it goes to one person at one address."""
    asked = call.input
    check_location(call, asked.location)
    found = await orders_of(call, [each.order for each in asked.work], anywhere=True)
    unknown = next((each.order for each, id_ in zip(asked.work, found, strict=True) if id_ is None), None)
    if unknown is not None:
        raise Refused(
            CombinationRefusal.COMBINATION_WORK, field="work", value=unknown[:100], allowed="orders that exist"
        )
    work = tuple(c.Work(id_, each.fulfillment) for id_, each in zip(found, asked.work, strict=True) if id_ is not None)
    await readers(call).run(lambda source: check_recipients(source, work))
    return await decide(call, c.CombineWork(combination=call.path["id"], location=asked.location, work=work))


async def split(call: Call[None, SplitInput]) -> Answer:
    """Take an order out, or all."""
    combination: Combination = await _COMBINATIONS.found(call)
    order: OrderId | None = None
    if call.input.order:
        [order] = await orders_of(call, (call.input.order,), anywhere=True)
        if order is None:
            value, allowed = call.input.order[:100], "one that is in it"
            raise Refused(CombinationRefusal.COMBINATION_WORK, field="order", value=value, allowed=allowed)
    return await decide(
        call,
        c.SplitCombination(
            combination=combination.id, members=_orders(combination), order=order, reason=call.input.reason
        ),
    )


def _acting(command: type[RecordCommand], path: str, summary: str, *refusals: str) -> Operation:
    hides = ("combination", "members", "documents")

    async def handle(call: Call[None, Any]) -> Answer:
        combination: Combination = await _COMBINATIONS.found(call)
        made = command_of(command, call.input, combination=combination.id, members=_orders(combination))
        told = await decide(call, made)
        if command is not c.TrackCombination:
            return told
        # it changes orders alone, and it is they that the engine has answered with
        return Answer(await _COMBINATIONS.found(call), headers=told.headers)

    name = str(command.__struct_config__.tag)
    title = "".join(part.capitalize() for part in name.split("_"))
    return Operation(
        name=name, method="POST", path=f"/v1/combinations/{{id}}/{path}", right=Right.FULFILLMENTS_WRITE,
        summary=summary, description=" ".join((command.__doc__ or "").split()), handler=handle,
        capability="shipments", input=input_of(command, f"{title}Input", without=hides), output=Combination,
        refusals=("COMBINATION_UNKNOWN", "COMBINATION_STATE", *refusals),
    )  # fmt: skip


def _orders(combination: Combination) -> tuple[OrderId, ...]:
    return tuple(each.order for each in combination.members)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_combination_proposals", method="GET", path="/v1/combination-proposals",
        right=Right.FULFILLMENTS_READ, summary="List work of a location that could leave in one parcel",
        description="Fulfillment orders of several orders to one recipient at one address by one delivery method, of"
        " which nothing is packed. Only where no partner runs the location.",
        handler=list_proposals, capability="shipments", query=ProposalsQuery, output=Proposals,
    ),
    *_COMBINATIONS.reading(),
    Operation(
        name="combine_work", method="PUT", path="/v1/combinations/{id}", right=Right.FULFILLMENTS_WRITE,
        summary="Let fulfillment orders leave in one parcel",
        description="Of one location, to one recipient and address, by one method. Each order keeps its own items; the"
        " label, its tracking and what becomes of it are those of all.",
        handler=combine, capability="shipments", input=CombineInput, output=Combination,
        refusals=("COMBINATION_EXISTS", "COMBINATION_WORK", "LOCATION_UNKNOWN", "BLOCKED_BY_HOLD"),
    ),
    _acting(c.PackCombination, "packings", "Everything was put into one parcel", "COMBINATION_WORK"),
    _acting(c.LabelCombination, "labels", "A label was bought for a combined parcel", "LABEL_VOIDED"),
    _acting(c.ShipCombination, "handovers", "A combined parcel was handed to its carrier", "LABEL_VOIDED"),
    _acting(c.TrackCombination, "tracking", "The carrier's news of a combined parcel", "PARCEL_ALREADY_THERE"),
    Operation(
        name="split_combination", method="POST", path="/v1/combinations/{id}/splits", right=Right.FULFILLMENTS_WRITE,
        summary="Let an order of a combination go on its own again, or all",
        description=" ".join((c.SplitCombination.__doc__ or "").split()),
        handler=split, capability="shipments", input=SplitInput, output=Combination,
        refusals=("COMBINATION_UNKNOWN", "COMBINATION_STATE", "COMBINATION_WORK"),
    ),
)  # fmt: skip
