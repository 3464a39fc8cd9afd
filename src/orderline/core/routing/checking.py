"""What is rightly written in routing rules and can never come to anything: told before a version is kept.

Rules that hold already are not asked: a release that sees more must not stop what went before.
"""

from collections.abc import Callable, Iterator, Sequence

from orderline.core.policies.documents import Document, Fault
from orderline.core.policies.places import Path
from orderline.core.routing.rules import Do, GroupTable, LocationsTable, RoutingTable, SelectTable

Tell = Callable[[Path, str, str], Fault]


def check_hollow(document: Document, table: RoutingTable) -> list[Fault]:
    """Groups that no order comes to, rules without a location, and values that nothing asks for."""

    def tell(path: Path, message: str, expected: str) -> Fault:
        return document.fault(path, message, expected=expected)

    faults: list[Fault] = []
    for at, group in enumerate(table.group):
        path: Path = ("group", at)
        earlier = next((each for each in table.group[:at] if _takes_all(each, group, table)), None)
        if earlier is not None:
            message = f"no order comes to this group: `{earlier.name}` takes all of them"
            faults.append(tell((*path, "name"), message, "a [group.select] in the group before, or another order"))
        faults.extend(_selections((*path, "select"), group.select, tell))
        for index, rule in enumerate(group.rule):
            inside: Path = (*path, "rule", index)
            faults.extend(
                tell((*inside, "leftover", n, "days"), f"`{left.do}` has no `days`", "nothing beside `do`")
                for n, left in enumerate(rule.leftover)
                if left.days is not None and left.do is not Do.SET_AUTO_CANCEL_DAYS
            )
            faults.extend(_locations((*inside, "locations"), rule.locations, table, tell))
    return faults


def _takes_all(group: GroupTable, after: GroupTable, table: RoutingTable) -> bool:
    causes = group.trigger or table.trigger
    return (
        group.select == SelectTable()
        and group.effective_from is None
        and group.effective_to is None
        and set(causes) >= set(after.trigger or table.trigger)
    )


def _selections(path: Path, select: SelectTable, tell: Tell) -> Iterator[Fault]:
    pairs: Sequence[tuple[str, Sequence[str], Sequence[str]]] = (
        ("channels", select.channels, select.not_channels),
        ("tags", select.tags, select.not_tags),
    )
    for name, wanted, unwanted in pairs:
        if wanted and set(wanted) <= set(unwanted):
            yield tell((*path, name), "no order is left", f"{name} that are not excluded")
    bounds = (
        ("value_below_minor", select.value_from_minor, select.value_below_minor),
        ("units_below", select.units_from, select.units_below),
    )
    for name, least, below in bounds:
        if least is not None and below is not None and below <= least:
            yield tell((*path, name), "no order is left", f"more than {least}")


def _locations(path: Path, rules: LocationsTable, table: RoutingTable, tell: Tell) -> Iterator[Fault]:
    """Nothing, where locations are named by code or group and none is left."""
    if not rules.codes and not rules.in_groups:
        return

    def members(labels: Sequence[str]) -> set[str]:
        return {code for code, notes in table.location.items() if not set(labels).isdisjoint(notes.groups)}

    left = set(rules.codes) or members(rules.in_groups)
    if rules.in_groups:
        left &= members(rules.in_groups)
    left -= set(rules.not_codes) | members(rules.not_in_groups)
    if not left:
        name = "codes" if rules.codes else "in_groups"
        yield tell((*path, name), "no location is left", "locations that the rule's other filters leave")
