"""The sandbox connectors, over real HTTP against the sandbox, with everything every connector owes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from contracts.conformance_calls import CallsConformance, Subject
from contracts.conformance_carriers import CarriersConformance, label
from contracts.conformance_channels import ChannelsConformance, acknowledgment
from contracts.conformance_notices import NoticesConformance, notice
from contracts.conformance_payments import PaymentsConformance, authorize
from contracts.conformance_scores import ScoresConformance, ask
from contracts.conformance_warehouses import WarehousesConformance, request
from orderline.contracts.registry import GROUP, Connector, load_connectors
from orderline.sandbox.settings import CONNECTOR_OF, Partner
from sandbox.stage import Stage

pytestmark = pytest.mark.slow
NOWHERE = "http://127.0.0.1:9"
ORDER = request()

# partner          method          what is written             what is counted
WRITES: dict[Partner, tuple[str, Any, str]] = {
    Partner.PAYMENTS: ("authorize", authorize("a-1"), "authorize_approved"),
    Partner.CARRIER: ("buy_labels", label("l-1"), "label_created"),
    Partner.WAREHOUSE: ("request", ORDER, "any"),
    Partner.CHANNEL: ("acknowledge", acknowledgment("k-1"), "acknowledged"),
    Partner.NOTICES: ("send", notice("n-1"), "any"),
    Partner.SCORES: ("score", ask("s-1"), "judged"),
}


@pytest.fixture
def connectors() -> dict[str, Connector]:
    """The sandbox connectors as their entry points name them."""
    return load_connectors(
        EntryPoint(name, f"orderline.connectors.{name}.connector:connector", GROUP) for name in CONNECTOR_OF.values()
    )


def connector_of(connectors: dict[str, Connector], partner: Partner) -> Connector:
    return connectors[CONNECTOR_OF[partner]]


@dataclass(frozen=True)
class FaultyPartner:
    """A partner of the sandbox, told to fail."""

    stage: Stage
    partner: Partner

    async def lose_next_answer(self) -> None:
        await self.stage.misbehave(self.partner, drop_next=1)

    async def fail_next(self, status: int, retry_after_s: int | None = None) -> None:
        await self.stage.misbehave(self.partner, fail_next=1, fail_status=status, retry_after_s=retry_after_s)

    async def keep_waiting(self, delay_ms: int) -> None:
        await self.stage.misbehave(self.partner, latency_low_ms=delay_ms, latency_high_ms=delay_ms)


class TestCalls(CallsConformance):
    @pytest.fixture(params=list(Partner))
    async def subject(
        self, request: pytest.FixtureRequest, stage: Stage, connectors: dict[str, Connector]
    ) -> AsyncIterator[Subject]:
        partner: Partner = request.param
        method, content, counted = WRITES[partner]
        connector = connector_of(connectors, partner)

        async def effects() -> int:
            counts = (await stage.statistics())["partners"][partner]["counts"]
            return sum(counts.values()) if counted == "any" else counts.get(counted, 0)

        async with (
            stage.opened(connector) as opened,
            stage.opened(connector, timeout_s=0.1) as hasty,
            stage.opened(connector, base_url=NOWHERE) as nowhere,
        ):

            async def write(contract: Any = opened) -> Any:
                [outcome] = await getattr(contract, method)([content])
                return outcome

            yield Subject(
                write=write,
                effects=effects,
                hasty=lambda: write(hasty),
                nowhere=lambda: write(nowhere),
                partner=FaultyPartner(stage, partner),
            )


class TestPayments(PaymentsConformance):
    @pytest.fixture(params=[500, 2], ids=["one call", "several calls"])
    async def payments(
        self, request: pytest.FixtureRequest, stage: Stage, connectors: dict[str, Connector]
    ) -> AsyncIterator[Any]:
        async with stage.opened(connector_of(connectors, Partner.PAYMENTS), batch_max=request.param) as opened:
            yield opened


class TestWarehouses(WarehousesConformance):
    @pytest.fixture
    async def warehouses(self, stage: Stage, connectors: dict[str, Connector]) -> AsyncIterator[Any]:
        async with stage.opened(connector_of(connectors, Partner.WAREHOUSE)) as opened:
            yield opened


class TestCarriers(CarriersConformance):
    @pytest.fixture
    async def carriers(self, stage: Stage, connectors: dict[str, Connector]) -> AsyncIterator[Any]:
        async with stage.opened(connector_of(connectors, Partner.CARRIER)) as opened:
            yield opened


@dataclass(frozen=True)
class SandboxShop:
    """The sandbox channel, seen by its customers."""

    stage: Stage

    async def buy(self, count: int) -> None:
        await self.stage.control("POST", "orders/generated", {"count": count, "skus": ["TEE-M", "CAP", "MUG"]})

    async def told(self, external_id: str) -> dict[str, Any]:
        return await self.stage.call("GET", f"/channel/orders/{external_id}")


class TestChannels(ChannelsConformance):
    @pytest.fixture
    async def channels(self, stage: Stage, connectors: dict[str, Connector]) -> AsyncIterator[Any]:
        async with stage.opened(connector_of(connectors, Partner.CHANNEL)) as opened:
            yield opened

    @pytest.fixture
    def shop(self, stage: Stage) -> SandboxShop:
        return SandboxShop(stage)


class TestNotices(NoticesConformance):
    @pytest.fixture
    async def notices(self, stage: Stage, connectors: dict[str, Connector]) -> AsyncIterator[Any]:
        async with stage.opened(connector_of(connectors, Partner.NOTICES)) as opened:
            yield opened


class TestScores(ScoresConformance):
    @pytest.fixture(params=[100, 2], ids=["one call", "several calls"])
    async def scores(
        self, request: pytest.FixtureRequest, stage: Stage, connectors: dict[str, Connector]
    ) -> AsyncIterator[Any]:
        async with stage.opened(connector_of(connectors, Partner.SCORES), batch_max=request.param) as opened:
            yield opened
