"""From a document to rules that run: every filter and condition becomes a function, once; what is wrong is told."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orderline.core.policies.documents import Document, Fault, convert, nearest_to, parse_document, refuse
from orderline.core.policies.expressions import Condition, compile_condition, context_of
from orderline.core.policies.places import Path
from orderline.core.routing.filtering import Compiling, compile_filters
from orderline.core.routing.model import Action, Cause, RoutableLine, RoutableOrder, RouteLocation, Snapshot
from orderline.core.routing.policy import Excluded, Group, Policy, Rule
from orderline.core.routing.rules import (
    Do,
    ExcludeTable,
    GroupTable,
    LeftoverTable,
    RoutingTable,
    RuleTable,
    SelectTable,
    SortName,
    TermName,
    WindowTable,
)
from orderline.core.routing.sight import Ground, Sight, fields_of_location, fields_of_order
from orderline.values.address import Place
from orderline.values.ids import OrderId
from orderline.values.patterns import fits

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)

# What happens by itself, at any time; and how long a window stays open, so that whatever looks now and then finds it.
_AT_ONCE: Final = frozenset({Cause.ACCEPT, Cause.REJECT, Cause.RECEIPT})
_OPEN_MINUTES: Final = 20
# What an action needs beside its name.
_WANTED: Final = {Do.QUEUE: "label", Do.HOLD: "type", Do.CANCEL: "reason", Do.SET_AUTO_CANCEL_DAYS: "days"}

_SORTS: Final[dict[SortName, Callable[[RoutableOrder], int]]] = {
    SortName.PRIORITY: lambda order: order.priority,
    SortName.PROMISED_BY: lambda order: _instant_us(order.promised_by or _NEVER),
    SortName.PLACED_AT: lambda order: _instant_us(order.placed_at),
    SortName.VALUE: lambda order: sum(line.value_minor * line.quantity for line in order.lines),
    SortName.UNITS: lambda order: sum(line.quantity for line in order.lines),
    SortName.LINES: lambda order: len(order.lines),
    SortName.WEIGHT: lambda order: sum(line.weight_g * line.quantity for line in order.lines),
}


def _instant_us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _example() -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts of an order and a location, as conditions are tried on."""
    line = RoutableLine(1, "SKU", 1, (("pool", 1),))
    order = RoutableOrder(
        order_id=OrderId(UUID(int=0)), group=1, lines=(line,), place=Place(country="FR"), placed_at=_EPOCH
    )
    location = RouteLocation(code="code", pool="pool")
    snapshot = Snapshot(position=0, locations={"code": location}, levels={})
    ground = Ground(snapshot, _EPOCH, Policy(version="", groups=()))
    return fields_of_order(order), fields_of_location(Sight(ground, order, (), {}), location)


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, dict[str, Any]]:
    """What conditions can ask of: order and location, with an example of each field."""
    order, location = _example()
    return {"order": order, "location": location}


def read_routing(text: str) -> tuple[Document, RoutingTable]:
    """The tables of a text. Refused POLICY_MALFORMED, POLICY_INVALID, with places."""
    document = parse_document(text)
    return document, convert(document, RoutingTable)


def compile_routing(text: str, version: str) -> Policy:
    """A text as rules that run. Refused POLICY_MALFORMED, POLICY_INVALID: with the place of each fault.

    version: how decisions name it.
    """
    document, table = read_routing(text)
    compiler = _Compiler(document, table)
    excluded = tuple(compiler.exclusion(at, each) for at, each in enumerate(table.exclude))
    groups = tuple(compiler.group(at, group) for at, group in enumerate(table.group))
    compiler.check()
    if compiler.faults:
        raise refuse(sorted(compiler.faults, key=lambda fault: (fault.line, fault.column)))
    return Policy(
        version=version,
        groups=groups,
        costs=table.costs,
        locations=table.location,
        needs={ability: tuple(skus) for ability, skus in table.needs.items()},
        excluded=excluded,
        facts=frozenset(compiler.facts),
    )


