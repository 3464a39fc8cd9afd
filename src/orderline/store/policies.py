"""Policies as they hold, what their rules ask of stock, and decisions with what they were made of."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from orderline.core.policies.state import POLICY, TEXT, Policy, PolicyKind, text_id
from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.model import Decision, Inputs, RouteLocation
from orderline.core.routing.policy import DEFAULT_POLICY
from orderline.core.routing.policy import Policy as RoutingPolicy
from orderline.core.routing.replaying import unpack, unpack_network
from orderline.store.database import Database
from orderline.store.loading import decode_record
from orderline.store.queries import query

_LOWEST = UUID(int=0)
AT_ONCE = 1_000


class Recorded(NamedTuple):
    """A decision as it was kept: its bytes, and what it was made of. shadow: what another version said."""

    body: str
    inputs: Inputs
    shadow: str | None = None


def load_policies(database: Database, kind: PolicyKind) -> list[Policy]:
    """All policies of a kind."""
    rows = database.rows(query("policies", "active_policies"), {"subject": kind.value})
    return [decode_record(POLICY, body) for (body,) in rows]


def load_texts(database: Database, ids: Collection[str]) -> dict[str, str]:
    """Texts of versions by the ids of their records."""
    rows = database.rows(query("policies", "policy_texts"), {"ids": sorted(ids)}) if ids else []
    texts: dict[str, Any] = {id_: decode_record(TEXT, body) for id_, body in rows}
    return {id_: text.text for id_, text in texts.items()}


def load_rules(database: Database, version: str) -> RoutingPolicy:
    """The rules that decisions name by this version."""
    if version == DEFAULT_POLICY.version:
        return DEFAULT_POLICY
    name, _, number = version.rpartition("@")
    policy = next(each for each in load_policies(database, PolicyKind.ROUTING) if each.id == name)
    id_ = text_id(name, policy.versions[int(number) - 1].digest)
    return compile_routing(load_texts(database, [id_])[id_], version)


def load_safety(database: Database, skus: Collection[str]) -> dict[tuple[str, str], int]:
    """Units kept back from promising by (SKU, location)."""
    rows = database.rows(query("policies", "load_safety"), {"skus": sorted(skus)})
    return {(sku, location): int(units) for sku, location, units in rows}


def load_doubted(database: Database, skus: Collection[str]) -> dict[tuple[str, str], int]:
    """How little the records of shelves are believed, in parts per million, of those that are in doubt."""
    rows = database.rows(query("policies", "load_doubted"), {"skus": sorted(skus)})
    return {(sku, location): int(ppm) for sku, location, ppm in rows}


def load_feeds(database: Database) -> dict[str, datetime]:
    """When each location told its stock last, of those that have to tell it."""
    rows = database.rows(query("policies", "load_feeds"))
    ages: dict[str, Any] = {code: decode_record("feed_age", body) for code, body in rows}
    return {code: age.told_at for code, age in ages.items()}


def load_sold(database: Database, skus: Collection[str], since: datetime) -> dict[tuple[str, str], int]:
    """Units that have left to customers since an instant by (SKU, location)."""
    rows = database.rows(query("policies", "load_sold"), {"skus": sorted(skus), "since": since})
    return {(sku, location): int(units) for sku, location, units in rows}


def load_rejected(database: Database, since: datetime) -> dict[str, int]:
    """Share of work given back by location, in parts per million."""
    return {code: int(ppm) for code, ppm in database.rows(query("policies", "load_rejected"), {"since": since})}


def load_recorded(database: Database, order: UUID) -> list[tuple[Decision, Recorded]]:
    """The decisions on an order that can be made again, the oldest first."""
    rows = database.rows(query("policies", "recorded_decisions"), {"order": order})
    return [
        (msgspec.json.decode(body, type=Decision), Recorded(body, unpack(inputs, unpack_network(network)), shadow))
        for body, inputs, network, shadow in rows
    ]


def recorded_between(database: Database, since: datetime, until: datetime) -> Iterator[Sequence[Recorded]]:
    """Decisions of a time in the order in which they were made, a thousand at a time."""
    after: tuple[datetime, UUID, UUID] = (since, _LOWEST, _LOWEST)
    networks: dict[str, dict[str, RouteLocation]] = {}
    while True:
        rows = database.rows(
            query("policies", "decisions_between"),
            {"after_at": after[0], "after_order": after[1], "after_id": after[2], "until": until, "most": AT_ONCE},
        )
        missing = {row[5] for row in rows} - networks.keys()
        if missing:
            found = database.rows(query("policies", "networks"), {"hashes": sorted(missing)})
            networks.update((hash_, unpack_network(body)) for hash_, body in found)
        if rows:
            yield [Recorded(row[3], unpack(row[4], networks[row[5]])) for row in rows]
            after = (rows[-1][0], rows[-1][1], rows[-1][2])
        if len(rows) < AT_ONCE:
            return


def shadows_between(database: Database, since: datetime, until: datetime) -> Iterator[Sequence[tuple[str, str]]]:
    """(a decision, what another version said) of a time, in the order in which they were made, a thousand at a time."""
    after: tuple[datetime, UUID, UUID] = (since, _LOWEST, _LOWEST)
    while True:
        rows = database.rows(
            query("policies", "shadows_between"),
            {"after_at": after[0], "after_order": after[1], "after_id": after[2], "until": until, "most": AT_ONCE},
        )
        if rows:
            yield [(row[3], row[4]) for row in rows]
            after = (rows[-1][0], rows[-1][1], rows[-1][2])
        if len(rows) < AT_ONCE:
            return
