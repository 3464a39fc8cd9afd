"""A means of payment as it is given."""

from datetime import datetime
from typing import Literal

import msgspec

# What the channel has done already: nothing, authorized an amount, or captured it.
Already = Literal["requested", "authorized", "captured"]


class TenderInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A means of payment. `state` says what the channel has done already: nothing, authorized it, or captured it.

    refunded_minor: what of a captured amount was given back elsewhere; of history only.
    """

    provider: str
    amount_minor: int
    method: str = "card"
    token: str = ""
    reference: str = ""
    state: Already = "requested"
    expires_at: datetime | None = None
    refunded_minor: int = 0
