"""The base of all facts about an order, and what may be attached to them."""

import msgspec


class OrderEvent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="event"):
    """The base of everything the journal of an order holds."""


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Something to be looked at: where it is kept, and by what its bytes are known. Who is asked sees it."""

    title: str
    url: str = ""
    sha256: str = ""
