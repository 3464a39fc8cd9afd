"""The link to a decision request: made of a secret and a nonce, so that the token itself is kept nowhere."""

import base64
import binascii
import hashlib
import hmac
from typing import Final
from uuid import UUID

DECISION_LINKS: Final = "decision_links"  # the name of the secret
# Where the pages are that links lead people to; the token comes behind.
ORDER_PAGE: Final = "/your-order/"
QUESTION_PAGE: Final = "/your-answer/"
OFFER_PAGE: Final = "/your-offer/"
_MARK_BYTES: Final = 24


def token_of(secret: bytes, decision: str, nonce: str) -> str:
    """The token that the customer is sent: 192 bits that nobody guesses, behind the id that it is found by."""
    mark = hmac.digest(secret, f"{decision}\0{nonce}".encode(), hashlib.sha256)[:_MARK_BYTES]
    return base64.urlsafe_b64encode(UUID(decision).bytes + mark).decode()


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def decision_in(token: str) -> str | None:
    """The id of the decision request that a token is for; None: it is no token."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return str(UUID(bytes=raw[:16])) if len(raw) == 16 + _MARK_BYTES else None
