"""Make links for customers, and revoke them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from orderline.core.context import Context
from orderline.core.customer_links.policy import LinkMay, LinkPolicy
from orderline.core.customer_links.state import (
    CUSTOMER_LINK,
    LINK,
    CustomerLink,
    CustomerLinkMade,
    CustomerLinkRevoked,
    LinkState,
)
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.hosts import is_web_address
from orderline.values.ids import OrderId
from orderline.values.time import utc

GOOD_FOR: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=400)
MOST_DAYS: Final = 365


class CustomerLinkRefusal(StrEnum):
    CUSTOMER_LINK_UNKNOWN = "CUSTOMER_LINK_UNKNOWN"
    CUSTOMER_LINK_STATE = "CUSTOMER_LINK_STATE"
    CUSTOMER_LINK_FOR_LESS = "CUSTOMER_LINK_FOR_LESS"
    CUSTOMER_LINK_NOT_NOW = "CUSTOMER_LINK_NOT_NOW"


class MakeCustomerLink(RecordCommand, frozen=True, gc=False, kw_only=True, tag="make_customer_link"):
    """Let the customer of an order see it by a link, and do what it says, for 30 days or until a time within 400.

    link, token_hash: filled in by the way in.
    """

    link: str
    order: OrderId
    token_hash: str
    may: tuple[LinkMay, ...] = ()
    until: datetime | None = None

    def records(self) -> Iterable[RecordKey]:
        """The link."""
        return ((LINK, self.link),)

    def orders(self) -> Iterable[OrderId]:
        """The order, which is to exist."""
        return (self.order,)


class RevokeCustomerLink(RecordCommand, frozen=True, gc=False, kw_only=True, tag="revoke_customer_link"):
    """Make a link good for nothing, at once."""

    link: str
    reason: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The link."""
        return ((LINK, self.link),)


def decide_make(draft: Draft, command: MakeCustomerLink, context: Context) -> None:
    """Refused ORDER_UNKNOWN; CUSTOMER_LINK_STATE: the id is used; WINDOW_NOT_ACCEPTABLE: until a time past or too far."""
    order = draft.world.orders.get(command.order)
    if order is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(command.order))
    if draft.world.records.get((LINK, command.link)) is not None:
        raise Refused(CustomerLinkRefusal.CUSTOMER_LINK_STATE, field="link", value=command.link[:100])
    until = context.now + GOOD_FOR if command.until is None else utc(command.until, field="until")
    if not context.now < until <= context.now + LONGEST:
        allowed = f"within {LONGEST.days} days"
        raise Refused(OrderRefusal.WINDOW_NOT_ACCEPTABLE, field="until", value=until, allowed=allowed)
    made = CustomerLink(
        id=command.link, order=order.id, may=tuple(sorted(set(command.may))), until=until,
        token_hash=command.token_hash, made_by=context.actor.name, made_at=context.now,
    )  # fmt: skip
    draft.tell_record(CUSTOMER_LINK, command.link, CustomerLinkMade(link=made))


def decide_revoke(draft: Draft, command: RevokeCustomerLink, context: Context) -> None:
    """Refused CUSTOMER_LINK_UNKNOWN; CUSTOMER_LINK_STATE: it was revoked already."""
    link = draft.world.records.get((LINK, command.link))
    if not isinstance(link, CustomerLink):
        raise Refused(CustomerLinkRefusal.CUSTOMER_LINK_UNKNOWN, field="link", value=command.link[:100])
    if link.state is LinkState.REVOKED:
        raise Refused(CustomerLinkRefusal.CUSTOMER_LINK_STATE, field="link", value=link.id, state=link.state)
    reason = check_text(command.reason, "reason", 500)
    revoked = CustomerLinkRevoked(reason=reason, by=context.actor.name, at=context.now)
    draft.tell_record(CUSTOMER_LINK, link.id, revoked)


def check_link_policy(policy: LinkPolicy, field: str) -> None:
    """Refused WINDOW_NOT_ACCEPTABLE: for no day, or too many; TEXT_NOT_ACCEPTABLE: no address of the web."""
    if not 1 <= policy.days <= MOST_DAYS:
        allowed = f"from 1 to {MOST_DAYS}"
        raise Refused(OrderRefusal.WINDOW_NOT_ACCEPTABLE, field=f"{field}.days", value=policy.days, allowed=allowed)
    page = check_text(policy.page, f"{field}.page", 1_000)
    if page and not is_web_address(page, schemes=("https", "http")):
        allowed = "an address that begins with https:// and a host"
        raise Refused(OrderRefusal.TEXT_NOT_ACCEPTABLE, field=f"{field}.page", value=page[:80], allowed=allowed)


RULES: Final[dict[type, Any]] = {MakeCustomerLink: decide_make, RevokeCustomerLink: decide_revoke}
