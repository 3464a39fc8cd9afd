"""What every scores connector must do, whatever the scorer behind it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orderline.contracts.scores import MOST, Score, ScoreAsk, ScoreItem, Scores
from orderline.contracts.terms import Recipient
from orderline.values.failures import Refused


def ask(key: str, **changes: Any) -> ScoreAsk:
    content: dict[str, Any] = {
        "key": key,
        "number": "SO-1",
        "channel": "web",
        "currency": "EUR",
        "total_minor": 1999,
        "placed_at": datetime(2026, 11, 20, 12, tzinfo=UTC),
        "buyer": Recipient(name="Ana Lopez", country="FR", email="ana@example.com"),
        "items": (ScoreItem(sku="TEE-M", quantity=1, total_minor=1999),),
    }
    return ScoreAsk(**content | changes)


@pytest.mark.anyio
class ScoresConformance:
    """To be inherited; needs a fixture `scores`."""

    async def test_a_set_has_one_score_per_order_in_order(self, scores: Scores) -> None:
        asks = [ask(f"s-{number}", total_minor=number * 60_000) for number in (1, 2, 3, 4, 5)]
        outcomes = await scores.score(asks)
        assert [each.key for each in outcomes if isinstance(each, Score)] == [each.key for each in asks]
        assert all(isinstance(each, Score) and -MOST <= each.points <= MOST for each in outcomes)

    async def test_points_against_an_order_have_reasons(self, scores: Scores) -> None:
        buyer = Recipient(name="Ana Lopez", country="FR", email="fraud@example.com")
        against, none = await scores.score([ask("s-1", buyer=buyer), ask("s-2")])
        assert isinstance(against, Score)
        assert isinstance(none, Score)
        assert against.points > none.points
        assert against.reasons

    async def test_a_scorer_calls_nobody(self, scores: Scores) -> None:
        with pytest.raises(Refused):
            scores.parse_inbound({}, b'{"facts": []}')
