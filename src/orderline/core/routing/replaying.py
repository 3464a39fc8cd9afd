"""A decision made again from what it was made of, and the compact form in which that is kept.

What locations are changes seldom: it is kept once, by its hash (the network); with each decision only what is its own.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec

from orderline.core.routing.model import (
    DEFAULT_TRANSIT,
    Decision,
    Inputs,
    Offer,
    RoutableOrder,
    RouteLocation,
    Snapshot,
    TransitBand,
)
from orderline.core.routing.policy import Policy
from orderline.core.routing.route import Batch, groups_of, with_dry_run
from orderline.core.routing.rules import Mode

_encode: Final = msgspec.json.Encoder().encode
encode_decision: Final = msgspec.json.Encoder().encode


def route_again(inputs: Inputs, policy: Policy, *, dry_run: bool = False) -> Decision:
    """The decision on recorded inputs by a version of the rules; by the recorded one, it is the recorded decision."""
    batch = Batch(snapshot_of(inputs), inputs.now, policy)
    batch.take_back(inputs)
    group = next(each for each, members in groups_of([inputs.order], inputs.now, policy) if members)
    chosen = inputs.chosen if group is not None and group.rules[0].mode is Mode.BATCH else None
    decision = batch.decide(inputs.order, group, chosen)
    return with_dry_run(decision) if dry_run else decision


def snapshot_of(inputs: Inputs) -> Snapshot:
    """The part of the snapshot that a decision looked at, before its batch took anything."""
    levels: dict[tuple[str, str], int] = {}
    for readings in (inputs.shelves, inputs.taken):
        for sku, shelf in readings.items():
            for code, units in shelf.items():
                levels[sku, code] = levels.get((sku, code), 0) + units
    given = inputs.offers

    def offers(order: RoutableOrder, location: RouteLocation) -> tuple[Offer, ...]:
        return given.get(location.code, ()) if given is not None else ()

    return Snapshot(
        position=inputs.position,
        locations=inputs.locations,
        levels=levels,
        transit=inputs.transit,
        safety=_flat(inputs.safety),
        sold=_flat(inputs.sold),
        doubt=_flat(inputs.doubt),
        offers=None if given is None else offers,
    )


class Network(msgspec.Struct, frozen=True):
    """What locations are, apart from how they stand at a moment; `hash` names it."""

    hash: str
    body: bytes


class _Standing(msgspec.Struct, frozen=True, array_like=True):
    cutoff_at: datetime | None
    capacity_left: int | None
    rejected_ppm: int
    feed_age_s: int | None


class _Packed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    network: str
    now: datetime
    policy: str
    position: int
    order: RoutableOrder
    codes: tuple[str, ...]
    standing: dict[str, _Standing] = {}
    pools: dict[str, int]
    shelves: dict[str, dict[str, int]]
    taken: dict[str, dict[str, int]] = {}
    safety: dict[str, dict[str, int]] = {}
    sold: dict[str, dict[str, int]] = {}
    doubt: dict[str, dict[str, int]] = {}
    sent: dict[str, int] = {}
    offers: dict[str, tuple[Offer, ...]] | None = None
    transit: tuple[TransitBand, ...] | None = None
    chosen: tuple[str, ...] | None = None


_AT_REST: Final = _Standing(None, None, 0, None)
_NETWORKS: Final = msgspec.json.Decoder(dict[str, RouteLocation])
_PACKED: Final = msgspec.json.Decoder(_Packed)


def network_of(locations: Mapping[str, RouteLocation]) -> Network:
    """What locations are, by code, in bytes."""
    body = _encode({code: _at_rest(locations[code]) for code in sorted(locations)})
    return Network(blake2b(body, digest_size=12).hexdigest(), body)


def pack(inputs: Inputs, network: str) -> bytes:
    """Inputs as they are kept; locations are in the network of that hash."""
    standing: dict[str, _Standing] = {}
    for code, each in inputs.locations.items():
        now = _Standing(each.cutoff_at, each.capacity_left, each.rejected_ppm, each.feed_age_s)
        if now != _AT_REST:
            standing[code] = now
    return _encode(
        _Packed(
            network=network, now=inputs.now, policy=inputs.policy, position=inputs.position, order=inputs.order,
            codes=tuple(code for code in inputs.locations if not any(code in each for each in inputs.shelves.values())),
            standing=standing, pools=inputs.pools, shelves=inputs.shelves, taken=inputs.taken, safety=inputs.safety,
            sold=inputs.sold, doubt=inputs.doubt, sent=inputs.sent, offers=inputs.offers, chosen=inputs.chosen,
            transit=None if inputs.transit == DEFAULT_TRANSIT else inputs.transit,
        )
    )  # fmt: skip


def network_hash(body: bytes | str) -> str:
    """The network that packed inputs need."""
    return msgspec.json.decode(body, type=_Named).network


class _Named(msgspec.Struct, frozen=True):
    network: str


def unpack_network(body: bytes | str) -> dict[str, RouteLocation]:
    """Locations by code."""
    return _NETWORKS.decode(body)


def unpack(body: bytes | str, network: Mapping[str, RouteLocation]) -> Inputs:
    """Inputs as they were."""
    packed = _PACKED.decode(body)
    codes = dict.fromkeys([*packed.codes, *(code for shelf in packed.shelves.values() for code in shelf)])
    locations: dict[str, RouteLocation] = {}
    for code in codes:
        now = packed.standing.get(code)
        locations[code] = (
            network[code]
            if now is None
            else msgspec.structs.replace(
                network[code],
                cutoff_at=now.cutoff_at,
                capacity_left=now.capacity_left,
                rejected_ppm=now.rejected_ppm,
                feed_age_s=now.feed_age_s,
            )
        )
    told: dict[str, Any] = {} if packed.transit is None else {"transit": packed.transit}
    return Inputs(
        now=packed.now, policy=packed.policy, position=packed.position, order=packed.order, locations=locations,
        pools=packed.pools, shelves=packed.shelves, taken=packed.taken, safety=packed.safety, sold=packed.sold,
        doubt=packed.doubt,
        sent=packed.sent, offers=packed.offers, chosen=packed.chosen, **told,
    )  # fmt: skip


def _at_rest(location: RouteLocation) -> RouteLocation:
    if location.cutoff_at is location.capacity_left is location.feed_age_s is None and not location.rejected_ppm:
        return location
    return msgspec.structs.replace(location, cutoff_at=None, capacity_left=None, rejected_ppm=0, feed_age_s=None)


def _flat(readings: Mapping[str, Mapping[str, int]]) -> dict[tuple[str, str], int]:
    return {(sku, code): units for sku, shelf in readings.items() for code, units in shelf.items()}
