"""How good the rules are that place holds: what came of what they have held, and what they have missed."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from orderline.core.disputes.state import TAKEN
from orderline.store.reading.source import Source


class RulePrecision(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the holds of one rule. confirmed: rejected; charged_back: lifted, and the order was charged back all the
    same, `fraud` of them for fraud; fine: lifted, and nothing came after. precision: the share of those that are over and were
    right, confirmed or charged back; None: none is over.
    """

    rule: str
    type: str
    held: int
    open: int
    confirmed: int
    charged_back: int
    fraud: int
    fine: int
    precision: float | None


class PrecisionReport(msgspec.Struct, frozen=True, kw_only=True):
    """Rules by how many holds they have placed. missed: orders charged back for fraud in that time that no rule has ever held."""

    since: datetime
    until: datetime
    rules: tuple[RulePrecision, ...]
    missed: int


def load_precision(source: Source, since: datetime, until: datetime, *, channels: Sequence[str]) -> PrecisionReport:
    """Holds that rules have placed from `since` until before `until`, and what came of them until now."""
    about = {"since": since, "until": until, "channels": list(channels) or None, "taken": sorted(TAKEN)}
    rules = tuple(_rule(*row) for row in source.rows("holds", "held_by_rules", **about))
    [(missed,)] = source.rows("holds", "missed_fraud", **about)
    return PrecisionReport(since=since, until=until, rules=rules, missed=missed)


def _rule(rule: str, type_: str, held: int, still: int, confirmed: int, charged_back: int, fraud: int) -> RulePrecision:
    over = held - still
    return RulePrecision(
        rule=rule,
        type=type_,
        held=held,
        open=still,
        confirmed=confirmed,
        charged_back=charged_back,
        fraud=fraud,
        fine=over - confirmed - charged_back,
        precision=round((confirmed + charged_back) / over, 3) if over else None,
    )
