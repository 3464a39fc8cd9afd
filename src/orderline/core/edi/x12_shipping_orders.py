"""940: what a warehouse is asked to send, in X12 4010."""

from datetime import date
from typing import Final

import msgspec

from orderline.core.edi.purchases import Party
from orderline.core.edi.segments import OutSegment
from orderline.core.edi.shipping_orders import ToldLine
from orderline.core.edi.state import Profile

# How a GTIN is called by its length; how long names and lines of addresses are at most.
_GTINS: Final = {8: "EN", 12: "UP", 13: "EN", 14: "UK"}
_MOST_NAME: Final = 60
_MOST_LINE: Final = 55
_MOST_NAMES: Final = 2


class ShippingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. po_number: the buyer's, or our order number. parties: to whom, for whom, from where. service: our service level."""

    number: str
    po_number: str
    parties: tuple[Party, ...]
    lines: tuple[ToldLine, ...]
    phone: str = ""
    send_on: date | None = None
    deliver_by: date | None = None
    service: str = ""


def write_940(request: ShippingRequest, profile: Profile, *, cancels: bool = False) -> tuple[OutSegment, ...]:
    """Warehouse shipping order. Quantities are single units; each line is named as the profile names SKUs, and by its GTIN.

    cancels: it says all that was asked for once more, and that it is to be let go (data element 473: F, not N).
    """
    said: list[OutSegment] = [("W05", "F" if cancels else "N", request.number, request.po_number)]
    for party in request.parties:
        said.extend(_party(party))
        if party.role == "ST" and request.phone:
            said.append(("PER", "IC", "", "TE", request.phone))
    said.extend(
        ("G62", code, f"{day:%Y%m%d}")
        for code, day in (("10", request.send_on), ("02", request.deliver_by))
        if day is not None
    )
    if request.service:
        # Prepaid; by what means is agreed between the two, or follows from the carrier.
        said.append(("W66", "PP", "ZZ", "", "", request.service, *("",) * 4, profile.services.get(request.service, "")))
    for place, line in enumerate(request.lines, 1):
        said.append(("LX", str(place)))
        said.append(("W01", str(line.quantity), "EA", "", *(text for pair in names_of(line, profile) for text in pair)))
    said.append(("W76", str(sum(line.quantity for line in request.lines))))
    return tuple(said)


def names_of(line: ToldLine, profile: Profile) -> list[tuple[str, str]]:
    """Its SKU, what the partner calls it, and its GTIN: the first two of these that have qualifiers of their own."""
    names = [(profile.sku_qualifiers[0] if profile.sku_qualifiers else "VN", line.sku)]
    for name, sku in profile.skus.items():
        qualifier, _, value = name.partition(":")
        if sku == line.sku and value:
            names.append((qualifier, value))
    if len(line.gtin) in _GTINS:
        names.append((_GTINS[len(line.gtin)], line.gtin))
    first: dict[str, str] = {}
    for qualifier, value in names:
        first.setdefault(qualifier, value)
    return list(first.items())[:_MOST_NAMES]


def _party(party: Party) -> list[OutSegment]:
    qualifier, _, code = party.code.partition(":")
    said: list[OutSegment] = [("N1", party.role, party.name[:_MOST_NAME], qualifier, code)]
    lines = [line[:_MOST_LINE] for line in party.lines]
    said.extend(("N3", *lines[place : place + 2]) for place in range(0, len(lines), 2))
    if party.city or party.postal_code or party.country:
        said.append(("N4", party.city, party.region, party.postal_code, party.country))
    return said
