"""Orders as documents: the stored text with its people, timeline, actions and explanation spliced in.

What is stored as JSON is passed on as it is; many orders are read with four statements.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.decisions.doubting import doubt_of, suggestion_for
from orderline.core.holds.rules import ADDRESS
from orderline.core.orders.actions import actions_of
from orderline.core.orders.explain import explain_order
from orderline.core.orders.state import Order
from orderline.core.orders.status import Status
from orderline.store.access import Access
from orderline.store.reading.source import Source, encode
from orderline.values.address import Address

PARTS: Final = frozenset({"people", "timeline", "actions", "explain", "decisions"})
PEOPLE_RIGHTS: Final = frozenset({"people:read", "admin"})


class OrderAsked(msgspec.Struct, frozen=True):
    """An order by id, or else by number, and what is wanted of it.

    access: what the asker may see; None: everything. unless: the version that the asker has already.
    """

    id: UUID | None
    number: str
    parts: frozenset[str] = PARTS
    access: Access | None = None
    unless: int | None = None


class OrderRead(msgspec.Struct, frozen=True):
    """An order that was found. body: its JSON; empty when the asker has this version."""

    id: UUID
    version: int
    body: bytes


class _Accepted(msgspec.Struct):
    accepted_at: datetime


class _Slim(msgspec.Struct):
    order: _Accepted


class _Document(msgspec.Struct):
    order: Order
    status: Status


class _Found:
    """An order on its way to an answer."""

    __slots__ = ("accepted_at", "asked", "channel", "document", "id", "state", "version")

    def __init__(self, asked: OrderAsked, row: tuple[Any, ...]) -> None:
        self.asked = asked
        self.id: UUID = row[0]
        self.version: int = row[2]
        self.channel: str = row[3]
        self.state: str = row[4]
        self.document: _Document | None = None
        self.accepted_at: datetime | None = None


_NEED_ORDER: Final = frozenset({"people", "actions", "explain"})
_NEED_SINCE: Final = frozenset({"timeline", "decisions"})
_documents = msgspec.json.Decoder(_Document)
_slim = msgspec.json.Decoder(_Slim)
_addresses = msgspec.json.Decoder(Address)


def ask_order(
    id_or_number: str,
    *,
    parts: frozenset[str] = PARTS,
    access: Access | None = None,
    unless: int | None = None,
) -> OrderAsked:
    """Ask for an order by what a path names it with."""
    return OrderAsked(parse_uuid(id_or_number), id_or_number, parts, access, unless)


def parse_uuid(text: str) -> UUID | None:
    """The id, when the text is one."""
    try:
        return UUID(text) if len(text) in (32, 36) else None
    except ValueError:
        return None


def sees_people(access: Access | None) -> bool:
    """May names, emails and streets be shown in full?"""
    return access is None or not PEOPLE_RIGHTS.isdisjoint(access.scopes)


def load_order_documents(source: Source, asked: Sequence[OrderAsked]) -> list[OrderRead | None]:
    """The documents of orders, in the order they were asked for; None where there is none to be seen."""
    ids = [each.id for each in asked if each.id is not None]
    numbers = [each.number for each in asked if each.id is None]
    by_id: dict[UUID, tuple[Any, ...]] = {}
    by_number: dict[str, tuple[Any, ...]] = {}
    for row in source.rows("reading_orders", "read_orders", ids=ids, numbers=numbers):
        by_id[row[0]] = by_number[row[1]] = row
    found: list[_Found | None] = []
    for each in asked:
        row = by_number.get(each.number) if each.id is None else by_id.get(each.id)
        found.append(_open(each, row) if row is not None else None)
    full = [each for each in found if each is not None and each.asked.unless != each.version]
    people = _load_people(source, full)
    entries = _load_entries(source, [each for each in full if "timeline" in each.asked.parts])
    decisions = _load_decisions(source, [each for each in full if "decisions" in each.asked.parts])
    reads: list[OrderRead | None] = []
    for each in found:
        if each is None:
            reads.append(None)
        elif each.asked.unless == each.version:
            reads.append(OrderRead(each.id, each.version, b""))
        else:
            reads.append(OrderRead(each.id, each.version, _splice(each, people, entries, decisions)))
    return reads


def _open(asked: OrderAsked, row: tuple[Any, ...]) -> _Found | None:
    found = _Found(asked, row)
    access = asked.access
    if access is not None and not access.sees_channel(found.channel):
        return None
    scoped = access is not None and bool(access.locations)
    if scoped or not asked.parts.isdisjoint(_NEED_ORDER):
        found.document = _documents.decode(found.state)
        found.accepted_at = found.document.order.accepted_at
        if scoped and not _is_seen_at(found.document.order, access):
            return None
    elif not asked.parts.isdisjoint(_NEED_SINCE):
        found.accepted_at = _slim.decode(found.state).order.accepted_at
    return found


def _is_seen_at(order: Order, access: Access | None) -> bool:
    assert access is not None
    places = {each.location for each in order.fulfillments}
    places.update(group.pickup_location for group in order.agreement.groups if group.pickup_location)
    return not places.isdisjoint(access.locations)


def _load_people(source: Source, found: Iterable[_Found]) -> dict[UUID, tuple[Any, ...]]:
    tokens: set[UUID] = set()
    for each in found:
        if each.document is not None and "people" in each.asked.parts:
            tokens.update(_tokens(each.document.order))
    if not tokens:
        return {}
    return {row[0]: row for row in source.rows("reading_orders", "read_people", tokens=list(tokens))}


def _load_entries(source: Source, found: Sequence[_Found]) -> dict[UUID, list[tuple[int, str]]]:
    entries: dict[UUID, list[tuple[int, str]]] = {each.id: [] for each in found}
    if found:
        for id_, seq, body in source.rows("reading_orders", "read_entries", ids=list(entries), since=_since(found)):
            entries[id_].append((seq, body))
        for rows in entries.values():
            rows.sort()
    return entries


def _load_decisions(source: Source, found: Sequence[_Found]) -> dict[UUID, list[str]]:
    decisions: dict[UUID, list[str]] = {each.id: [] for each in found}
    if found:
        for id_, body in source.rows("reading_orders", "read_decisions", ids=list(decisions), since=_since(found)):
            decisions[id_].append(body)
    return decisions


def _since(found: Sequence[_Found]) -> datetime:
    return min(each.accepted_at for each in found if each.accepted_at is not None)


def _splice(
    found: _Found,
    people: dict[UUID, tuple[Any, ...]],
    entries: dict[UUID, list[tuple[int, str]]],
    decisions: dict[UUID, list[str]],
) -> bytes:
    parts, document = found.asked.parts, found.document
    pieces = [found.state[:-1].encode()]
    if document is not None:
        order = document.order
        if "people" in parts:
            in_full = sees_people(found.asked.access)
            pieces += (b',"people":', encode(people_of(order, people, in_full=in_full)))
            if in_full and (doubted := doubted_of(order, people)):
                pieces += (b',"doubted":', encode(doubted))
        if "actions" in parts:
            pieces += (b',"actions":', encode(actions_of(order)))
        if "explain" in parts:
            pieces += (b',"explain":', encode(explain_order(order, document.status)))
    if "timeline" in parts:
        # an entry that was added after the state was read is left to the next reading
        known = ",".join(body for seq, body in entries[found.id] if seq <= found.version)
        pieces += (b',"timeline":[', known.encode(), b"]")
    if "decisions" in parts:
        pieces += (b',"decisions":[', ",".join(decisions[found.id]).encode(), b"]")
    pieces.append(b"}")
    return b"".join(pieces)


def people_of(order: Order, rows: dict[UUID, tuple[Any, ...]], *, in_full: bool) -> list[dict[str, Any]]:
    """The people of an order, the customer first."""
    shown: list[dict[str, Any]] = []
    for token in _tokens(order):
        groups = [group.group for group in order.agreement.groups if group.recipient == token]
        person: dict[str, Any] = {"token": token, "customer": token == order.person, "groups": groups}
        row = rows.get(token)
        if row is not None:
            _, name, email, phone, address, erased_at = row
            if in_full:
                person |= {"name": name, "email": email, "phone": phone}
                if address is not None:
                    person["address"] = msgspec.Raw(address.encode())
            else:
                person |= {"name": mask(name), "email": mask_email(email), "phone": mask(phone), "masked": True}
            if erased_at is not None:
                person["erased_at"] = erased_at
        shown.append(person)
    return shown


def doubted_of(order: Order, rows: dict[UUID, tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The addresses that holds are about, with what is odd about each and how it would rather be written."""
    numbers = [each.number for each in order.holds if each.type == ADDRESS]
    if not numbers:
        return []
    recipients = {group.recipient for group in order.agreement.groups}
    known = {
        each: _addresses.decode(rows[each][4]) for each in recipients if each in rows and rows[each][4] is not None
    }
    found: list[dict[str, Any]] = []
    for number in numbers:
        doubt = doubt_of(order, number, known)
        if doubt is not None:
            told: dict[str, Any] = {"hold": number, "group": doubt.group, "problems": doubt.problems}
            suggestion = suggestion_for(doubt, known.get(doubt.recipient))
            found.append(told | ({"suggestion": suggestion} if suggestion is not None else {}))
    return found


def mask(text: str) -> str:
    """The first letter of each word, so that people can be told apart and not known."""
    return " ".join(f"{word[0]}***" for word in text.split())


def mask_email(email: str) -> str:
    """The first letter and the domain."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}***{at}{domain}" if email else ""


def _tokens(order: Order) -> list[UUID]:
    tokens: dict[UUID, None] = {order.person: None}
    for group in order.agreement.groups:
        tokens[group.recipient] = None
    return list(tokens)
