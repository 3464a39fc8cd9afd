"""How a shop looks and where its customers reach it: what pages and messages for customers show."""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from orderline.core.stock.refusals import StockRefusal as R
from orderline.values.failures import Refused
from orderline.values.hosts import is_web_address

NUMBER: Final = "{number}"
MOST_CARRIERS: Final = 50
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_EMAIL: Final = re.compile(r"[^@\s<>\"?&,;:()\\]{1,64}@[^@\s<>\"?&,;:()\\]{1,190}")
_PHONE: Final = re.compile(r"[0-9+(][0-9 ()./-]{2,30}")
_CARRIER: Final = re.compile(r"[^\sA-Z][^A-Z\x00-\x1f]{0,99}")
# Where carriers themselves say how a parcel is; a shop may have others, or pages of its own.
CARRIERS: Final[dict[str, str]] = {
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    "dpd": "https://tracking.dpd.de/status/en_US/parcel/{number}",
    "evri": "https://www.evri.com/track/parcel/{number}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "gls": "https://gls-group.com/track/{number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
}


class Brand(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """color: of buttons and marks, as `#rrggbb`. logo_url, website: https. email, phone: of those who answer customers.

    tracking: by the carrier's name, the address of a page about a parcel, with `{number}` in the place of its tracking number.
    """

    color: str = ""
    logo_url: str = ""
    website: str = ""
    email: str = ""
    phone: str = ""
    tracking: dict[str, str] = {}

    def tracking_url(self, carrier: str, number: str) -> str:
        """Where a parcel can be looked for; empty, when nobody has said where."""
        known = {**CARRIERS, **self.tracking}.get(carrier.lower(), "")
        plain = number.isascii() and number.isalnum()
        return known.replace(NUMBER, number) if known and plain else ""


def check_brand(brand: Brand, field: str) -> None:
    """Refused TEXT_NOT_ACCEPTABLE, by the field that is not as `Brand` says."""
    if brand.color and not _COLOR.fullmatch(brand.color):
        raise _refused(f"{field}.color", brand.color, "a color such as #1f6b49")
    for name in ("logo_url", "website"):
        value: str = getattr(brand, name)
        if value and not is_web_address(value):
            raise _refused(f"{field}.{name}", value, "an address that begins with https://")
    if brand.email and not (_EMAIL.fullmatch(brand.email) and brand.email.isprintable()):
        raise _refused(f"{field}.email", brand.email, "an email address")
    if brand.phone and not _PHONE.fullmatch(brand.phone):
        raise _refused(f"{field}.phone", brand.phone, "a telephone number")
    if len(brand.tracking) > MOST_CARRIERS:
        raise _refused(f"{field}.tracking", str(len(brand.tracking)), f"at most {MOST_CARRIERS} carriers")
    for carrier, url in brand.tracking.items():
        if not _CARRIER.fullmatch(carrier) or not _is_page(url):
            allowed = "carriers in small letters, each with an address that begins with https:// and has {number} in it"
            raise _refused(f"{field}.tracking", f"{carrier}: {url}", allowed)


def _is_page(url: str) -> bool:
    """Is it the address of a page about a parcel? Which host it is of does not hang on the number of the parcel."""
    plain = NUMBER in url and is_web_address(url.replace(NUMBER, "1"))
    return plain and NUMBER not in urlsplit(url).netloc


def _refused(field: str, value: str, allowed: str) -> Refused:
    return Refused(R.TEXT_NOT_ACCEPTABLE, field=field, value=value[:80], allowed=allowed)
