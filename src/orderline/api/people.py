"""What is known of people: told to them, and erased when they ask for it."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from orderline.api.actions import action
from orderline.api.bulk import Verdicts, decide_each
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.orders import OrderDocument
from orderline.api.reading.paging import readers
from orderline.api.scoping import check_unlimited
from orderline.core.people.erasing import ErasePeople, OrderOfPerson, erasures
from orderline.store.reading.people import FIRST, documents_of, some_orders
from orderline.store.reading.source import Source


class PersonInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whoever has an email address. after: the id of an order; go on behind it, when there were more."""

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    after: UUID = FIRST


class ErasureInput(PersonInput, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to erase, and why."""

    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class PersonExport(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """orders: those that they placed, in full. comes_to: those that others placed, and that come to them.

    after: what to ask with for more; None: this is all.
    """

    email: str
    orders: tuple[OrderDocument, ...]
    comes_to: tuple[OrderOfPerson, ...] = ()
    after: UUID | None = None


class ErasureVerdicts(Verdicts, frozen=True, kw_only=True):
    """after: what to ask with for more; None: these are all."""

    after: UUID | None = None


async def _export(call: Call[None, PersonInput]) -> Answer:
    check_unlimited(call)
    given = call.input

    def load(source: Source) -> dict[str, Any]:
        found, after = some_orders(source, given.email, given.after)
        others = [each for each in found if not each.customer]
        return {"email": given.email, "orders": documents_of(source, found), "comes_to": others, "after": after}

    return Answer(await readers(call).run(load))


async def _erase(call: Call[None, ErasureInput]) -> Answer:
    check_unlimited(call)
    given = call.input
    found, after = await readers(call).run(lambda source: some_orders(source, given.email, given.after))
    answer = await decide_each(call, erasures(found, given.reason))
    answer.body["after"] = after
    return answer


OPERATIONS: Final[tuple[Operation, ...]] = (
    action(
        "erase_people", "/v1/orders/{order}/erasures", ErasePeople, "Erase the people of an order",
        capability="people", right=Right.ADMIN, refusals=("ORDER_NOT_DONE", "PERSON_UNKNOWN", "NOTHING_TO_DO"),
    ),
    Operation(
        name="export_person", method="POST", path="/v1/people/exports", right=Right.ADMIN,
        summary="Tell what is known of a person",
        description="By email address, which stands in the body so that it is in no log: every order they placed, with"
        " its people, timeline and decisions; and the orders of others that come to them.",
        handler=_export, capability="people", input=PersonInput, output=PersonExport,
        refusals=("CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS"),
    ),
    Operation(
        name="erase_person", method="POST", path="/v1/people/erasures", right=Right.ADMIN,
        summary="Erase a person",
        description="From every order that is at its end: all people of those they placed, themselves in those of"
        " others; a verdict for each. Orders that go on are refused, since somebody may have to be reached.",
        handler=_erase, capability="people", input=ErasureInput, output=ErasureVerdicts,
        refusals=("CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS", "ORDER_NOT_DONE"),
    ),
)  # fmt: skip
