"""How partners and channels are: when they were last reached, what went wrong, and what they have not been told yet."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Texts, page_of, parse_cursor, readers
from orderline.contracts.registry import Kind
from orderline.core.stock.state import Settings
from orderline.store.health import ChannelWait, Health, load_channel_waits, load_health
from orderline.store.reading.source import Source


class PartnerState(StrEnum):
    """well: the last call went well. failing: it did not. silent: neither called nor heard of for a month.

    not_set_up: something is to be done by it, and it has no address here.
    """

    WELL = "well"
    FAILING = "failing"
    SILENT = "silent"
    NOT_SET_UP = "not_set_up"


class PartnersQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """kind: payments, carriers, warehouses, channels, notices or scores. state: how they are."""

    kind: tuple[Kind, ...] = ()
    state: tuple[PartnerState, ...] = ()


class PartnerRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A partner. used_by: the channels and locations that are reached by it. calls, failed, facts: of today (UTC).

    error_ppm: of today's calls, in parts per million. open: calls under way now. waiting: jobs that met trouble with it and
    are tried again; oldest_at: since when the first of them waits. heard_at: when it last told something by itself.
    """

    partner: str
    kind: str
    state: PartnerState
    used_by: tuple[str, ...] = ()
    calls: int = 0
    failed: int = 0
    error_ppm: int = 0
    facts: int = 0
    open: int = 0
    waiting: int = 0
    oldest_at: datetime | None = None
    success_at: datetime | None = None
    failure_at: datetime | None = None
    error: str = ""
    heard_at: datetime | None = None


class ChannelsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """late: those that have waited more than five minutes to be told, or the others. channel: these alone."""

    late: bool | None = None
    channel: Texts = ()


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A channel that a partner is told for. waiting: what it was not told yet of its orders; oldest_at: since when the oldest
    of anything waits; stock_since: since when a figure of stock does. asked_at: when it was last asked for orders.
    """

    channel: str
    name: str
    partner: str
    state: PartnerState
    late: bool = False
    waiting: int = 0
    oldest_at: datetime | None = None
    stock_since: datetime | None = None
    asked_at: datetime | None = None
    heard_at: datetime | None = None
    error: str = ""


async def list_partners(call: Call[PartnersQuery, None]) -> Answer:
    """Partners by name."""
    query, now = call.query, datetime.now(UTC)
    after = parse_cursor(query.cursor, str) or ""
    set_up = call.services.partners

    def load(source: Source) -> tuple[Settings, dict[str, Health]]:
        return source.settings(), load_health(source, now)

    settings, health = await readers(call).run(load)
    users = _users(settings)
    names = {*set_up, *users, *health}
    if call.key.channels or call.key.locations:
        mine = {("channel", code) for code in call.key.channels} | {("location", code) for code in call.key.locations}
        users = {name: tuple(each for each in used if each in mine) for name, used in users.items()}
        names = {name for name, used in users.items() if used}
    rows: list[PartnerRow] = []
    for name in sorted(names):
        used = users.get(name, ())
        if name <= after:
            continue
        known = health.get(name)
        row = _partner(name, set_up.get(name), used, known)
        if (not query.kind or row.kind in query.kind) and (not query.state or row.state in query.state):
            rows.append(row)
    return page_of(rows, query.limit, lambda row: row.partner)


async def list_channel_health(call: Call[ChannelsQuery, None]) -> Answer:
    """Channels that a partner is told for, by code."""
    query, now, allowed = call.query, datetime.now(UTC), call.key.channels
    after = parse_cursor(query.cursor, str) or ""

    def load(source: Source) -> tuple[Settings, dict[str, Health], dict[str, ChannelWait]]:
        settings = source.settings()
        told = [each for each in settings.channels.values() if each.partner]
        return settings, *((load_health(source, now), load_channel_waits(source, told, now)) if told else ({}, {}))

    settings, health, waits = await readers(call).run(load)
    rows: list[ChannelRow] = []
    for code, wait in sorted(waits.items()):
        channel, late = settings.channels[code], wait.is_late(now)
        if code <= after or (allowed and code not in allowed) or (query.channel and code not in query.channel):
            continue
        if query.late is not None and query.late is not late:
            continue
        known = health.get(channel.partner)
        rows.append(
            ChannelRow(
                channel=code,
                name=channel.name,
                partner=channel.partner,
                late=late,
                waiting=wait.jobs,
                state=_state(known, is_set_up=not call.services.partners or channel.partner in call.services.partners),
                oldest_at=wait.oldest_at,
                stock_since=wait.stock_since,
                asked_at=wait.pulled_at,
                heard_at=known.last_heard_at if known is not None else None,
                error=known.last_error if known is not None and _is_failing(known) else "",
            )
        )
    return page_of(rows, query.limit, lambda row: row.channel)


def _users(settings: Settings) -> dict[str, tuple[tuple[str, str], ...]]:
    """What is reached by each partner: (kind of thing, code)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for channel in settings.channels.values():
        for name in {channel.partner, channel.payments} - {""}:
            found.setdefault(name, []).append(("channel", channel.code))
    for location in settings.locations.values():
        if location.partner:
            found.setdefault(location.partner, []).append(("location", location.code))
    return {name: tuple(sorted(used)) for name, used in found.items()}


def _partner(name: str, kind: Kind | None, used: tuple[tuple[str, str], ...], known: Health | None) -> PartnerRow:
    said = kind.value if kind is not None else ""
    if known is None:
        state = PartnerState.SILENT if kind is not None else PartnerState.NOT_SET_UP
        return PartnerRow(partner=name, kind=said, state=state, used_by=tuple(code for _, code in used))
    return PartnerRow(
        partner=name, kind=said, state=_state(known, is_set_up=True), used_by=tuple(code for _, code in used),
        calls=known.calls, failed=known.failed, error_ppm=known.failed * 1_000_000 // known.calls if known.calls else 0,
        facts=known.facts, open=known.open, waiting=known.waiting, oldest_at=known.oldest_at,
        success_at=known.last_success_at, failure_at=known.last_failure_at, error=known.last_error,
        heard_at=known.last_heard_at,
    )  # fmt: skip


def _state(known: Health | None, *, is_set_up: bool) -> PartnerState:
    if known is None:
        return PartnerState.SILENT if is_set_up else PartnerState.NOT_SET_UP
    return PartnerState.FAILING if _is_failing(known) else PartnerState.WELL


def _is_failing(known: Health) -> bool:
    """Did the last call go ill?"""
    if known.last_failure_at is None:
        return False
    return known.last_success_at is None or known.last_success_at < known.last_failure_at


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_partners", method="GET", path="/v1/partners", right=Right.SETTINGS_READ, summary="List how partners are",
        description="Providers, carriers, warehouses, shops and whoever sends messages: when each was last reached, how many"
        " of today's calls failed and why, and what waits to be tried again. Written down every two seconds.",
        handler=list_partners, capability="partners", query=PartnersQuery, output=PartnerRow, page=True,
    ),
    Operation(
        name="list_channel_health", method="GET", path="/v1/channel-health", right=Right.ORDERS_READ,
        summary="List what channels have not been told yet",
        description="Of each channel that a partner is told for: since when the oldest of its news waits, of orders and of"
        " stock. `late` is more than five minutes.",
        handler=list_channel_health, capability="channels", query=ChannelsQuery, output=ChannelRow, page=True,
    ),
)  # fmt: skip
