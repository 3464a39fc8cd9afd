"""The carriers contract, fulfilled by the sandbox carrier."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from orderline.connectors.calls import Calls, in_sets
from orderline.connectors.sandbox_carriers import mapping
from orderline.connectors.sandbox_carriers.client import Client
from orderline.contracts.carriers import (
    Labeled,
    LabelOutcome,
    LabelRequest,
    Manifest,
    ManifestRequest,
    NotLabeled,
    NotVoided,
    PickupBooked,
    PickupCancel,
    PickupCanceled,
    PickupNotBooked,
    PickupNotCanceled,
    PickupRequest,
    Rate,
    RateRequest,
    TrackingFact,
    Voided,
    VoidLabel,
    VoidOutcome,
)
from orderline.contracts.inbound import parse_inbound
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind
from orderline.values.failures import Trouble

NAME: Final = "sandbox_carriers"
BATCH_MAX: Final = 500


class SandboxCarriers:
    """Opened for one sandbox."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._secret = settings.secret
        self._size = settings.batch_max or BATCH_MAX
        self._client = Client(Calls(NAME, settings))
        self.close = self._client.close

    async def rate(self, requests: Sequence[RateRequest]) -> list[tuple[Rate, ...]]:
        offers = await self._client.rate(mapping.render_rates(requests))
        if len(offers) != len(requests):
            raise Trouble(NAME, f"{len(offers)} answers to {len(requests)} questions")
        return [mapping.parse_offers(each) for each in offers]

    async def buy_labels(self, requests: Sequence[LabelRequest]) -> list[LabelOutcome]:
        async def send(part: Sequence[LabelRequest]) -> dict[str, Labeled | NotLabeled]:
            results = await self._client.buy(mapping.render_labels(part))
            return {each.key: mapping.parse_sold(each) for each in results}

        outcomes: list[LabelOutcome] = [*await in_sets(NAME, requests, self._size, attrgetter("key"), send)]
        return outcomes

    async def void_labels(self, requests: Sequence[VoidLabel]) -> list[VoidOutcome]:
        async def send(part: Sequence[VoidLabel]) -> dict[str, Voided | NotVoided]:
            results = await self._client.void(mapping.render_voids(part))
            return {each.key: mapping.parse_voided(each) for each in results}

        outcomes: list[VoidOutcome] = [*await in_sets(NAME, requests, self._size, attrgetter("key"), send)]
        return outcomes

    async def book_pickup(self, request: PickupRequest) -> PickupBooked | PickupNotBooked:
        return mapping.parse_booked(await self._client.book_pickup(mapping.render_pickup(request)))

    async def cancel_pickup(self, request: PickupCancel) -> PickupCanceled | PickupNotCanceled:
        return mapping.parse_called_off(await self._client.cancel_pickup(mapping.render_cancel(request)))

    async def manifest(self, request: ManifestRequest) -> Manifest:
        return mapping.parse_manifest(await self._client.manifest(mapping.render_manifest(request)))

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[TrackingFact]:
        return parse_inbound(headers, body, self._secret, facts=TrackingFact)


connector: Final = Connector(
    name=NAME,
    title="Sandbox carrier",
    kind=Kind.CARRIERS,
    open=SandboxCarriers,
    batch_max=BATCH_MAX,
    capabilities=frozenset(
        {Capability.BATCH, Capability.FACTS, Capability.RATES, Capability.MANIFEST, Capability.PICKUPS}
    ),
)
