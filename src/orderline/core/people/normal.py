"""Normal forms of what people are recognized by: two ways of writing one address are one.

They are compared, and never shown or sent to: what a customer wrote stands as it was.
"""

import hashlib
import hmac
import re
import unicodedata
from typing import Final

from orderline.values.address import Address

TRACES: Final = "traces"  # the name of the secret that digests are keyed with
# Mail to these is delivered whatever dots are in the name.
_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})
_LEAST_DIGITS: Final = 7
# The digits that stand for one telephone wherever it is called from; a country code and a trunk zero stand before them.
_LAST_DIGITS: Final = 9


def normal_email(email: str) -> str:
    """Lower case, without what stands behind a plus sign; empty: it is no address."""
    name, at, domain = email.strip().casefold().rpartition("@")
    if not at or not name or "." not in domain:
        return ""
    name = name.partition("+")[0]
    if domain in _DOTLESS:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}" if name else ""


def normal_phone(phone: str) -> str:
    """The last nine digits; empty: there are fewer than seven, or too many are the same to be a number."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    if len(digits) < _LEAST_DIGITS or len(set(digits)) < 3:
        return ""
    return digits[-_LAST_DIGITS:]


def normal_address(address: Address | None) -> str:
    """Country, postal code and street lines with nothing but letters and digits; empty: there is no street."""
    if address is None or not address.lines:
        return ""
    street = "".join(sorted(_words(" ".join(address.lines))))
    town = address.postal_code or address.city
    return f"{address.country}|{''.join(_words(town))}|{street}" if street else ""


def normal_name(name: str) -> str:
    """The words of a name in one order, without accents."""
    return " ".join(sorted(_words(name)))


def digest(secret: bytes, kind: str, normal: str) -> bytes:
    """What a normal form is kept as: nobody without the secret can tell from it what it was, or try what it is."""
    return hmac.digest(secret, f"{kind}\0{normal}".encode(), hashlib.sha256)[:16]


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(each for each in plain if not unicodedata.combining(each)))