class _Compiler(Compiling):
    def __init__(self, document: Document, table: RoutingTable) -> None:
        self.document = document
        self.table = table
        self.faults: list[Fault] = []
        self.facts: set[str] = set()
        self.labels = {label for notes in table.location.values() for label in notes.groups}

    def check(self) -> None:
        """What concerns more than one table."""
        names = [group.name for group in self.table.group]
        for at, name in enumerate(names):
            if name in names[:at]:
                self.fault(("group", at, "name"), f"a second group `{name}`", "a name of its own")
        window = self.table.window
        if window is not None:
            try:
                ZoneInfo(window.time_zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                self.fault(
                    ("window", "time_zone"), f"unknown time zone `{window.time_zone}`", "a name such as Europe/Paris"
                )
        elif any(cause == "window" for cause in self.table.trigger):
            self.fault(("trigger",), "a trigger `window` without a table [window]", "[window] with `at`")
        if self.table.costs.markdown_minor or self.table.costs.stock_out_ppm:
            self.facts.add("sold")

    def fault(self, path: Path, message: str, expected: str = "", near: tuple[str, ...] = ()) -> None:
        """Note a fault at a value."""
        self.faults.append(self.document.fault(path, message, expected=expected, nearest=near))

    def exclusion(self, at: int, table: ExcludeTable) -> Excluded:
        """Locations that some goods are not sent from."""
        path: Path = ("exclude", at)
        codes = set(table.codes)
        if not table.codes and not table.in_groups:
            self.fault(path, "no locations are named", "`codes` or `in_groups`")
        for index, label in enumerate(table.in_groups):
            if label not in self.labels:
                self.fault(
                    (*path, "in_groups", index), f"no location is in group `{label}`",
                    "a group of a table [location.CODE]", nearest_to(label, self.labels),
                )  # fmt: skip
            codes |= {code for code, notes in self.table.location.items() if label in notes.groups}
        since, until = self.period(path, table.effective_from, table.effective_to)
        return Excluded(
            codes=frozenset(codes), skus=table.skus, tags=frozenset(table.tags), channels=frozenset(table.channels),
            effective_from=since, effective_to=until,
        )  # fmt: skip

    def period(
        self, path: Path, since: datetime | None, until: datetime | None
    ) -> tuple[datetime | None, datetime | None]:
        """When something holds; faults are noted."""
        for name, instant in (("effective_from", since), ("effective_to", until)):
            if instant is not None and instant.tzinfo is None:
                self.fault((*path, name), "a time without a zone", "a time such as 2026-11-01T00:00:00Z")
                return None, None
        if since is not None and until is not None and until <= since:
            self.fault((*path, "effective_to"), "ends before it begins", "a time after effective_from")
        return since, until

    def group(self, at: int, group: GroupTable) -> Group:
        """A group with its rules."""
        path: Path = ("group", at)
        since, until = self.period(path, group.effective_from, group.effective_to)
        names = [rule.name for rule in group.rule]
        for index, name in enumerate(names):
            if name in names[:index]:
                self.fault((*path, "rule", index, "name"), f"a second rule `{name}`", "a name of its own")
        rules = tuple(
            self.rule((*path, "rule", index), group, rule, last=index == len(group.rule) - 1)
            for index, rule in enumerate(group.rule)
        )
        for index, rule in enumerate(group.rule[:-1]):
            if not rules[index].goes_on:
                self.fault(
                    (*path, "rule", index + 1, "name"),
                    f"this rule is never reached: `{rule.name}` does not go on",
                    'a leftover with do = "next_rule" in the rule before',
                )
        tests = self.selection((*path, "select"), group.select)
        if since is not None or until is not None:
            first, last = since or _EPOCH, until or _NEVER
            tests.insert(0, lambda order, now: first <= now < last)
        causes = frozenset(group.trigger or self.table.trigger)
        if not causes >= _AT_ONCE:
            window = self.table.window if Cause.WINDOW in causes else None
            tests.insert(0, lambda order, now: order.cause in causes or (window is not None and _is_open(window, now)))
        if Cause.WINDOW in group.trigger and self.table.window is None:
            self.fault((*path, "trigger"), "a trigger `window` without a table [window]", "[window] with `at`")
        return Group(
            name=group.name,
            selects=_all(tests),
            key=self.sorting((*path, "sort"), group.sort),
            trigger=frozenset(group.trigger or self.table.trigger),
            rules=rules,
        )

    def selection(self, path: Path, select: SelectTable) -> list[Callable[[RoutableOrder, datetime], bool]]:
        """All that has to hold of an order."""
        tests: list[Callable[[RoutableOrder, datetime], bool]] = []

        def one_of(values: Sequence[str], of: Callable[[RoutableOrder], str], *, wanted: bool = True) -> None:
            if values:
                known = frozenset(values)
                tests.append(lambda order, now: (of(order) in known) is wanted)

        one_of(select.channels, lambda order: order.channel)
        one_of(select.not_channels, lambda order: order.channel, wanted=False)
        one_of(select.methods, lambda order: order.method)
        one_of(select.countries, lambda order: order.place.country)
        one_of(select.regions, lambda order: order.place.region)
        one_of([cause.value for cause in select.causes], lambda order: order.cause.value)
        if select.tags:
            tags = frozenset(select.tags)
            tests.append(lambda order, now: not tags.isdisjoint(order.tags))
        if select.not_tags:
            unwanted = frozenset(select.not_tags)
            tests.append(lambda order, now: unwanted.isdisjoint(order.tags))
        if select.skus:
            patterns = select.skus
            tests.append(lambda order, now: any(fits(line.sku, patterns) for line in order.lines))
        if select.pickup is not None:
            pickup = select.pickup
            tests.append(lambda order, now: (order.pickup_location is not None) is pickup)
        for sort, least, below in (
            (SortName.PRIORITY, select.priority_from, None),
            (SortName.VALUE, select.value_from_minor, select.value_below_minor),
            (SortName.UNITS, select.units_from, select.units_below),
            (SortName.WEIGHT, None, select.weight_below_g),
        ):
            if least is not None:
                tests.append(lambda order, now, of=_SORTS[sort], least=least: of(order) >= least)
            if below is not None:
                tests.append(lambda order, now, of=_SORTS[sort], below=below: of(order) < below)
        if select.promised_within_hours is not None:
            within_s = select.promised_within_hours * 3600
            tests.append(
                lambda order, now: (
                    order.promised_by is not None and (order.promised_by - now).total_seconds() <= within_s
                )
            )
        for name, value in select.custom.items():
            tests.append(lambda order, now, name=name, value=value: order.custom.get(name) == value)
        condition = self.condition((*path, "when"), select.when, without=("location",))
        if condition is not None:
            tests.append(lambda order, now: bool(condition.holds(context_of(order=fields_of_order(order)))))
        return tests

    def sorting(self, path: Path, sorts: Sequence[str]) -> Callable[[RoutableOrder], Any] | None:
        """The key that orders of a group are put in order by."""
        keys: list[tuple[int, Callable[[RoutableOrder], Any]]] = []
        for at, given in enumerate(sorts):
            name = given.removeprefix("-")
            try:
                keys.append((-1 if given.startswith("-") else 1, _SORTS[SortName(name)]))
            except ValueError:
                words = [each.value for each in SortName]
                self.fault(
                    (*path, at), f"unknown sort `{given}`", "one of " + ", ".join(words), nearest_to(name, words)
                )
        if not keys:
            return None
        return lambda order: tuple(sign * of(order) for sign, of in keys)

    def rule(self, path: Path, group: GroupTable, rule: RuleTable, *, last: bool) -> Rule:
        """A rule with its filters."""
        standing, telling, late = compile_filters(self, (*path, "locations"), rule.locations)
        for at, term in enumerate(rule.objective):
            if term in rule.objective[:at]:
                self.fault((*path, "objective", at), f"a second `{term}`", "each term once")
            if term is TermName.MONEY and len(rule.objective) > 1 and rule.objective[:at] != (TermName.LATE,)[:at]:
                self.fault((*path, "objective", at), "money has all costs in it", "money alone, or after late")
        if TermName.SEQUENCE in rule.objective and not rule.sequence:
            self.fault((*path, "objective"), "`sequence` without a list", 'sequence = ["code", ...]')
        if TermName.WEEKS_OF_SUPPLY in rule.objective:
            self.facts.add("sold")
        if TermName.REJECTION_RISK in rule.objective:
            self.facts.add("rejected")
        if rule.constraints.ship_complete and rule.constraints.least_value_left_minor is not None:
            self.fault(
                (*path, "constraints", "least_value_left_minor"), "nothing is left of an order that goes complete",
                "one of the two",
            )  # fmt: skip
        actions: list[Action] = []
        goes_on = False
        for at, leftover in enumerate(rule.leftover):
            where: Path = (*path, "leftover", at)
            goes_on = goes_on or leftover.do is Do.NEXT_RULE
            if leftover.do is Do.NEXT_RULE and last:
                self.fault((*where, "do"), f"there is no rule after `{rule.name}`", "another action, or another rule")
            if leftover.do is Do.SPLIT_GROUP and (rule.constraints.ship_complete or not rule.constraints.partial):
                self.fault(
                    (*where, "do"), "the rule itself sends nothing in parts",
                    "no ship_complete, and partial: the group is split where the order asks to go complete",
                )  # fmt: skip
            action = self.action(where, leftover)
            if action is not None:
                actions.append(action)
        if {Do.SET_AUTO_CANCEL_DAYS, Do.CLEAR_AUTO_CANCEL_DAYS} <= {each.do for each in rule.leftover}:
            self.fault((*path, "leftover"), "the date would move at each try", "one of the two")
        if goes_on and len(rule.leftover) > 1:
            self.fault((*path, "leftover"), "the next rule decides on what is left", "next_rule alone")
        return Rule(
            name=rule.name,
            standing=tuple(standing),
            telling=tuple(telling),
            late_telling=tuple(late),
            needs_able=rule.locations.able,
            sells_channel=rule.locations.sells_channel,
            keep_safety_stock=rule.locations.keep_safety_stock,
            constraints=rule.constraints,
            objective=rule.objective,
            sequence={code: at for at, code in enumerate(rule.sequence)},
            mode=rule.mode,
            goes_on=goes_on,
            actions=tuple(actions),
        )

    def action(self, path: Path, leftover: LeftoverTable) -> Action | None:
        """What is done with units left; refused where it can't be carried out."""
        do = leftover.do
        days = "" if leftover.days is None else str(leftover.days)
        given = {"label": leftover.label, "type": leftover.type, "reason": leftover.reason, "days": days}
        wanted = _WANTED.get(do, "")
        for name, value in given.items():
            if value and name not in (wanted, "days"):  # days are looked at where documents are kept
                self.fault((*path, name), f"`{do}` has no `{name}`", f"`{wanted}`" if wanted else "nothing beside `do`")
        if wanted and not given[wanted]:
            self.fault((*path, "do"), f"`{do}` needs `{wanted}`", wanted)
        if do is Do.NEXT_RULE:
            return None
        return Action(do.value, given.get(wanted, ""))

    def condition(self, path: Path, text: str, *, without: Sequence[str] = ()) -> Condition | None:
        """A compiled condition; its faults are noted at their place in the document."""
        if not text:
            return None
        facts = {root: fields for root, fields in vocabulary().items() if root not in without}
        found = compile_condition(text, facts)
        if isinstance(found, Condition):
            return found
        for wrong in found:
            self.faults.append(
                self.document.fault_inside(
                    path, wrong.line, wrong.column, f"CEL: {wrong.message}", "a condition in CEL"
                )
            )
        return None


def _is_open(window: WindowTable, now: datetime) -> bool:
    """Is it one of the times of a window, or a quarter of an hour after it at most?"""
    local = now.astimezone(ZoneInfo(window.time_zone))
    minute = local.hour * 60 + local.minute
    return any((minute - int(at[:2]) * 60 - int(at[3:])) % 1440 < _OPEN_MINUTES for at in window.at)


def _all(tests: Sequence[Callable[[RoutableOrder, datetime], bool]]) -> Callable[[RoutableOrder, datetime], bool]:
    fixed = tuple(tests)
    return lambda order, now: all(test(order, now) for test in fixed)
