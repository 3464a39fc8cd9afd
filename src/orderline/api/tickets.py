"""Tills: batches of their tickets, with a verdict for each, and what they have told."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import MOST_WAITING
from orderline.api.decoding import decoder
from orderline.api.problems import Problem, answer_fault, answer_trouble, problem_of
from orderline.api.records import Records
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_location, order_unknown, orders_of
from orderline.core.tickets.commands import TakeTicket, TicketLineInput
from orderline.core.tickets.evolve import TICKET
from orderline.core.tickets.refusals import TicketRefusal
from orderline.core.tickets.state import Condition, TicketKind, TicketState
from orderline.engine.submissions import Outcome, Submission
from orderline.values.failures import Refused, Trouble

MOST_TICKETS: Final = 1_000


class TicketLineGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units of a SKU that left the store (`sale`), or came back to it (`return`).

    order: the id or number of the order that they were bought with, when that was not in the store; line: its line.
    condition: in which returned goods are.
    """

    kind: TicketKind
    sku: str
    quantity: int
    condition: Condition = Condition.SELLABLE
    order: str = ""
    line: int = 0


class TicketGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one till did with one customer; sequence: the till's own number of it."""

    till: str
    sequence: int
    lines: tuple[TicketLineGiven, ...]
    occurred_at: datetime | None = None
    reference: str = ""


class PosBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tickets of tills of one store, in any order; those that were told before change nothing."""

    tickets: tuple[TicketGiven, ...]


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tickets: tuple[msgspec.Raw, ...]


class Effect(StrEnum):
    """What a ticket of a batch did."""

    TAKEN = "taken"
    KNOWN = "known"
    REFUSED = "refused"


class TicketVerdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a ticket: taken, known from before, or refused, and why. `id` names it where it is read."""

    index: int
    effect: Effect
    id: str = ""
    code: str = ""
    problem: Problem | None = None


class PosVerdicts(msgspec.Struct, frozen=True):
    """One verdict for each ticket, in order."""

    taken: int
    known: int
    refused: int
    tickets: tuple[TicketVerdict, ...]


_decode: Final = decoder(TicketGiven)


async def _take(call: Call[None, _Given]) -> Answer:
    location = call.path["location"]
    check_location(call, location)
    given = call.input.tickets
    if len(given) > MOST_TICKETS:
        raise Refused(ApiRefusal.ITEMS_TOO_MANY, field="tickets", value=len(given), allowed=MOST_TICKETS)
    if call.services.engine.waiting > MOST_WAITING:
        raise Refused(ApiRefusal.OVERLOADED, retry_after_s=2)
    commands = await _commands(call, location, [_read(raw, index) for index, raw in enumerate(given)])
    # Each ticket is its own key: a batch may be sent again in another order, or with others.
    submissions = [
        Submission(command=c, actor=call.actor, reason=call.reason) for c in commands if not isinstance(c, Refused)
    ]
    outcomes = iter(await call.services.engine.answer_all(submissions))
    verdicts = tuple(
        _refused(index, "", problem_of(each))
        if isinstance(each, Refused)
        else _told(index, each.ticket, next(outcomes))
        for index, each in enumerate(commands)
    )
    counts = [sum(each.effect is effect for each in verdicts) for effect in Effect]
    return Answer(PosVerdicts(*counts, tickets=verdicts))


async def _commands(
    call: Call[None, Any], location: str, tickets: list[TicketGiven | Refused]
) -> list[TakeTicket | Refused]:
    """A command for each ticket, with orders named by their ids."""
    named = {line.order for each in tickets if not isinstance(each, Refused) for line in each.lines if line.order}
    asked = sorted(named)
    found = dict(zip(asked, await orders_of(call, asked, anywhere=True), strict=True)) if asked else {}
    commands: list[TakeTicket | Refused] = []
    for index, each in enumerate(tickets):
        if isinstance(each, Refused):
            commands.append(each)
            continue
        unknown = next((line.order for line in each.lines if line.order and found.get(line.order) is None), None)
        if unknown is not None:
            commands.append(order_unknown(unknown, f"tickets[{index}].lines.order"))
            continue
        lines = tuple(
            TicketLineInput(
                kind=line.kind,
                sku=line.sku,
                quantity=line.quantity,
                condition=line.condition,
                order=found.get(line.order) if line.order else None,
                line=line.line,
            )
            for line in each.lines
        )
        commands.append(
            TakeTicket(
                location=location,
                till=each.till,
                sequence=each.sequence,
                lines=lines,
                occurred_at=each.occurred_at,
                reference=each.reference,
            )
        )
    return commands


def _told(index: int, ticket: str, outcome: Outcome) -> TicketVerdict:
    if outcome.refused is not None and outcome.refused.code is TicketRefusal.TICKET_KNOWN:
        return TicketVerdict(index, Effect.KNOWN, ticket)
    if outcome.refused is not None:
        return _refused(index, ticket, problem_of(outcome.refused))
    if isinstance(outcome.failed, Trouble):
        return _refused(index, ticket, answer_trouble(outcome.failed).body)
    if outcome.failed is not None:
        return _refused(index, ticket, answer_fault(outcome.failed, "a ticket").body)
    return TicketVerdict(index, Effect.TAKEN, ticket)


def _refused(index: int, ticket: str, problem: Problem) -> TicketVerdict:
    return TicketVerdict(index, Effect.REFUSED, ticket, problem.code, problem)


def _read(raw: msgspec.Raw, index: int) -> TicketGiven | Refused:
    try:
        return _decode(bytes(raw))
    except Refused as refused:
        field = refused.facts.get("field")
        place = f"tickets[{index}]" if field in (None, "body") else f"tickets[{index}].{field}"
        return Refused(refused.code, **(refused.facts | {"field": place}))


_TICKETS: Final = Records(
    kind=TICKET,
    one="ticket",
    many="tickets",
    capability="stock",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=TicketRefusal.TICKET_UNKNOWN,
    states=TicketState,
    location_of=lambda ticket: ticket.location,
    orders_in=lambda ticket: [line.order for line in ticket.lines if line.order is not None],
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_TICKETS.reading(),
    Operation(
        name="take_tickets", method="POST", path="/v1/locations/{location}/pos-batches", right=Right.STOCK_WRITE,
        summary="Take in what the tills of a store have done",
        description="Up to 1,000 tickets in any order, each with a verdict of its own; one that was told before changes"
        " nothing, so that a till may send everything again.",
        handler=_take, capability="stock", input=PosBatch, decodes=_Given, output=PosVerdicts, bulk=True,
        refusals=("LOCATION_NOT_YOURS", "ITEMS_TOO_MANY"),
    ),
)  # fmt: skip
