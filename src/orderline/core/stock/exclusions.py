"""Exclusions: where a SKU is not sold though it is there, for a time, by somebody's decision."""

from collections.abc import Iterable
from datetime import datetime

import msgspec


class Exclusion(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """A SKU is not sold on these channels; on none, when no channel is given.

    pickup: not for collection; sent to an address it is sold all the same. locations: only not collected there.
    starts_at, ends_at: when it applies; from ever, and for ever, when not given. owner: who has decided it and can end it.
    """

    owner: str
    channels: tuple[str, ...] = ()
    pickup: bool = False
    locations: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""

    def applies(self, channel: str, at: datetime, pickup_location: str | None) -> bool:
        """Does it keep the SKU from being sold on the channel at an instant, to be collected at a location if any?"""
        if self.starts_at is not None and at < self.starts_at:
            return False
        if self.ends_at is not None and at >= self.ends_at:
            return False
        if self.channels and channel not in self.channels:
            return False
        if not self.pickup:
            return True
        return pickup_location is not None and (not self.locations or pickup_location in self.locations)

    def told(self) -> str:
        """Why, by whom, until when."""
        what = "not for pickup" if self.pickup else "not sold on this channel"
        until = f" until {self.ends_at.isoformat()}" if self.ends_at is not None else ""
        why = f": {self.reason}" if self.reason else ""
        return f"{what}{until}, by {self.owner}{why}"


def exclusion_of(
    exclusions: Iterable[Exclusion], channel: str, at: datetime, pickup_location: str | None = None
) -> Exclusion | None:
    """The first that applies, if any does."""
    return next((each for each in exclusions if each.applies(channel, at, pickup_location)), None)
