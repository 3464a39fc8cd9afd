"""Replenishments: what should be sent or bought, how long stock lasts, and agreeing to proposals."""

from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide_all
from orderline.api.problems import Problem, problem_of
from orderline.api.reading.paging import Page, Text, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.records import Records
from orderline.api.scoping import check_channel, check_every_channel, check_location
from orderline.core.replenishments.accepting import AcceptedLine, commands_for
from orderline.core.replenishments.decide import PutReplenishRules
from orderline.core.replenishments.propose import Cover, Proposal
from orderline.core.replenishments.state import REPLENISH_RULES, ReplenishRulesState
from orderline.core.stock.refusals import StockRefusal
from orderline.core.supply.commands import CreatePurchaseOrder
from orderline.core.transfers.commands import CreateTransfer
from orderline.store.reading.promises import channel_of
from orderline.store.reading.replenishing import load_channel_cover, load_cover, load_proposals
from orderline.store.reading.source import Source

_RULES: Final = Records(
    kind=REPLENISH_RULES,
    one="replenish_rules",
    for_all=True,
    many="replenish_rule_sets",
    capability="replenishments",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=StockRefusal.RULES_UNKNOWN,
    states=ReplenishRulesState,
)


class ReplenishmentsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    location: Texts = ()


class CoverQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """channel: as it is ordered there, over its pools, instead of shelf by shelf. below_days: only what lasts less."""

    location: Texts = ()
    channel: Text = ""
    below_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] | None = None


class Replenishment(msgspec.Struct, frozen=True):
    """What is proposed for a SKU, what runs out first first."""

    sku: str
    proposals: tuple[Proposal, ...]


class SkuCover(msgspec.Struct, frozen=True):
    """How long a SKU lasts, at its locations or on the channel that was asked for."""

    sku: str
    cover: tuple[Cover, ...]


class AcceptReplenishmentInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Proposals to be carried out, as they were or changed. name: what the transfers and purchase orders are named by."""

    name: Text
    lines: Annotated[tuple[AcceptedLine, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class Planned(msgspec.Struct, frozen=True, omit_defaults=True):
    """A transfer or a purchase order that was planned, as a draft; or why it was not."""

    kind: str
    id: str
    problem: Problem | None = None


class PlannedAnswer(msgspec.Struct, frozen=True):
    """All that was planned."""

    planned: tuple[Planned, ...]


async def _list(call: Call[ReplenishmentsQuery, None]) -> Answer:
    """What should be sent or bought, SKU by SKU."""
    query = call.query
    locations = seen(query.location, call.key.locations)
    if locations is None:
        return page([], None)
    after = parse_cursor(query.cursor, str) or ""

    def look(source: Source) -> list[Replenishment]:
        found = load_proposals(source, datetime.now(UTC), locations=locations, after=after)
        return [Replenishment(sku, tuple(each)) for sku, each in islice(found, query.limit + 1)]

    return page_of(await readers(call).run(look), query.limit, lambda each: each.sku)


async def _cover(call: Call[CoverQuery, None]) -> Answer:
    """How long stock lasts."""
    query = call.query
    locations = seen(query.location, call.key.locations)
    if locations is None:
        return page([], None)
    if query.channel:
        check_channel(call, query.channel)
    after = parse_cursor(query.cursor, str) or ""

    def look(source: Source) -> list[SkuCover]:
        settings, now = source.settings(), datetime.now(UTC)
        if query.channel:
            found = load_channel_cover(source, channel_of(settings, query.channel), now, after=after)
        else:
            found = load_cover(source, settings, now, locations=locations, after=after)
        low = (
            each
            for each in found
            if query.below_days is None or (each.days is not None and each.days < query.below_days)
        )
        by_sku = (SkuCover(sku, tuple(some)) for sku, some in groupby(low, key=lambda each: each.sku))
        return list(islice(by_sku, query.limit + 1))

    return page_of(await readers(call).run(look), query.limit, lambda each: each.sku)


async def _accept(call: Call[None, AcceptReplenishmentInput]) -> Answer:
    """Plan what was proposed."""
    for line in call.input.lines:
        check_location(call, line.source or line.location)
        if not line.source:
            check_every_channel(call, "channel", "")  # as purchase orders are
    commands = commands_for(call.input.name, call.input.lines)
    planned: list[Planned] = []
    for command, tried in zip(commands, await decide_all(call, commands), strict=True):
        outcome = tried.outcome
        if outcome.failed is not None:
            raise outcome.failed
        problem = problem_of(outcome.refused) if outcome.refused is not None else None
        planned.append(Planned(*_named(command), problem))
    return Answer(PlannedAnswer(tuple(planned)))


def _named(command: Any) -> tuple[str, str]:
    match command:
        case CreateTransfer():
            return "transfer", command.transfer
        case CreatePurchaseOrder():
            return "purchase_order", command.purchase_order
        case _:
            raise TypeError(command)


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_RULES.reading(),
    _RULES.creating(
        PutReplenishRules, summary="Put the rules for replenishment and low cover", names="replenish_rules",
        refusals=("RULE_NOT_ACCEPTABLE", "CODE_NOT_ACCEPTABLE", "LOCATION_UNKNOWN"),
    ),
    Operation(
        name="list_replenishments", method="GET", path="/v1/replenishments", right=Right.STOCK_READ,
        summary="List what should be sent or bought, and why", handler=_list, capability="replenishments",
        description="By the rules, from what was sold in four weeks, what is there and to come, and what other locations"
        " have in excess. Nothing is kept: a proposal that is carried out is not proposed again.",
        query=ReplenishmentsQuery, output=Replenishment, page=True,
    ),
    Operation(
        name="accept_replenishment", method="POST", path="/v1/replenishments", right=Right.STOCK_WRITE,
        summary="Plan transfers and purchase orders as proposed", handler=_accept, capability="replenishments",
        description="One transfer for each pair of locations and one purchase order for each vendor and location, as"
        " drafts that are approved or sent as any other; a verdict for each.",
        input=AcceptReplenishmentInput, output=PlannedAnswer, refusals=("LOCATION_NOT_YOURS",),
    ),
    Operation(
        name="list_cover", method="GET", path="/v1/cover", right=Right.STOCK_READ,
        summary="List how many days stock lasts", handler=_cover, capability="replenishments",
        description="What may be sold at a location, or on a channel, beside what was sold in four weeks.",
        query=CoverQuery, output=SkuCover, page=True, refusals=("CHANNEL_UNKNOWN",),
    ),
)  # fmt: skip
