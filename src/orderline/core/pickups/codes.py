"""The one-time code of a pickup: made of a secret and a seed, so that it need not be kept anywhere."""

import hashlib
import hmac
from typing import Final

from orderline.values.ids import OrderId

DIGITS: Final = 6
PICKUP_CODES: Final = "pickup_codes"  # the name of the secret


def code_of(secret: bytes, order: OrderId, fulfillment: int, seed: str) -> str:
    """The code that the customer is sent."""
    digest = _keyed(secret, "code", str(order), str(fulfillment), seed)
    return str(int.from_bytes(digest[:8]) % 10**DIGITS).zfill(DIGITS)


def hash_of(secret: bytes, order: OrderId, fulfillment: int, code: str) -> str:
    """What is kept of a code. Without the secret it says nothing, few as the codes are."""
    return _keyed(secret, "hash", str(order), str(fulfillment), code.strip()).hex()


def same_hash(one: str, other: str) -> bool:
    """Compare without telling by the time it takes."""
    return hmac.compare_digest(one.encode(), other.encode())


def _keyed(secret: bytes, *parts: str) -> bytes:
    return hmac.digest(secret, "\0".join(parts).encode(), hashlib.sha256)
