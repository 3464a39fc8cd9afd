"""The link by which customers see their order, in the messages about it: made with the first of them, the same in all."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from orderline.core.customer_links.decide import CustomerLinkRefusal, MakeCustomerLink
from orderline.core.customer_links.policy import LinkPolicy
from orderline.core.customer_links.state import CUSTOMER_LINKS, LinkState
from orderline.core.decisions.links import ORDER_PAGE, hash_of, token_of
from orderline.engine.submissions import Submission
from orderline.store.secrets import secret_of
from orderline.store.working import load_customer_links
from orderline.values.ids import OrderId
from orderline.worker.work import Work

# The same link in all messages about an order is made of the secret alone; no message is kept to copy it from.
_NONCE: Final = "notices"


def link_of(order: OrderId) -> str:
    """The id of the link in messages about an order."""
    return str(UUID(bytes=hashlib.sha256(f"customer_link {_NONCE} {order}".encode()).digest()[:16]))


async def order_links(work: Work, orders: Mapping[OrderId, str]) -> dict[OrderId, str]:
    """Where customers see their orders, of channels that have a link in messages; none that is over or was revoked.

    orders: with the channel of each.
    """
    settings = await work.settings()
    wanted = {
        order: policy
        for order, channel in orders.items()
        if channel in settings.channels and (policy := settings.channels[channel].customer_link) is not None
    }
    if not wanted:
        return {}
    now = work.services.clock()
    secret = await work.read(secret_of, work.database, CUSTOMER_LINKS)
    tokens = {order: token_of(secret, link_of(order), _NONCE) for order in wanted}
    known = await work.read(load_customer_links, work.database, {link_of(order) for order in wanted})
    missing = {order: (policy, tokens[order]) for order, policy in wanted.items() if link_of(order) not in known}
    good = await _make(work, missing)
    for order in wanted:
        link = known.get(link_of(order))
        if link is not None and link.state is LinkState.GOOD and now < link.until:
            good.add(order)
    own = f"{work.services.public_url}{ORDER_PAGE}"
    return {order: f"{wanted[order].page or own}{tokens[order]}" for order in good}


async def _make(work: Work, asked: Mapping[OrderId, tuple[LinkPolicy, str]]) -> set[OrderId]:
    """Make the links that are not there yet; those that are there then."""
    now = work.services.clock()
    commands = [
        MakeCustomerLink(
            link=link_of(order), order=order, token_hash=hash_of(token), may=policy.may,
            until=now + timedelta(days=policy.days),
        )
        for order, (policy, token) in asked.items()
    ]  # fmt: skip
    if not commands:
        return set()
    outcomes = await work.engine.answer_all([Submission(command=command) for command in commands])
    return {
        command.order
        for command, outcome in zip(commands, outcomes, strict=True)
        if outcome.failed is None
        and (outcome.refused is None or outcome.refused.code is CustomerLinkRefusal.CUSTOMER_LINK_STATE)
    }
