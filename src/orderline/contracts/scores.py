"""What the connector of an outside scorer of orders (fraud, abuse ...) must offer."""

from collections.abc import Sequence
from typing import Annotated, Final, Protocol

import msgspec
from msgspec import Meta

from orderline.contracts.terms import Instant, Opened, Recipient, Ref
from orderline.values.failures import Trouble

MOST: Final = 1_000
Points = Annotated[int, Meta(ge=-MOST, le=MOST)]
Reason = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\A[^\x00-\x1f]*\Z")]


class ScoreItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the order; money in minor units."""

    sku: str
    quantity: int
    total_minor: int


class ScorePayment(msgspec.Struct, frozen=True, kw_only=True):
    """A tender. token: what its provider knows the means of payment by."""

    provider: str
    method: str
    token: str
    amount_minor: int


class ScoreAsk(msgspec.Struct, frozen=True, kw_only=True):
    """An order to be judged. Asked again under the same key it is the same case.

    buyer: who ordered, and where it goes. countries: where the customer pays and orders from, as the channel has told:
    `billing`, `card`, `ip`. earlier: orders by the same email, phone, address and card before this one, by kind.
    """

    key: str
    number: str
    channel: str
    currency: str
    total_minor: int
    placed_at: Instant
    buyer: Recipient
    items: tuple[ScoreItem, ...] = ()
    payments: tuple[ScorePayment, ...] = ()
    countries: dict[str, str] = {}
    earlier: dict[str, int] = {}


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What the scorer makes of an order: points that speak against it, fewer than none for it, and why."""

    key: Ref
    points: Points
    reasons: Annotated[tuple[Reason, ...], Meta(max_length=20)] = ()


ScoreOutcome = Score | Trouble


class Scores(Opened, Protocol):
    """The scorer, opened for one account."""

    async def score(self, asks: Sequence[ScoreAsk]) -> list[ScoreOutcome]:
        """One outcome for each, in order."""
        ...
