"""The base of all facts about an order."""

import msgspec


class OrderEvent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="event"):
    """The base of everything the journal of an order holds."""
