"""The notices contract, fulfilled by the sandbox messaging provider."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from orderline.connectors.calls import Calls, in_sets
from orderline.connectors.sandbox_notices import mapping
from orderline.connectors.sandbox_notices.client import Client
from orderline.contracts.inbound import parse_inbound
from orderline.contracts.notices import Delivery, Notice, NoticeFact, NoticeOutcome, NotSent, Sent
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind
from orderline.values.failures import Trouble

NAME: Final = "sandbox_notices"
BATCH_MAX: Final = 500


class SandboxNotices:
    """Opened for one sandbox."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._secret = settings.secret
        self._size = settings.batch_max or BATCH_MAX
        self._client = Client(Calls(NAME, settings))
        self.close = self._client.close

    async def send(self, notices: Sequence[Notice]) -> list[NoticeOutcome]:
        async def send(part: Sequence[Notice]) -> dict[str, Sent | NotSent]:
            results = await self._client.send(mapping.render_messages(part))
            return {each.key: mapping.parse_taken(each) for each in results}

        outcomes: list[NoticeOutcome] = [*await in_sets(NAME, notices, self._size, attrgetter("key"), send)]
        return outcomes

    async def statuses(self, delivery_ids: Sequence[str]) -> list[Delivery | None]:
        statuses = await self._client.statuses(delivery_ids)
        if len(statuses) != len(delivery_ids):
            raise Trouble(NAME, f"{len(statuses)} answers to {len(delivery_ids)} questions")
        return [mapping.parse_status(each) for each in statuses]

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[NoticeFact]:
        return parse_inbound(headers, body, self._secret, facts=NoticeFact)


connector: Final = Connector(
    name=NAME,
    title="Sandbox messaging provider",
    kind=Kind.NOTICES,
    open=SandboxNotices,
    batch_max=BATCH_MAX,
    capabilities=frozenset({Capability.BATCH, Capability.FACTS, Capability.CATCH_UP}),
)
