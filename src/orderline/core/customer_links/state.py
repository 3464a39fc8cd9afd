"""A link by which the customer of an order sees it and does some things about it, without a key: for a time, and no further.

The token is made of a secret and a nonce (`core.decisions.links`); only its hash is kept.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from orderline.core.customer_links.policy import LinkMay
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

LINK: Final = "customer_link"
CUSTOMER_LINKS: Final = "customer_links"  # the name of the secret


class LinkState(StrEnum):
    """good: until its time is over. revoked: good for nothing any more."""

    GOOD = "good"
    REVOKED = "revoked"


class CustomerLink(Record, frozen=True, kw_only=True):
    """A link to an order. may: what can be done by it. reason: why it was revoked, which `revoked_by` has done."""

    id: str
    order: OrderId
    may: tuple[LinkMay, ...]
    until: datetime
    token_hash: str
    made_by: str
    made_at: datetime
    state: LinkState = LinkState.GOOD
    reason: str = ""
    revoked_by: str = ""


class CustomerLinkMade(RecordEvent, frozen=True, kw_only=True, tag="customer_link_made"):
    """The customer of an order may see it, and do some things about it, for a time."""

    link: CustomerLink


class CustomerLinkRevoked(RecordEvent, frozen=True, kw_only=True, tag="customer_link_revoked"):
    """A link is good for nothing any more."""

    reason: str
    by: str
    at: datetime


AnyCustomerLinkEvent = CustomerLinkMade | CustomerLinkRevoked


def evolve_customer_link(link: CustomerLink | None, event: AnyCustomerLinkEvent) -> CustomerLink:
    """The link after an event."""
    if isinstance(event, CustomerLinkMade):
        return event.link
    assert link is not None
    return replace(link, state=LinkState.REVOKED, reason=event.reason, revoked_by=event.by)


CUSTOMER_LINK: Final = RecordKind(
    LINK, CustomerLink, AnyCustomerLinkEvent, evolve_customer_link, lambda link: Window(link.state, str(link.order))
)
