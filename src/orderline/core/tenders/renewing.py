"""Authorizations lapse: what still stands behind goods is renewed in time, and counts no more once it has lapsed.

The provider is asked to hold it longer first, as long as nothing was captured of it. Where it cannot, it is authorized anew.
The new authorization is a tender of its own. The old one is let go of when the new one stands, so that the goods are never
without cover in between; captures and refunds name the authorization that they belong to.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from orderline.core.context import Context
from orderline.core.credits.state import PROVIDER
from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.events import (
    AnyOrderEvent,
    OrderPlaced,
    PaymentAnswered,
    PaymentRequested,
    TenderAdded,
    TenderGivenUp,
)
from orderline.core.orders.guards import ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order, PaymentKind, Tender
from orderline.core.tenders.paying_again import guard_release
from orderline.core.tenders.rules import RULES_NOT_SET, TERMS
from orderline.core.tenders.sums import answer_now, is_extending, open_authorization, request_payment, rules_of
from orderline.values.failures import Refused

if TYPE_CHECKING:
    from orderline.core.stock.state import Settings
    from orderline.core.world import Draft

_HELD: Final = (PaymentKind.AUTHORIZE, PaymentKind.EXTEND)
LAPSED: Final = "lapsed"
NO_TOKEN: Final = "no_token"
# An authorization is not asked for anew before three quarters of its time are over.
_SPARE: Final = 4


class RenewAuthorization(OrderCommand, frozen=True, gc=False, kw_only=True, tag="renew_authorization"):
    """What is still held of a tender's authorization is held longer or authorized anew; after its time it counts no more.

    by_clock: only if it is time for it; it may have been renewed since the clock was set.
    """

    tender: int
    by_clock: bool = False


def decide_renew(draft: "Draft", command: RenewAuthorization, context: Context) -> None:
    """Hold longer, or anew, what nothing was captured against, or let it lapse when its time is over.

    Refused TENDER_UNKNOWN; NOTHING_TO_DO: nothing is held of it, it was renewed already, or its channel does not renew.
    """
    order = ongoing_order(draft.world, command)
    tender = next((each for each in order.tenders if each.number == command.tender), None)
    if tender is None:
        allowed = [each.number for each in order.tenders]
        raise Refused(R.TENDER_UNKNOWN, field="tender", value=command.tender, allowed=allowed)
    amount = open_authorization(tender)
    if not amount:
        raise Refused(R.NOTHING_TO_DO, field="tender", value=tender.number)
    if is_extending(tender):  # what comes of it is seen to when the provider answers
        raise Refused(R.NOTHING_TO_DO, field="tender", value=tender.number, unblock=tender.provider)
    if is_lapsed(tender, context):
        _lapse(draft, order, tender, amount, context)
    elif not _may_renew(order, tender, rules_of(draft, order).renew_before_h, context, by_clock=command.by_clock):
        raise Refused(R.NOTHING_TO_DO, field="tender", value=tender.number)
    elif _may_extend(tender):
        request_payment(draft, order, tender, PaymentKind.EXTEND, tender.authorized_minor, context)
    else:
        _renew(draft, order, tender, amount, context)
    settle(draft, order.id, context)
    guard_release(draft, order, context)


def is_lapsed(tender: Tender, context: Context) -> bool:
    """Is its time over?"""
    return tender.expires_at is not None and tender.expires_at <= context.now


def _lapse(draft: "Draft", order: Order, tender: Tender, amount: int, context: Context) -> None:
    request_payment(draft, order, tender, PaymentKind.VOID, amount, context)
    if tender.provider != TERMS:  # which is let go of at once
        answer_now(draft, draft.world.order(order.id), tender.number, context, through=LAPSED)


def _may_renew(order: Order, tender: Tender, hours: int, context: Context, *, by_clock: bool) -> bool:
    if tender.expires_at is None or not hours or _renewal_of(order, tender) is not None:
        return False
    return not by_clock or tender.expires_at - timedelta(hours=hours) <= context.now


def _may_extend(tender: Tender) -> bool:
    """Has somebody a name for it who can be asked, and is all of it held as it was?"""
    moved = tender.captured_minor or tender.voided_minor or tender.requests
    return bool(tender.reference) and not moved and tender.provider not in (TERMS, PROVIDER)


def extended(draft: "Draft", order: Order, number: int, context: Context) -> None:
    """What a provider has answered when it was asked to hold longer: where it does not, it is authorized anew, if it is
    needed still.
    """
    tender = order.tenders[number - 1]
    amount = open_authorization(tender)
    if not amount or order.closed_at is not None or _renewal_of(order, tender) is not None:
        return
    if is_lapsed(tender, context):
        _lapse(draft, order, tender, amount, context)
    else:
        _renew(draft, order, tender, amount, context)


def _renew(draft: "Draft", order: Order, tender: Tender, amount: int, context: Context) -> None:
    number = len(order.tenders) + 1
    new = Tender(number, tender.provider, tender.method, amount, token=tender.token, renews=tender.number)
    draft.tell(order.id, TenderAdded(new))
    request_payment(draft, draft.world.order(order.id), new, PaymentKind.AUTHORIZE, amount, context)
    if not tender.token:
        answer_now(draft, draft.world.order(order.id), number, context, declined=NO_TOKEN)


def _renewal_of(order: Order, tender: Tender) -> Tender | None:
    return next((each for each in order.tenders if each.renews == tender.number and not each.given_up), None)


def renewed(draft: "Draft", order: Order, number: int, context: Context) -> None:
    """What a provider has answered to a renewal: the old authorization is let go of when the new one covers as much."""
    tender = order.tenders[number - 1]
    if not tender.renews or tender.authorized_minor < tender.amount_minor:
        return
    old = order.tenders[tender.renews - 1]
    amount = open_authorization(old)
    if amount:
        draft.tell(order.id, TenderGivenUp(tender=old.number, reason=f"renewed by tender {number}", at=context.now))
        request_payment(draft, order, old, PaymentKind.VOID, amount, context)


def renewal_follow_ups(settings: "Settings", order: Order, events: Sequence[AnyOrderEvent]) -> list[FollowUp]:
    """When authorizations are to be looked at: in time to be renewed, and when they lapse."""
    jobs: list[FollowUp] = []
    for event in events:
        match event:
            case OrderPlaced():
                jobs.extend(
                    _look(settings, order, tender, tender.expires_at, order.accepted_at)
                    for tender in event.tenders
                    if tender.expires_at is not None and open_authorization(tender)
                )
            case PaymentRequested(kind=PaymentKind.EXTEND):
                lapses_at = order.tenders[event.tender - 1].expires_at
                jobs.extend([_job(order, event.tender, lapses_at)] if lapses_at is not None else [])
            case PaymentAnswered() if event.kind in _HELD and event.expires_at is not None:
                tender = order.tenders[event.tender - 1]
                jobs.append(_look(settings, order, tender, event.expires_at, event.at))
            case TenderAdded():
                tender = event.tender
                if tender.renews and (lapses_at := order.tenders[tender.renews - 1].expires_at) is not None:
                    jobs.append(_job(order, tender.renews, lapses_at))
                elif tender.expires_at is not None and open_authorization(tender):
                    jobs.append(_look(settings, order, tender, tender.expires_at, order.accepted_at))
            case _:
                pass
    return jobs


def _look(settings: "Settings", order: Order, tender: Tender, lapses_at: datetime, since: datetime) -> FollowUp:
    channel = settings.channels.get(order.channel)
    hours = (channel.money if channel is not None else RULES_NOT_SET).renew_before_h
    spare = max(timedelta(), min(timedelta(hours=hours), (lapses_at - since) // _SPARE))
    return _job(order, tender.number, lapses_at - spare)


def _job(order: Order, tender: int, due_at: datetime) -> FollowUp:
    body = JobBody(tender=tender, test=order.is_test)
    return FollowUp(
        JobKind.REAUTHORIZE, f"{order.id} {JobKind.REAUTHORIZE} {tender} {due_at.isoformat()}", body, due_at
    )


RULES: Final[dict[type, Any]] = {RenewAuthorization: decide_renew}
