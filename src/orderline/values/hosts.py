"""Addresses: which of them stand in the open internet, and which only in a network of one's own; and those of the web."""

import ipaddress
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL: Final = 500
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
# Addresses of the internet proper; beside it, IPv4 addresses that a translator (RFC 6052) reaches.
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
# An IPv4 address, or one of IPv6 in brackets, with the port it asks from or without.
_WITH_PORT: Final = re.compile(r"(?:([0-9.]+)|\[([0-9a-fA-F:.]+)\])(?::[0-9]{1,5})?")


def asker_of(peer: str, forwarded: str) -> str:
    """The address of whoever asks, of IPv6 the network of 64 bits that one subscriber has; "", where it is not known.

    peer: who has connected. forwarded: X-Forwarded-For, of which the last entry is taken, with a port or without, and that
    only from a proxy in a network of our own. A proxy on this machine that says nothing of whom it asks for hides everybody.
    """
    found = _parsed(peer)
    if found is not None and not found.is_global and forwarded:
        last = forwarded.rpartition(",")[2].strip()
        with_port = _WITH_PORT.fullmatch(last)
        found = _parsed(last if with_port is None else with_port[1] or with_port[2])
    if found is None or found.is_loopback:
        return ""
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _parsed(text: str) -> IpAddress | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_web_address(url: str, *, schemes: Collection[str] = ("https",)) -> bool:
    """Is it the address of a page, of a host with a name or number, that can stand in a message or a header as it is?"""
    plain = url.isascii() and url.isprintable() and len(url) <= LONGEST_URL and not set(url) & set(" \"'<>\\;,")
    try:
        parts = urlsplit(url)
        port = parts.port is None or parts.port > 0  # ValueError: it is none
    except ValueError:
        return False
    host = _HOST.fullmatch(parts.hostname or "")
    return plain and port and parts.scheme in schemes and host is not None and "@" not in parts.netloc


def is_public(address: IpAddress) -> bool:
    """May whoever subscribes have us call there? Addresses that carry an IPv4 address in them are judged by that one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _TRANSLATED:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    tunneled = address.sixtofour is not None or address.teredo is not None
    return address in _GLOBAL_UNICAST and address.is_global and not tunneled
