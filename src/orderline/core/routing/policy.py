"""A version of the routing rules, ready to be run: what a document says, as plain functions and tuples."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from orderline.core.routing.model import Action, Cause, Exclusion, RoutableOrder, RouteLocation
from orderline.core.routing.rules import ConstraintsTable, CostTable, LocationTable, Mode, TermName
from orderline.values.patterns import fits

if TYPE_CHECKING:
    from orderline.core.routing.sight import Sight

# Farther than any two points on Earth: where a distance is not known, every known one is better.
UNKNOWN_DISTANCE_M: Final = 21_000_000

# Of a location alone, or of it with what all orders of a kind share: asked once per batch. True: excluded.
Standing = Callable[[RouteLocation], bool]
# Of one location for one order.
Telling = Callable[["Sight", RouteLocation], bool | None]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """standing, telling: filters in the order in which they are told, each with what it excludes for.

    late_telling: those that need to know how far it is. leftovers: done with what is left; `goes_on`: the next rule.
    """

    name: str
    standing: tuple[tuple[Exclusion, Standing], ...] = ()
    telling: tuple[tuple[Exclusion, Telling], ...] = ()
    late_telling: tuple[tuple[Exclusion, Telling], ...] = ()
    needs_able: bool = True
    sells_channel: bool = False
    keep_safety_stock: bool = False
    constraints: ConstraintsTable = ConstraintsTable()
    objective: tuple[TermName, ...]
    sequence: Mapping[str, int] = {}
    mode: Mode = Mode.EXACT
    goes_on: bool = False
    actions: tuple[Action, ...] = ()


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """selects: is an order of the group, at an instant? key: the order in which its orders choose; None: the usual."""

    name: str
    selects: Callable[[RoutableOrder, datetime], bool]
    key: Callable[[RoutableOrder], Any] | None = None
    trigger: frozenset[Cause] = frozenset()
    rules: tuple[Rule, ...]


class Excluded(msgspec.Struct, frozen=True, kw_only=True):
    """Locations that goods are not sent from: by SKU and tag of the order; empty: any."""

    codes: frozenset[str]
    skus: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    effective_from: datetime | None = None
    effective_to: datetime | None = None

    def applies(self, order: RoutableOrder, sku: str, now: datetime) -> bool:
        """Does it keep a SKU of an order from being sent from there?"""
        if self.channels and order.channel not in self.channels:
            return False
        if self.tags and self.tags.isdisjoint(order.tags):
            return False
        if self.effective_from is not None and now < self.effective_from:
            return False
        if self.effective_to is not None and now >= self.effective_to:
            return False
        return not self.skus or fits(sku, self.skus)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """exact_lines: up to so many lines the best set is proven. work_limit: steps spent on a proof; beyond, greedy.

    candidates_told: most candidates that a decision keeps; it is written to the journal.
    facts: which readings of stock beside the levels its rules need ("sold", "rejected", "feeds").
    """

    version: str
    groups: tuple[Group, ...]
    costs: CostTable = CostTable()
    locations: Mapping[str, LocationTable] = {}
    needs: Mapping[str, tuple[str, ...]] = {}
    excluded: tuple[Excluded, ...] = ()
    facts: frozenset[str] = frozenset()
    exact_lines: int = 8
    work_limit: int = 20_000
    candidates_told: int = 40


DEFAULT_RULE: Final = Rule(
    name="default",
    objective=(TermName.LATE, TermName.LOCATIONS, TermName.COST, TermName.DISTANCE),
)

DEFAULT_POLICY: Final = Policy(
    version="default-2",
    groups=(Group(name="all", selects=lambda order, now: True, rules=(DEFAULT_RULE,)),),
)
