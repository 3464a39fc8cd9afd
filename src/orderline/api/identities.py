"""Identities: customers of several orders that are one person; suggested, said by somebody, and taken back."""

from typing import Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import order_of, order_unknown, orders_of
from orderline.core.identities.decide import IdentityRefusal as R
from orderline.core.identities.decide import MergeCustomers, UndoMerge
from orderline.core.identities.state import IDENTITY_KIND, MEMBER, Identity, IdentityState
from orderline.store.reading.identities import AlikeOrder, load_alike
from orderline.store.reading.records import load_record
from orderline.values.ids import OrderId, new_id

_IDENTITIES: Final = Records(
    kind=IDENTITY_KIND,
    one="identity",
    many="identities",
    capability="identities",
    read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE,
    unknown=R.IDENTITY_UNKNOWN,
    states=IdentityState,
    orders_in=lambda identity: identity.orders,
)


class SamePerson(msgspec.Struct, frozen=True, kw_only=True):
    """Who ordered, over all channels. identity: what somebody has said; suggested: orders that may be the same person's."""

    identity: Identity | None
    suggested: list[AlikeOrder]


class MergeCustomersInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Orders (ids or numbers) whose customers are one person, and why somebody is sure of it."""

    orders: list[str]
    reason: str


class UndoMergeInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why they are apart after all."""

    reason: str


async def _same_person(call: Call[None, None]) -> Answer:
    order = await order_of(call)
    member = await readers(call).run(lambda source: load_record(source, MEMBER, str(order)))
    identity = None
    if member is not None and member.identity:
        identity = await readers(call).run(lambda source: load_record(source, IDENTITY_KIND.name, member.identity))
    found: list[AlikeOrder] = await readers(call).run(lambda source: load_alike(source, order))
    seen = await orders_of(call, [str(each.order) for each in found])
    known: set[Any] = set(identity.orders) if identity is not None else set()
    if identity is not None and None in await orders_of(call, [str(each) for each in identity.orders]):
        identity = None  # not all of it is for this key
    suggested = [each for each, id_ in zip(found, seen, strict=True) if id_ is not None and each.order not in known]
    return Answer(SamePerson(identity=identity, suggested=suggested))


async def _merge(call: Call[None, MergeCustomersInput]) -> Answer:
    among: list[OrderId] = []
    for reference, id_ in zip(call.input.orders, await orders_of(call, call.input.orders), strict=True):
        if id_ is None:
            raise order_unknown(reference, "orders")
        among.append(id_)
    command = MergeCustomers(identity=str(new_id()), among=tuple(among), reason=call.input.reason)
    return await decide(call, command, found=True)


async def _undo(call: Call[None, UndoMergeInput]) -> Answer:
    identity: Identity = await _IDENTITIES.found(call)
    return await decide(
        call, UndoMerge(identity=identity.id, among=identity.orders, reason=call.input.reason), found=True
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_IDENTITIES.reading(),
    Operation(
        name="read_same_person", method="GET", path="/v1/orders/{order}/same-person", right=Right.ORDERS_READ,
        summary="See what else a customer has ordered, over all channels",
        description="Orders that somebody has said are the same person's, and those whose customers are alike: by email,"
        " phone, card, address and name. Nothing is merged by itself.",
        handler=_same_person, capability="identities", output=SamePerson, refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="merge_customers", method="POST", path="/v1/identities", right=Right.ORDERS_WRITE,
        summary="Say that customers are one person",
        description="The orders stay as they are, and so does what is known of each customer; it is taken back as a whole.",
        handler=_merge, capability="identities", input=MergeCustomersInput, output=Identity,
        refusals=("ORDER_UNKNOWN", "IDENTITY_ORDERS", "IDENTITY_TAKEN", "FIELD_REQUIRED"),
    ),
    Operation(
        name="undo_merge", method="POST", path="/v1/identities/{id}/undoing", right=Right.ORDERS_WRITE,
        summary="Take back that customers are one person",
        description="They are apart again, all of them; some may be merged anew.",
        handler=_undo, capability="identities", input=UndoMergeInput, output=Identity,
        refusals=("IDENTITY_UNKNOWN", "IDENTITY_STATE", "FIELD_REQUIRED"),
    ),
)  # fmt: skip
