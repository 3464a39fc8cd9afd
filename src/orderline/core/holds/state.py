"""What stands beside a hold: what happens when nobody acts, what saying no does, who has said yes so far."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

SCHEDULE: Final = "schedule"  # a delivery that was agreed for later
SCREENING: Final = "screening"  # an order waits to be looked at by the hold policy


class Breach(StrEnum):
    """What becomes of a hold that nobody has resolved in time."""

    ESCALATE = "escalate"
    RELEASE = "release"
    REJECT = "reject"


class Rejection(StrEnum):
    """What saying no to what a hold is about does.

    cancel: the line of the hold, or the order, is canceled, and paid back by that. return: what was sent is to come back,
    and its money is given as for a return that is the customer's doing. none: it is only noted.
    """

    CANCEL = "cancel"
    RETURN = "return"
    NONE = "none"


class Outcome(StrEnum):
    """How a hold came to its end."""

    RELEASED = "released"
    REJECTED = "rejected"


class HoldInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A hold to be placed; without `blocks` the commands that its type blocks by default.

    escalate_to, on_breach: who owns it, or what becomes of it, when it is not resolved until it is due. on_reject: what
    saying no does. may_release: the roles that may resolve it. four_eyes_above_minor: from which total on two have to.
    """

    type: str
    reason: str = ""
    blocks: tuple[str, ...] = ()
    owner: str = ""
    due_at: datetime | None = None
    line: int | None = None
    escalate_to: str = ""
    on_breach: Breach = Breach.ESCALATE
    on_reject: Rejection = Rejection.CANCEL
    may_release: tuple[str, ...] = ()
    four_eyes_above_minor: int | None = None


class Confirming(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Somebody has resolved a hold that needs two: what they said, and who they are."""

    outcome: Outcome
    by: str
    via: str
    at: datetime


class ScorePoint(msgspec.Struct, frozen=True, gc=False):
    """What one rule of the score has added, by its name."""

    rule: str
    points: int


class Screening(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """How an order looked to the hold policy the last time. placed: the rules that have placed holds so far, with the line."""

    policy: str
    at: datetime
    score: int = 0
    points: tuple[ScorePoint, ...] = ()
    placed: tuple[str, ...] = ()


class Span(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """From when until when orders of some channels (all, when empty) are looked at."""

    since: datetime
    until: datetime | None = None
    channels: tuple[str, ...] = ()


class Screened(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """That a hold policy is active, as intake has to know it: the later span takes the place of those before."""

    policy: str
    spans: tuple[Span, ...] = ()

    def looks_at(self, channel: str, at: datetime) -> bool:
        """Is an order of a channel, accepted now, to be looked at?"""
        for each in reversed(self.spans):
            if each.since <= at and (each.until is None or at < each.until):
                return not each.channels or channel in each.channels
        return False


class HoldAuthority(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What a key may do about holds. types: of holds; all, when empty. roles: what its holder is, such as "risk".

    limits: the largest total of an order, in minor units by currency; orders in other currencies are none of theirs. No
    limit, when empty.
    """

    roles: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    limits: dict[str, int] = {}
