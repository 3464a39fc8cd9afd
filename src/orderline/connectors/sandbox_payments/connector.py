"""The payments contract, fulfilled by the sandbox payment provider."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeVar

from orderline.connectors.calls import Calls, in_sets
from orderline.connectors.sandbox_payments import mapping
from orderline.connectors.sandbox_payments.client import Client
from orderline.contracts.disputes import DisputeFact, Evidence, EvidenceOutcome, EvidenceRefused, EvidenceTaken
from orderline.contracts.inbound import parse_inbound
from orderline.contracts.payments import (
    Authorize,
    CannotTell,
    Capture,
    PaymentAnswer,
    PaymentFact,
    PaymentOutcome,
    Query,
    Refund,
    Transaction,
    TransactionPage,
    Void,
)
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind
from orderline.values.failures import Trouble

NAME: Final = "sandbox_payments"
BATCH_MAX: Final = 500
R = TypeVar("R", Authorize, Capture, Void, Refund)


class SandboxPayments:
    """Opened for one sandbox."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._secret = settings.secret
        self._size = settings.batch_max or BATCH_MAX
        self._client = Client(Calls(NAME, settings))
        self.close = self._client.close

    async def authorize(self, requests: Sequence[Authorize]) -> list[PaymentOutcome]:
        return await self._write("authorizations", requests, mapping.render_authorizations)

    async def capture(self, requests: Sequence[Capture]) -> list[PaymentOutcome]:
        return await self._write("captures", requests, mapping.render_captures)

    async def void(self, requests: Sequence[Void]) -> list[PaymentOutcome]:
        return await self._write("voids", requests, mapping.render_voids)

    async def refund(self, requests: Sequence[Refund]) -> list[PaymentOutcome]:
        return await self._write("refunds", requests, mapping.render_refunds)

    async def query(self, questions: Sequence[Query]) -> list[Transaction | CannotTell | None]:
        found: list[Transaction | CannotTell | None] = []
        for start in range(0, len(questions), self._size):
            part = questions[start : start + self._size]
            entries = (await self._client.look_up(mapping.render_lookups(part))).transactions
            if len(entries) != len(part):
                raise Trouble(NAME, f"{len(entries)} answers to {len(part)} questions")
            found.extend(mapping.parse_transaction(each) if each else None for each in entries)
        return found

    async def list_transactions(
        self, since: datetime, *, cursor: str | None = None, limit: int = 500
    ) -> TransactionPage:
        return mapping.parse_page(await self._client.list(mapping.render_listing(since, cursor, limit)))

    async def submit_evidence(self, requests: Sequence[Evidence]) -> list[EvidenceOutcome]:
        async def send(part: Sequence[Evidence]) -> dict[str, EvidenceTaken | EvidenceRefused]:
            results = await self._client.submit_evidence(mapping.render_evidence(part))
            return {each.key: mapping.parse_evidence(each) for each in results}

        return await in_sets(NAME, requests, self._size, attrgetter("key"), send)

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[PaymentFact | DisputeFact]:
        return parse_inbound(headers, body, self._secret, facts=PaymentFact | DisputeFact)

    async def _write(
        self, operations: str, requests: Sequence[R], render: Callable[[Sequence[R]], dict[str, Any]]
    ) -> list[PaymentOutcome]:
        async def send(part: Sequence[R]) -> dict[str, PaymentAnswer]:
            results = await self._client.post(operations, render(part))
            return {each.key: mapping.parse_result(each) for each in results}

        return await in_sets(NAME, requests, self._size, attrgetter("key"), send)


connector: Final = Connector(
    name=NAME,
    title="Sandbox payment provider",
    kind=Kind.PAYMENTS,
    open=SandboxPayments,
    batch_max=BATCH_MAX,
    capabilities=frozenset(
        {
            Capability.BATCH,
            Capability.FACTS,
            Capability.CATCH_UP,
            Capability.PARTIAL_CAPTURE,
            Capability.MULTI_CAPTURE,
            Capability.PARTIAL_REFUND,
            Capability.DISPUTES,
        }
    ),
)
