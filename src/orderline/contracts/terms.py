"""Words that all contracts share: references, instants, recipients, facts and what an opened connector can do.

Types with bounds are checked where bytes are decoded, so that nothing from outside reaches a command unchecked.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from orderline.values.time import EARLIEST, LATEST

# A name given by a partner: printable, short enough for an index, and safe in a header or a log line.
Ref = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\A[\x20-\x7e]+\Z")]
# Free text: PostgreSQL cannot hold U+0000.
# A word of a partner for something that we have a word for as well.
Word = Annotated[str, Meta(max_length=200, pattern=r"\A[^\x00]*\Z")]
Text = Annotated[str, Meta(max_length=2000, pattern=r"\A[^\x00]*\Z")]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Whole = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Minor = Annotated[int, Meta(ge=0, le=10**13)]
Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Country = Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")]
Instant = Annotated[datetime, Meta(tz=True)]
Sequence64 = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Recipient(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who gets a parcel, and where; personal data, which goes into outside calls only."""

    name: Text = ""
    lines: tuple[Text, ...] = ()
    city: Text = ""
    region: Text = ""
    postal_code: Text = ""
    country: Country
    phone: Text = ""
    email: Text = ""


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact"):
    """Something that happened at a partner, told by the partner.

    event_id: the partner's name for it; (partner, event_id) is what duplicates are recognized by.
    occurred_at: the partner's clock, in UTC; when we learned it is recorded elsewhere.
    """

    event_id: Ref
    occurred_at: Instant

    def __post_init__(self) -> None:
        if not EARLIEST <= self.occurred_at < LATEST:
            raise ValueError("Expected an instant between 1990 and 2199")
        if self.occurred_at.tzinfo is not UTC:
            msgspec.structs.force_setattr(self, "occurred_at", self.occurred_at.astimezone(UTC))


class Opened(Protocol):
    """What every opened connector offers besides the methods of its contract."""

    def parse_inbound(self, headers: Mapping[str, str], body: bytes) -> Sequence[Any]:
        """The facts in a call the partner made to us; refusals as in `contracts.inbound.parse_inbound`.

        A connector with Capability.VERIFY_BY_CALL has `async verify_inbound(headers, body)` too, with the same
        refusals: it is awaited first, and what it has not found genuine is refused here.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; the connector is not used afterwards."""
        ...
