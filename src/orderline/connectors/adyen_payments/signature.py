"""Adyen's HMAC: of a standard webhook each notification item is signed by itself, of the others the whole body.

An item's signature stands in its `additionalData`; it covers eight of its fields, joined by colons as they are.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final

from orderline.connectors.adyen_payments.wire import ItemIn
from orderline.contracts.inbound import InboundRefusal
from orderline.values.failures import Refused

HEADER: Final = "hmacsignature"
IN_ITEM: Final = "hmacSignature"


def verify_item(item: ItemIn, secrets: str | Sequence[str]) -> None:
    """Refused SIGNATURE_MISSING, SIGNATURE_INVALID: the item is not signed with a key of ours (hex)."""
    given = (item.additionalData or {}).get(IN_ITEM, "")
    if not given:
        raise Refused(InboundRefusal.SIGNATURE_MISSING, missing=[IN_ITEM])
    _verify(signed_text(item), given, secrets)


def verify_body(headers: Mapping[str, str], body: bytes, secrets: str | Sequence[str]) -> None:
    """Refused SIGNATURE_MISSING, SIGNATURE_INVALID: the body is not signed with a key of ours."""
    given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    if not given:
        raise Refused(InboundRefusal.SIGNATURE_MISSING, missing=[HEADER])
    _verify(body, given, secrets)


def signed_text(item: ItemIn) -> bytes:
    """What of an item is signed."""
    parts = (
        item.pspReference,
        item.originalReference or "",
        item.merchantAccountCode,
        item.merchantReference or "",
        str(item.amount.value) if item.amount else "",
        item.amount.currency if item.amount else "",
        item.eventCode,
        item.success,
    )
    return ":".join(parts).encode()


def sign(text: bytes, secret: str) -> str:
    """The signature of a text, as Adyen makes it."""
    return base64.b64encode(hmac.new(binascii.unhexlify(secret), text, hashlib.sha256).digest()).decode()


def _verify(text: bytes, given: str, secrets: str | Sequence[str]) -> None:
    for secret in (secrets,) if isinstance(secrets, str) else secrets:
        try:
            if secret and hmac.compare_digest(sign(text, secret).encode(), given.encode()):
                return
        except (binascii.Error, ValueError):
            continue  # not a key in hex; another may be
    raise Refused(InboundRefusal.SIGNATURE_INVALID, message="not signed with a key of ours")
