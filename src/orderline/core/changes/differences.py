"""What a command would make of an order, told as differences: units, money by tender, tax, promises, routing, holds, notices."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from orderline.core.jobs import JobKind
from orderline.core.moves import Bucket, Units
from orderline.core.next_steps import order_follow_ups
from orderline.core.orders.credited import Credit
from orderline.core.orders.events import (
    AnyOrderEvent,
    FulfillmentOpened,
    FulfillmentProgressed,
    HoldPlaced,
    HoldReleased,
)
from orderline.core.orders.state import Hold, Negotiation, Order, PaymentKind
from orderline.core.promises.keeping import promised_latest
from orderline.core.returns.amounts import credit_for
from orderline.core.returns.state import Return, ReturnMoney
from orderline.core.stock.state import Settings
from orderline.core.tenders.paying_again import missing_minor
from orderline.core.tenders.sums import canceled_of, line_share, net_due_minor, priced_lines


class LineDifference(msgspec.Struct, frozen=True):
    """The units of a line as they stand, and as they would stand."""

    line: int
    before: Units
    after: Units


class TenderDifference(msgspec.Struct, frozen=True):
    """What the provider of a tender would be asked for."""

    tender: int
    kind: PaymentKind
    amount_minor: int


class GroupPromise(msgspec.Struct, frozen=True):
    """What is promised for a group, before and after; open: it is routed again, and promised anew then."""

    group: int
    before: datetime | None
    after: datetime | None
    open: bool


class Difference(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a command would change. due_minor: what is owed in all; tax_minor: the tax in it.

    collect_minor: what no tender covers then; refund_minor: what would be given back. released, taken_away, asked:
    fulfillment orders that would be opened, taken away from their location, or asked to let go. reroutes: other places
    would be looked for. notices: what the customer would be told. holds: raised; lifted: by number. credits: what would be
    given; returns: what would be asked back, and what would be credited for it later: awaited_minor, if all comes back as
    it went; claimed_minor, for what need not come back, once somebody says yes.
    """

    version: int
    lines: tuple[LineDifference, ...] = ()
    due_before_minor: int
    due_minor: int
    tax_before_minor: int
    tax_minor: int
    tenders: tuple[TenderDifference, ...] = ()
    collect_minor: int = 0
    refund_minor: int = 0
    promises: tuple[GroupPromise, ...] = ()
    opened: tuple[int, ...] = ()
    taken_away: tuple[int, ...] = ()
    asked: tuple[int, ...] = ()
    reroutes: bool = False
    holds: tuple[Hold, ...] = ()
    lifted: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()
    returns: tuple[Return, ...] = ()
    awaited_minor: int = 0
    claimed_minor: int = 0


def difference_of(
    settings: Settings, before: Order, after: Order, events: Sequence[AnyOrderEvent], now: datetime
) -> Difference:
    """What the events of one command make of an order; before.version is the one that it was decided on."""
    known = {line.line: line.units for line in before.lines}
    known_keys = {request.key for tender in before.tenders for request in tender.requests}
    jobs = order_follow_ups(settings, after, events, now)
    asked = [
        TenderDifference(tender.number, request.kind, request.amount_minor)
        for tender in after.tenders
        for request in tender.requests
        if request.key not in known_keys
    ]
    reroutes = any(job.kind is JobKind.ROUTE for job in jobs)
    steps = [each for each in events if isinstance(each, FulfillmentProgressed)]
    opened = after.returns[len(before.returns) :]
    awaited, claimed = _credited_later(after, opened)
    return Difference(
        version=before.version,
        lines=tuple(
            LineDifference(line.line, known.get(line.line, Units()), line.units)
            for line in after.lines
            if line.units != known.get(line.line)
        ),
        due_before_minor=net_due_minor(before),
        due_minor=net_due_minor(after),
        tax_before_minor=tax_minor(before),
        tax_minor=tax_minor(after),
        tenders=tuple(asked),
        collect_minor=missing_minor(after),
        refund_minor=sum(each.amount_minor for each in asked if each.kind is PaymentKind.REFUND),
        promises=tuple(_promise(before, after, group.group) for group in after.agreement.groups),
        opened=tuple(each.number for each in events if isinstance(each, FulfillmentOpened)),
        taken_away=tuple(each.fulfillment for each in steps if each.negotiation is Negotiation.WITHDRAWN),
        asked=tuple(each.fulfillment for each in steps if each.negotiation is Negotiation.CANCEL_REQUESTED),
        reroutes=reroutes,
        holds=tuple(each.hold for each in events if isinstance(each, HoldPlaced)),
        lifted=tuple(each.hold for each in events if isinstance(each, HoldReleased)),
        notices=tuple(job.body.template for job in jobs if job.kind is JobKind.NOTICE),
        credits=after.credits[len(before.credits) :],
        returns=opened,
        awaited_minor=awaited,
        claimed_minor=claimed,
    )


def tax_minor(order: Order) -> int:
    """The tax in what is agreed, and neither canceled nor credited, in minor units, with that of the charges."""
    total = 0
    for agreed in priced_lines(order):
        tax = sum(each.amount_minor for each in agreed.taxes)
        if tax:
            canceled = canceled_of(order, agreed)
            total += tax - line_share(msgspec.structs.replace(agreed, total_minor=tax), canceled) if canceled else tax
    total -= sum(each.tax_minor for each in order.credits)
    return total + sum(tax.amount_minor for charge in order.agreement.charges for tax in charge.taxes)


def _credited_later(order: Order, returns: Sequence[Return]) -> tuple[int, int]:
    """What returns would still be credited for, one after the other: what comes back, and what need not."""
    totals = {False: 0, True: 0}
    for each in returns:
        undecided = [item for item in each.items if item.money is ReturnMoney.NOT_DUE and not item.terms.service]
        for keep in totals:
            items = [item for item in undecided if item.terms.keep is keep]
            if items:
                credit = credit_for(order, each, items, "")
                order = msgspec.structs.replace(order, credits=(*order.credits, credit))
                totals[keep] += credit.total_minor
    return totals[False], totals[True]


def _promise(before: Order, after: Order, group: int) -> GroupPromise:
    waits = any(line.group == group and line.units.of(Bucket.POOLED) + line.units.unplanned for line in after.lines)
    return GroupPromise(group, promised_latest(before, group), promised_latest(after, group), waits)
