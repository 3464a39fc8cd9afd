"""The warehouses contract, fulfilled by the sandbox warehouse."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final
from uuid import UUID

from orderline.connectors.calls import Calls, in_sets
from orderline.connectors.sandbox_warehouses import mapping
from orderline.connectors.sandbox_warehouses.client import Client
from orderline.contracts.inbound import parse_inbound
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind
from orderline.contracts.warehouses import (
    CancelDenied,
    CancelGranted,
    CancelOutcome,
    CancelPending,
    CancelRequest,
    FulfillmentRequest,
    NotReceived,
    Received,
    RequestOutcome,
    WarehouseFact,
)

NAME: Final = "sandbox_warehouses"
BATCH_MAX: Final = 500


class SandboxWarehouses:
    """Opened for one sandbox."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._secret = settings.secret
        self._size = settings.batch_max or BATCH_MAX
        self._client = Client(Calls(NAME, settings))
        self.close = self._client.close

    async def request(self, requests: Sequence[FulfillmentRequest]) -> list[RequestOutcome]:
        async def send(part: Sequence[FulfillmentRequest]) -> dict[UUID, Received | NotReceived]:
            results = await self._client.request(mapping.render_requests(part))
            return {each.id: mapping.parse_taken(each) for each in results}

        outcomes: list[RequestOutcome] = [
            *await in_sets(NAME, requests, self._size, attrgetter("fulfillment_id"), send)
        ]
        return outcomes

    async def request_cancel(self, requests: Sequence[CancelRequest]) -> list[CancelOutcome]:
        async def send(part: Sequence[CancelRequest]) -> dict[UUID, CancelGranted | CancelDenied | CancelPending]:
            results = await self._client.cancel(mapping.render_cancellations(part))
            return {each.id: mapping.parse_canceled(each) for each in results}

        outcomes: list[CancelOutcome] = [*await in_sets(NAME, requests, self._size, attrgetter("fulfillment_id"), send)]
        return outcomes

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[WarehouseFact]:
        return parse_inbound(headers, body, self._secret, facts=WarehouseFact)


connector: Final = Connector(
    name=NAME,
    title="Sandbox warehouse",
    kind=Kind.WAREHOUSES,
    open=SandboxWarehouses,
    batch_max=BATCH_MAX,
    capabilities=frozenset({Capability.BATCH, Capability.FACTS, Capability.PARTIAL_SHIP, Capability.REQUEST_CANCEL}),
)
