"""Records: what is no order and yet has a history, such as counts, transfers and policies. One mechanism for all.

A record is known by its kind and a text that is unique in its kind. Commands change it by telling events; the engine
locks it, keeps its document, a row to find it by, and a journal of its own, hash-chained like that of an order.
A capability adds a kind to `core.record_kinds`, rules to `core.decide`, and nothing below.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import msgspec

from orderline.core.demands.rows import DemandRow
from orderline.core.ledger.state import Posted
from orderline.core.orders.commands import Command
from orderline.core.supply.rows import SupplyRow
from orderline.values.ids import CartHoldId, OrderId

if TYPE_CHECKING:
    from orderline.core.next_steps import FollowUp
    from orderline.core.world import World

RecordKey = tuple[str, str]  # kind, id


class Record(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The base of all records. `version` counts its journal entries; `chain` is the hash of the last one."""

    version: int = 0
    chain: str = ""


class RecordEvent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="event"):
    """The base of facts about a record."""


class RecordCommand(Command, frozen=True, gc=False, kw_only=True):
    """A command that names itself what it touches; whatever it changes must be among it.

    answers: with what it is answered: the first record that it changed, the order, or what the rule gives back.
    """

    answers: ClassVar[Literal["record", "order", "result"]] = "record"

    def records(self) -> Iterable[RecordKey]:
        """Records, whether they exist or not."""
        return ()

    def orders(self) -> Iterable[OrderId]:
        """Orders to be locked and loaded."""
        return ()

    def skus(self) -> Iterable[str]:
        """SKUs to be loaded."""
        return ()

    def skus_of_orders(self, world: "World") -> Iterable[str]:
        """SKUs to be loaded, with those that may be sent instead, now that the orders are known."""
        return ()

    def companies(self) -> Iterable[str]:
        """Companies whose exposure the rule asks for; their records are locked, being named as well."""
        return ()

    def carts(self) -> Iterable[CartHoldId]:
        """Cart holds to be locked, whether they exist or not."""
        return ()

    def inner(self, world: "World") -> Iterable[Command]:
        """Commands on the same orders that the rule may run: what they touch is locked as well."""
        return ()

    def shelves(self, world: "World") -> Iterable[tuple[str, str]]:
        """Shelves (SKU, location) to be locked, once the above is loaded; SKUs that only records name are loaded then."""
        return ()

    def moved_since(self) -> Iterable[tuple[str, datetime, str, str]]:
        """(own cause, instant, SKU, location): whose moves since the instant by other causes the rule asks for."""
        return ()

    def written_off_since(self) -> Iterable[tuple[datetime, str, str]]:
        """(instant, SKU, location): what counts and snapshots taken since have missed there, the rule asks for."""
        return ()

    def pools(self, world: "World") -> Iterable[tuple[str, str]]:
        """Claims (SKU, pool) to be locked beside those of the shelves."""
        return ()

    def hurts(self, world: "World") -> Iterable[str]:
        """Rows of dated supply whose pegs are to be loaded: the command may break promises on them."""
        return ()

    def lots(self, world: "World") -> Iterable[tuple[str, str]]:
        """Lots (SKU, lot) that are named: the rule may ask on which shelves they are."""
        return ()

    def supplies(self, world: "World") -> Iterable[tuple[str, str]]:
        """(SKU, pool) whose claims, dated supply and scheduled demand are to be locked, since the record stands behind some."""
        return ()


class Window(NamedTuple):
    """What a record is found by. subject: what it is about, as text; due_at: when somebody must have acted."""

    state: str
    subject: str = ""
    owner: str = ""
    due_at: datetime | None = None


def no_follow_ups(world: "World", record: Any, events: Sequence[Any], now: datetime) -> "list[FollowUp]":
    """Nothing follows."""
    return []


def no_supply(record: Any) -> tuple[SupplyRow, ...]:
    """No dated supply."""
    return ()


def no_postings(event: Any) -> tuple[Posted, ...]:
    """Nothing for the books."""
    return ()


def no_demand(record: Any) -> tuple[DemandRow, ...]:
    """No scheduled demand."""
    return ()


@dataclass(frozen=True)
class RecordKind:
    """What the engine must know of a kind.

    record: its type. events: the union of its events. evolve: (record or None, event) -> record; cannot fail.
    window: a pure function of the record. follow_ups: the jobs that events of one command lead to.
    supply: the dated supply the record stands for, with nothing pegged; its SKUs and pools never change.
    demand: the scheduled demand it stands for; as for supply.
    postings: what an event of it has posted; made when it was decided, and kept in the event.
    """

    name: str
    record: type[Record]
    events: Any
    evolve: Callable[[Any, Any], Record]
    window: Callable[[Any], Window]
    follow_ups: "Callable[[World, Any, Sequence[Any], datetime], list[FollowUp]]" = no_follow_ups
    supply: Callable[[Any], tuple[SupplyRow, ...]] = no_supply
    demand: Callable[[Any], tuple[DemandRow, ...]] = no_demand
    postings: Callable[[Any], tuple[Posted, ...]] = no_postings
