"""The channels contract, fulfilled by the sandbox shop."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, TypeVar

from orderline.connectors.calls import Calls, in_sets
from orderline.connectors.sandbox_channels import mapping
from orderline.connectors.sandbox_channels.client import Client
from orderline.contracts.channels import (
    Acknowledgment,
    CancellationPush,
    ChannelFact,
    ChannelOrderPage,
    FulfillmentPush,
    ListingsPublished,
    NotTaken,
    PublishedLevel,
    PublishedListing,
    PushOutcome,
    StockPublished,
    Taken,
    WithdrawalPush,
)
from orderline.contracts.inbound import parse_inbound
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind

NAME: Final = "sandbox_channels"
BATCH_MAX: Final = 500
LEVELS_MAX: Final = 5000
P = TypeVar("P", Acknowledgment, FulfillmentPush, CancellationPush, WithdrawalPush)


class SandboxChannels:
    """Opened for one sandbox."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._secret = settings.secret
        self._size = settings.batch_max or BATCH_MAX
        self._client = Client(Calls(NAME, settings))
        self.close = self._client.close

    async def acknowledge(self, acknowledgments: Sequence[Acknowledgment]) -> list[PushOutcome]:
        return await self._push("acknowledgments", acknowledgments, mapping.render_acknowledgments)

    async def push_fulfillments(self, pushes: Sequence[FulfillmentPush]) -> list[PushOutcome]:
        return await self._push("fulfillments", pushes, mapping.render_fulfillments)

    async def push_cancellations(self, pushes: Sequence[CancellationPush]) -> list[PushOutcome]:
        return await self._push("cancellations", pushes, mapping.render_cancellations)

    async def push_withdrawals(self, pushes: Sequence[WithdrawalPush]) -> list[PushOutcome]:
        return await self._push("withdrawals", pushes, mapping.render_withdrawals)

    async def push_stock(self, levels: Sequence[PublishedLevel]) -> StockPublished:
        parts = [
            await self._client.set_levels(mapping.render_levels(levels[start : start + LEVELS_MAX]))
            for start in range(0, len(levels), LEVELS_MAX)
        ]
        return mapping.parse_levels_set(parts)

    async def push_listings(self, listings: Sequence[PublishedListing]) -> ListingsPublished:
        parts = [
            await self._client.set_listings(mapping.render_listings(listings[start : start + LEVELS_MAX]))
            for start in range(0, len(listings), LEVELS_MAX)
        ]
        return mapping.parse_listings_set(parts)

    async def pull_orders(self, cursor: str | None = None, *, limit: int = 250) -> ChannelOrderPage:
        return mapping.parse_orders(await self._client.orders(cursor, limit))

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[ChannelFact]:
        return parse_inbound(headers, body, self._secret, facts=ChannelFact)

    async def _push(
        self, things: str, pushes: Sequence[P], render: Callable[[Sequence[P]], dict[str, Any]]
    ) -> list[PushOutcome]:
        async def send(part: Sequence[P]) -> dict[str, Taken | NotTaken]:
            return {each.key: mapping.parse_taken(each) for each in await self._client.push(things, render(part))}

        outcomes: list[PushOutcome] = [*await in_sets(NAME, pushes, self._size, attrgetter("key"), send)]
        return outcomes


connector: Final = Connector(
    name=NAME,
    title="Sandbox shop",
    kind=Kind.CHANNELS,
    open=SandboxChannels,
    batch_max=BATCH_MAX,
    capabilities=frozenset(
        {
            Capability.BATCH,
            Capability.FACTS,
            Capability.CATCH_UP,
            Capability.PARTIAL_SHIP,
            Capability.UNSHIP,
            Capability.PARTIAL_CANCEL,
            Capability.TRACKING_UPDATE,
            Capability.STOCK,
            Capability.LISTINGS,
        }
    ),
)
