"""What comes into the engine and what comes out: a submission with its command, an outcome with its answer."""

import hashlib
from enum import StrEnum
from uuid import UUID

import msgspec

from orderline.core.context import SYSTEM, Actor, Expected
from orderline.core.limits import MoneyLimits
from orderline.core.orders.commands import Command, PlaceOrder
from orderline.core.stock.commands import ApplyFeed
from orderline.values.failures import Refused
from orderline.values.ids import new_id

LONGEST_KEY = 300


class EngineRefusal(StrEnum):
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    JOB_ALREADY_DONE = "JOB_ALREADY_DONE"
    FACT_ALREADY_TAKEN_IN = "FACT_ALREADY_TAKEN_IN"
    KEY_NOT_ACCEPTABLE = "KEY_NOT_ACCEPTABLE"


class DecisionRecord(msgspec.Struct, frozen=True):
    """A routing decision to be kept with the allocation it led to; `body` is its JSON.

    inputs: what it was made of, in its compact form; network, locations: what locations are, by hash. shadow: what
    another version of the policy would have decided.
    """

    id: UUID
    order_id: UUID
    body: str
    inputs: str = ""
    network: str = ""
    locations: str = ""
    shadow: str | None = None


class KeptDocument(msgspec.Struct, frozen=True):
    """A label to be kept beside its parcel, as the command says: its digest and size stand in the journal."""

    order_id: UUID
    parcel: int
    tracking_number: str
    format: str
    content: bytes

    @property
    def sha256(self) -> bytes:
        """What the content is recognized by."""
        return hashlib.sha256(self.content).digest()


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A command on its way in.

    key: the caller's name for this intention; the same key has one effect and one answer. A PlaceOrder needs none:
    its channel and external id are its key for ever. Part of a feed has its own: feed, sequence and part.
    reason: why, in the actor's words; it stays in the journal, whatever the command itself says.
    limits: how much the actor may say by itself; None: as much as there is. expected: how the caller has seen the record.
    asked: what the caller has asked for, where the command says more than that: what was found for it meanwhile, ids
    that were made for it. A replay is told by it.
    jobs: outbox rows that are done when this is; a job that is gone makes the submission JOB_ALREADY_DONE.
    fact: a partner's event (partner, event id) that is taken in with this.
    """

    command: Command
    actor: Actor = SYSTEM
    reason: str = ""
    limits: MoneyLimits | None = None
    expected: Expected | None = None
    key: str = ""
    asked: bytes = b""
    jobs: tuple[UUID, ...] = ()
    fact: tuple[str, str] | None = None
    decision: DecisionRecord | None = None
    documents: tuple[KeptDocument, ...] = ()

    def named(self) -> "Submission":
        """Itself with a key, where nothing else would tell a second attempt from a second intention.

        The engine tries again when the answer to a COMMIT was lost: what has no name yet is given one, so that it
        has its effect once.
        """
        command = self.command
        if isinstance(command, ApplyFeed):
            return msgspec.structs.replace(self, key=f"feed:{command.feed}:{command.sequence}:{command.part}")
        if self.key or self.jobs or self.fact is not None or isinstance(command, PlaceOrder):
            return self
        return msgspec.structs.replace(self, key=f"engine:{new_id()}")

    def hash(self) -> bytes:
        """SHA-256 of what was asked for, by which a replay is told from a reuse of its key."""
        return hashlib.sha256(self.asked or _encode(self.command)).digest()

    @property
    def external(self) -> tuple[str, str] | None:
        """(channel, external id) when it places an order."""
        command = self.command
        return (command.channel, command.external_id) if isinstance(command, PlaceOrder) else None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a submission: an answer (its JSON), a refusal, or a failure that is a bug or trouble.

    replayed: the answer was given before and nothing has happened now.
    """

    answer: bytes = b""
    replayed: bool = False
    refused: Refused | None = None
    failed: BaseException | None = None

    def answer_or_raise(self) -> bytes:
        """The answer; raises the refusal or the failure."""
        if self.refused is not None:
            raise self.refused
        if self.failed is not None:
            raise self.failed
        return self.answer


def is_storable(text: str) -> bool:
    """Can PostgreSQL hold the text? It has no NUL, and no half of a surrogate pair can be encoded."""
    return text.isprintable() or not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in text)


def is_key(text: str) -> bool:
    """May the text name an intention or a fact? It is there, short enough for an index, and storable."""
    return 0 < len(text) <= LONGEST_KEY and is_storable(text)


_encode = msgspec.json.Encoder(order="deterministic").encode
