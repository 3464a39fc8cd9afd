"""What is odd about the form of an address that a carrier may fail on; and how it would rather be written."""

import re
from typing import Final

import msgspec

from orderline.core.orders.state import LineKind, Order
from orderline.values.address import Address

# "Postfach", "P.O. Box" and the like: parcel carriers do not deliver there.
_BOX: Final = re.compile(
    r"\b(p\.?\s?o\.?\s?box|post\s?office\s?box|postfach|postbus|bo[iî]te postale|bp\s?\d+|apartado)\b", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"\d")
# Countries in which a street line without any number is nearly always a mistake.
_NUMBERED: Final = frozenset(
    {"AT", "BE", "CH", "DE", "DK", "ES", "FI", "FR", "IT", "LU", "NL", "NO", "PL", "PT", "SE", "US"}
)
_SHORTEST: Final = 4


def problems_of(order: Order, address: Address | None) -> tuple[str, ...]:
    """Codes of what is odd, in the order of how bad it is; none: nothing is, or nothing is sent there."""
    if address is None or not any(line.kind is LineKind.SHIP for line in order.agreement.lines):
        return ()
    street = " ".join(address.lines)
    name = address.name or address.company
    found: list[str] = []
    if len(street.strip()) < _SHORTEST:
        found.append("street_too_short")
    elif address.country in _NUMBERED and not _NUMBER.search(street):
        found.append("house_number_missing")
    if _BOX.search(street):
        found.append("post_office_box")
    if len(name.strip()) < 2 or _NUMBER.search(name):
        found.append("name_odd")
    if address.city and _NUMBER.search(address.city):
        found.append("city_odd")
    if suggested(address) != address:
        found.append("written_otherwise")
    return tuple(found)


def suggested(address: Address) -> Address:
    """The address as it would rather be written: no line twice, none that says again what stands elsewhere, no shouting."""
    elsewhere = {each.casefold() for each in (address.city, address.postal_code, address.name, address.company) if each}
    elsewhere |= {
        f"{address.postal_code} {address.city}".casefold(),
        f"{address.city} {address.postal_code}".casefold(),
    }
    lines = tuple(dict.fromkeys(line for line in address.lines if line.casefold() not in elsewhere))
    return msgspec.structs.replace(address, lines=lines or address.lines)
