"""The sandbox scorer: judges orders by a few plain marks, the same way each time.

Who orders as `fraud@...` was seen elsewhere and gets 90 points; an order of 100000 minor units or more gets 30, one from
another country than it goes to 20, all others none.
"""

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from orderline.contracts.scores import Score, ScoreAsk
from orderline.sandbox.endpoint import get, post

LARGE_MINOR: Final = 100_000


class ScoresIn(msgspec.Struct, frozen=True):
    """Orders to be judged."""

    orders: list[ScoreAsk]


class SandboxScores:
    """The scorer and its cases."""

    def __init__(self) -> None:
        self._cases: dict[str, tuple[ScoreAsk, Score]] = {}

    def counts(self) -> dict[str, int]:
        """Cases it has judged, and those it speaks against."""
        against = sum(score.points > 0 for _, score in self._cases.values())
        return {"judged": len(self._cases), "against": against}

    def routes(self) -> list[Route]:
        """What the scorer can be asked."""
        return [
            post("/scores", ScoresIn, lambda body: {"results": [self._judge(each) for each in body.orders]}),
            get("/cases", self._list),
        ]

    def _judge(self, asked: ScoreAsk) -> Score:
        known = self._cases.get(asked.key)
        if known is None:
            marks = _marks_of(asked)
            score = Score(key=asked.key, points=sum(marks.values()), reasons=tuple(marks))
            known = self._cases[asked.key] = (asked, score)
        return known[1]

    def _list(self, request: Request) -> dict[str, Any]:
        """Cases, the newest first; `number` narrows it down."""
        number = request.query_params.get("number")
        cases = [
            {"order": asked, "score": score}
            for asked, score in reversed(self._cases.values())
            if number in (None, asked.number)
        ]
        return {"cases": cases[:1000]}


def _marks_of(asked: ScoreAsk) -> dict[str, int]:
    marks: dict[str, int] = {}
    if asked.buyer.email.startswith("fraud@"):
        marks["seen elsewhere"] = 90
    if asked.total_minor >= LARGE_MINOR:
        marks["large"] = 30
    if asked.countries.get("ip", asked.buyer.country) != asked.buyer.country:
        marks["ordered from another country"] = 20
    return marks
