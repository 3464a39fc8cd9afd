"""Codes of gift cards: long enough that nobody guesses one, and kept by nobody but who holds the card."""

import hashlib
import hmac
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is read as something else
LENGTH: Final = 16  # of 32 letters: 80 bits
SECRET: Final = "credit_codes"  # the name of the secret that hashes are keyed with
_SHORTEST, _LONGEST = 8, 40


def code_from(drawn: bytes) -> str:
    """A code from `LENGTH` random bytes, in groups of four."""
    letters = "".join(ALPHABET[each % len(ALPHABET)] for each in drawn[:LENGTH])
    return "-".join(letters[at : at + 4] for at in range(0, LENGTH, 4))


def plain_code(code: str) -> str:
    """A code without what people add when they type it: spaces, hyphens, small letters. Empty: it is none."""
    plain = code.replace(" ", "").replace("-", "").upper()
    return plain if plain.isascii() and plain.isalnum() and _SHORTEST <= len(plain) <= _LONGEST else ""


def hash_of(secret: bytes, code: str) -> str:
    """What is kept of a code."""
    return hmac.digest(secret, plain_code(code).encode(), hashlib.sha256).hex()
