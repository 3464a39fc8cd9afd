"""How much money a person or a key may move by its own word at once: by what it is, and by currency."""

from enum import StrEnum
from typing import Literal

import msgspec

from orderline.values.failures import Refused

Kind = Literal["refunds", "credits", "payments", "write_offs"]


class LimitRefusal(StrEnum):
    MONEY_LIMIT = "MONEY_LIMIT"


class MoneyLimits(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """The most that may be said in one command, in minor units by currency. Other currencies are none of theirs; no limit, when empty.

    refunds: settled or taken back by hand. credits: given for a return, or put on an account. payments: recorded by hand.
    write_offs: differences and bad debts.
    """

    refunds: dict[str, int] = {}
    credits: dict[str, int] = {}
    payments: dict[str, int] = {}
    write_offs: dict[str, int] = {}

    def most(self, kind: Kind, currency: str) -> int | None:
        """The most in minor units; None: as much as there is."""
        amounts: dict[str, int] = getattr(self, kind)
        return amounts.get(currency, 0) if amounts else None


def check_money(limits: MoneyLimits | None, kind: Kind, amount_minor: int, currency: str) -> None:
    """Refused MONEY_LIMIT: it is more than whoever says so may; facts say how much that is."""
    most = limits.most(kind, currency) if limits is not None else None
    if most is not None and amount_minor > most:
        raise Refused(
            LimitRefusal.MONEY_LIMIT,
            field="amount_minor",
            value=amount_minor,
            limit=kind,
            allowed=most,
            currency=currency,
        )
