"""How often links may be called: by strangers, each so often, and what is no link so often together."""

from typing import Final
from weakref import WeakKeyDictionary

from orderline.api.keyring import Bucket
from orderline.api.refusals import ApiRefusal
from orderline.store.database import Database
from orderline.values.failures import Refused

PER_LINK: Final = (20.0, 0.5)
GUESSES: Final = (100.0, 20.0)
_MOST_KNOWN: Final = 10_000


class _Limits:
    """How often links of one installation were called, in this process."""

    def __init__(self) -> None:
        self.guesses = Bucket(*GUESSES)
        self.links: dict[str, Bucket] = {}


_limits: WeakKeyDictionary[Database, _Limits] = WeakKeyDictionary()


def take_call(database: Database, link: str) -> None:
    """Refused RATE_EXCEEDED: this link was called too often."""
    links = _limits.setdefault(database, _Limits()).links
    if len(links) >= _MOST_KNOWN:
        links.clear()
    _take(links.setdefault(link, Bucket(*PER_LINK)))


def take_guess(database: Database) -> None:
    """Refused RATE_EXCEEDED: too many have called links that are none."""
    _take(_limits.setdefault(database, _Limits()).guesses)


def _take(bucket: Bucket) -> None:
    if wait := bucket.take():
        raise Refused(ApiRefusal.RATE_EXCEEDED, retry_after_s=int(wait) + 1)
