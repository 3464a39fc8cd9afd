"""What becomes of draft orders: put together, offered, ordered in the end or not."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from orderline.core.drafts import commands as d
from orderline.core.drafts.ordering import placing_of
from orderline.core.drafts.state import DraftGroup
from orderline.core.orders.commands import Command, LineInput
from orderline.core.orders.state import Charge, Order
from orderline.values.address import Place
from support.nonsense import CODES
from support.shop import HOME, NOON

_THERE = DraftGroup(place=Place(country=HOME.country))
_UNFINISHED = DraftGroup()
_LATER = DraftGroup(place=Place(country=HOME.country), release_at=NOON + timedelta(days=3))
_FETCHED = DraftGroup(pickup_location="paris")


def draft_command(dice: Random, orders: Sequence[Order], known: Callable[[str], Sequence[Any]]) -> Command:
    """What somebody would do next with a draft order, or with a new one."""
    drafts = known("draft_order")
    live = [each for each in drafts if each.state in ("open", "offered")]
    if not live or dice.random() < 0.2:
        return _put(dice, f"D-{dice.randrange(20)}")
    one = dice.choice(live)
    placing = placing_of(one, {1: HOME} if one.groups[0].pickup_location is None else {}, {})
    until = NOON + timedelta(days=dice.randint(0, 12))
    return dice.choice(
        [
            placing,
            placing,
            _put(dice, one.id),
            d.OfferDraftOrder(draft_order=one.id, until=until, keep_stock=dice.random() < 0.7, token_hash="h"),
            d.OfferDraftOrder(draft_order=one.id, until=until, keep_stock=True, token_hash="h"),
            d.DeclineDraftOrder(draft_order=one.id, token_hash=dice.choice(["h", "i"])),
            d.ExpireDraftOrder(draft_order=one.id, revision=one.revision),
            d.DiscardDraftOrder(draft_order=one.id, reason="off"),
        ]
    )


def _put(dice: Random, name: str) -> d.PutDraftOrder:
    lines = tuple(
        LineInput(sku=dice.choice(CODES), quantity=dice.randint(1, 3), unit_price_minor=dice.choice([0, 333, 1999]))
        for _ in range(dice.randint(1, 2))
    )
    return d.PutDraftOrder(
        draft_order=name, channel="web", currency="EUR", lines=lines, groups=(dice.choice([_THERE, _THERE, _FETCHED, _UNFINISHED, _LATER]),),
        charges=dice.choice([(), (Charge("shipping", 490),)]), taxes_included=True,
    )  # fmt: skip
