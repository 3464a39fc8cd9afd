"""The link to the order in messages to customers: one for all of them, no longer than it is good, and only where wanted."""

import re
from datetime import timedelta

import msgspec
import pytest

from orderline.core.customer_links.decide import RevokeCustomerLink
from orderline.core.customer_links.policy import LinkMay, LinkPolicy
from orderline.core.customer_links.state import CustomerLink
from orderline.core.decisions.links import decision_in, hash_of
from orderline.core.orders.state import Order
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel, ShortPolicy
from orderline.store.loading import decode_record
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from worker.site import Site, until

WEB = Channel("web", "Web", ("fr",), short_policy=ShortPolicy.BACKORDER)


def put(site: Site, policy: LinkPolicy | None) -> None:
    site.engine.run(PutChannel(channel=msgspec.structs.replace(WEB, customer_link=policy)))


def tokens(site: Site, order: Order, page: str = "https://shop.example.com/orders#") -> dict[str, str]:
    """The token in each message, by its subject."""
    found = site.call("GET", f"/notices/messages?about={order.number}&limit=10")["messages"]
    told: dict[str, str] = {}
    for each in found:
        link = re.search(f"{re.escape(page)}(\\S+)", each["message"]["text"])
        told[each["message"]["subject"]] = link.group(1) if link is not None else ""
    return told


def links(site: Site) -> list[CustomerLink]:
    rows = site.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'customer_link'")
    return [decode_record("customer_link", row[0]) for row in rows]


def delivered(site: Site) -> tuple[OrderId, Order]:
    id_ = site.place(("TEE", 1))
    order = site.until_units(id_, "delivered", 1)
    site.until_no_jobs()
    return id_, order


def test_all_messages_about_an_order_have_the_same_link(still_site: Site) -> None:
    put(still_site, LinkPolicy(may=(LinkMay.RETURN,), days=60, page="https://shop.example.com/orders#"))
    still_site.stock(TEE_lyon=5)
    still_site.start()
    id_, order = delivered(still_site)
    told = tokens(still_site, order)
    assert len(told) == 3
    [token] = set(told.values())
    [link] = links(still_site)
    assert (decision_in(token), hash_of(token)) == (link.id, link.token_hash)
    assert (link.order, link.may) == (id_, (LinkMay.RETURN,))
    assert timedelta(days=59, hours=23) < link.until - link.made_at <= timedelta(days=60)
    rows = still_site.rows("SELECT body FROM record_journal WHERE cell = %(cell)s")
    assert not any(token in row[0] for row in rows)
    still_site.verified()


def test_a_link_that_was_revoked_is_told_no_more_and_none_is_made_anew(still_site: Site) -> None:
    put(still_site, LinkPolicy(page="https://shop.example.com/orders#"))
    still_site.start()
    id_ = still_site.place(("TEE", 1))  # waits for stock
    order = still_site.order(id_)
    until(lambda: tokens(still_site, order), "the confirmation")
    [link] = links(still_site)
    still_site.engine.run(RevokeCustomerLink(link=link.id, reason="went to somebody else"))
    still_site.stock(TEE_lyon=5)
    still_site.until_units(id_, "delivered", 1)
    still_site.until_no_jobs()
    told = tokens(still_site, order)
    assert sorted(bool(token) for token in told.values()) == [False, False, True]
    assert len(links(still_site)) == 1


def test_a_channel_without_it_has_no_link_in_messages(site: Site) -> None:
    site.stock(TEE_lyon=5)
    _, order = delivered(site)
    assert set(tokens(site, order, "/your-order/").values()) == {""}
    assert not links(site)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (LinkPolicy(days=0), "WINDOW_NOT_ACCEPTABLE"),
        (LinkPolicy(days=366), "WINDOW_NOT_ACCEPTABLE"),
        (LinkPolicy(page="shop.example.com"), "TEXT_NOT_ACCEPTABLE"),
        (LinkPolicy(page="https://"), "TEXT_NOT_ACCEPTABLE"),
        (LinkPolicy(page="https:///your-order/"), "TEXT_NOT_ACCEPTABLE"),
    ],
)
def test_a_link_that_could_not_be_made_is_refused(still_site: Site, policy: LinkPolicy, code: str) -> None:
    with pytest.raises(Refused) as refused:
        put(still_site, policy)
    assert refused.value.code.value == code
