"""Whether messages to customers have a link to the order, and what it is for."""

from enum import StrEnum

import msgspec


class LinkMay(StrEnum):
    """What a customer may do by a link beside looking."""

    CANCEL = "cancel"
    ADDRESS = "address"
    RETURN = "return"


class LinkPolicy(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """The link in messages about an order: one for all of them, made with the first.

    may: what can be done by it beside looking. days: for how long it is good. page: the address of a page of yours, which the
    token is put behind; a page of this installation, when empty.
    """

    may: tuple[LinkMay, ...] = ()
    days: int = 30
    page: str = ""
