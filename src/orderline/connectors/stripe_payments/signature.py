"""Stripe-Signature: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, several v1 while a secret is being changed."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from orderline.contracts.inbound import InboundRefusal
from orderline.values.failures import Refused

HEADER: Final = "stripe-signature"
TOLERANCE_S: Final = 300


def verify(headers: Mapping[str, str], body: bytes, secrets: str | Sequence[str], now: datetime) -> None:
    """Refused SIGNATURE_MISSING, SIGNATURE_INVALID: not signed with a secret of ours within five minutes of `now`."""
    given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    if not given:
        raise Refused(InboundRefusal.SIGNATURE_MISSING, missing=[HEADER])
    parts = [part.strip().partition("=") for part in given.split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    signatures = [value for name, _, value in parts if name == "v1"]
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12 or not signatures:
        raise Refused(InboundRefusal.SIGNATURE_INVALID, message="malformed signature")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_S:
        raise Refused(InboundRefusal.SIGNATURE_INVALID, message="signed more than five minutes ago")
    for secret in (secrets,) if isinstance(secrets, str) else secrets:
        expected = sign(body, stamp, secret) if secret else ""
        if expected and any(hmac.compare_digest(expected.encode(), each.encode()) for each in signatures):
            return
    raise Refused(InboundRefusal.SIGNATURE_INVALID, message="no signature is of a secret of ours")


def sign(body: bytes, stamp: str, secret: str) -> str:
    """The signature of a body at an instant, as Stripe makes it."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
