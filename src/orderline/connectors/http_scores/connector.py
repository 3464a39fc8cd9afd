"""The scores contract over plain HTTP: orders are sent as they are asked about, points come back by key.

`POST {base_url}/scores` with `{"orders": [...]}` is answered with `{"results": [{"key", "points", "reasons"}]}`.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from orderline.connectors.calls import Calls, in_sets
from orderline.connectors.http_scores.mapping import ScoresIn, ScoresOut
from orderline.contracts.inbound import InboundRefusal
from orderline.contracts.registry import Capability, Connector, ConnectorSettings, Kind
from orderline.contracts.scores import Score, ScoreAsk, ScoreOutcome
from orderline.values.failures import Refused

NAME: Final = "http_scores"
BATCH_MAX: Final = 100

_decode: Final = msgspec.json.Decoder(ScoresIn).decode


class HttpScores:
    """Opened for one scorer."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._size = settings.batch_max or BATCH_MAX
        self._calls = Calls(NAME, settings)
        self.close = self._calls.close

    async def score(self, asks: Sequence[ScoreAsk]) -> list[ScoreOutcome]:
        async def send(part: Sequence[ScoreAsk]) -> dict[str, Score]:
            answer = await self._calls.write("/scores", ScoresOut([*part]), _decode)
            return {each.key: each for each in answer.results}

        outcomes: list[ScoreOutcome] = [*await in_sets(NAME, asks, self._size, attrgetter("key"), send)]
        return outcomes

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> list[Any]:
        """A scorer answers, and calls nobody. Refused BODY_MALFORMED."""
        raise Refused(InboundRefusal.BODY_MALFORMED, message="a scorer tells no facts", at="$")


connector: Final = Connector(
    name=NAME,
    title="Scorer over HTTP",
    kind=Kind.SCORES,
    open=HttpScores,
    batch_max=BATCH_MAX,
    capabilities=frozenset({Capability.BATCH}),
)
