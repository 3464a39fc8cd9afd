"""Webhook subscriptions: who is told of what has happened."""

import asyncio
import base64
import hashlib
import ipaddress
import secrets
import socket
from datetime import UTC, datetime
from typing import Any, Final, get_args
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import REPLAYED
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_unlimited
from orderline.core.next_steps import EVERY_EVENT
from orderline.core.orders.events import AnyOrderEvent
from orderline.engine.submissions import EngineRefusal
from orderline.store.subscriptions import (
    Subscribed,
    add_subscription,
    end_subscription,
    list_subscriptions,
    load_subscribers,
)
from orderline.values.failures import Refused
from orderline.values.hosts import is_public

EVENT_NAMES: Final = tuple(sorted(each.__struct_config__.tag for each in get_args(AnyOrderEvent)))
_LONGEST_URL: Final = 2_000
# Names that every machine gives itself (RFC 6761), and those of networks at home and at work.
_OWN_NAMES: Final = ("localhost", "local", "internal", "lan", "home.arpa")


class SubscriptionInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """url: where events are posted to, by http or https. events: names of events; all of them, when empty."""

    url: str
    events: tuple[str, ...] = ()


class SubscriptionMade(msgspec.Struct, frozen=True):
    """The new subscription. Its secret signs every call (Standard Webhooks) and is shown this once."""

    id: UUID
    secret: str


class Subscriptions(msgspec.Struct, frozen=True):
    """All subscriptions, oldest first, those that have ended among them."""

    items: list[Subscribed]
    next: str | None = None


def is_private_host(host: str) -> bool:
    """Is it plain from how the host is written that it is in a private network? Nothing is asked of the network.

    An address is read in all the ways that a resolver reads one: 127.1 and 2130706433 are this machine as well.
    """
    name = host.rstrip(".").lower()
    if any(name == own or name.endswith(f".{own}") for own in _OWN_NAMES):
        return True
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    addresses = (ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found)
    return not all(is_public(each) for each in addresses)


def check_url(url: str, *, allow_private: bool = False) -> str:
    """Refused URL_NOT_ACCEPTABLE: not an http(s) URL with a host, or with a name and password in it; or private.

    A name may still lead to a private address: that is looked at when it is called.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        good = good and (parts.port is None or parts.port > 0) and len(url) <= _LONGEST_URL
        good = good and url.isascii() and url.isprintable() and not any(sign in url for sign in ' "<>\\^`{|}#')
    except ValueError:
        good = False
    if not good:
        allowed = f"http(s)://host/..., in ASCII, at most {_LONGEST_URL} characters, without name, password and #"
        raise Refused(ApiRefusal.URL_NOT_ACCEPTABLE, field="url", value=url, allowed=allowed)
    if not allow_private and is_private_host(urlsplit(url).hostname or ""):
        reason = "the host is in a private network; ORDERLINE_WEBHOOK_PRIVATE=on allows it"
        raise Refused(ApiRefusal.URL_NOT_ACCEPTABLE, field="url", value=url, reason=reason)
    return url


async def _subscribe(call: Call[None, SubscriptionInput]) -> Answer:
    check_unlimited(call)
    url = check_url(call.input.url, allow_private=call.services.allow_private_webhooks)
    events = call.input.events or (EVERY_EVENT,)
    for index, name in enumerate(events):
        if name != EVERY_EVENT and name not in EVENT_NAMES:
            allowed = [EVERY_EVENT, *EVENT_NAMES]
            raise Refused(ApiRefusal.INPUT_INVALID, field=f"events[{index}]", value=name, allowed=allowed)
    return await asyncio.to_thread(_make, call, url, sorted(set(events)))


def _make(call: Call[Any, Any], url: str, events: list[str]) -> Answer:
    database, key = call.services.database, call.idempotency_key
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    id_ = UUID(bytes=hashlib.sha256(key.encode()).digest()[:16], version=4) if key else None
    id_ = add_subscription(database, url, secret, events, datetime.now(UTC), id_=id_)
    made = load_subscribers(database, [id_])[id_]
    if made.url != url or _events_of(call, id_) != events:
        given = key.partition(":")[2]
        raise Refused(EngineRefusal.IDEMPOTENCY_KEY_REUSED, field="Idempotency-Key", value=given)
    headers = {"location": f"/v1/subscriptions/{id_}"}
    return Answer(
        SubscriptionMade(id_, made.secret), headers=headers | ({} if made.secret == secret else {REPLAYED: "true"})
    )


def _events_of(call: Call[Any, Any], id_: UUID) -> list[str]:
    return next(sorted(each.events) for each in list_subscriptions(call.services.database) if each.id == id_)


async def _list(call: Call[None, None]) -> Answer:
    check_unlimited(call)
    return Answer(Subscriptions(await asyncio.to_thread(list_subscriptions, call.services.database)))


async def _end(call: Call[Any, None]) -> Answer:
    check_unlimited(call)
    given = call.path["subscription"]
    try:
        known = await asyncio.to_thread(end_subscription, call.services.database, UUID(given))
    except ValueError:
        known = False
    if not known:
        raise Refused(ApiRefusal.SUBSCRIPTION_UNKNOWN, field="subscription", value=given)
    return Answer(None, status=204)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="subscribe", method="POST", path="/v1/subscriptions", right=Right.SETTINGS_WRITE,
        summary="Be told of events by webhook", handler=_subscribe, capability="notices",
        input=SubscriptionInput, output=SubscriptionMade, success=201, refusals=("URL_NOT_ACCEPTABLE",),
    ),
    Operation(
        name="list_subscriptions", method="GET", path="/v1/subscriptions", right=Right.SETTINGS_READ,
        summary="List webhook subscriptions", handler=_list, capability="notices", output=Subscriptions,
    ),
    Operation(
        name="unsubscribe", method="DELETE", path="/v1/subscriptions/{subscription}", right=Right.SETTINGS_WRITE,
        summary="Be told no more", handler=_end, capability="notices", success=204,
        refusals=("SUBSCRIPTION_UNKNOWN",),
    ),
)  # fmt: skip
