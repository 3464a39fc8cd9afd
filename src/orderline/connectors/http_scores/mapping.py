"""What a scorer is sent and answers: the structs of the contract, as they are."""

import msgspec

from orderline.contracts.scores import Score, ScoreAsk


class ScoresOut(msgspec.Struct, frozen=True):
    """Orders to be judged."""

    orders: list[ScoreAsk]


class ScoresIn(msgspec.Struct, frozen=True):
    """One result for each, in any order."""

    results: list[Score]
