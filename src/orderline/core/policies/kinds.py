"""The kinds of policies: what checks their documents. One mechanism; a kind adds a row."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from orderline.core.entities.state import MAIN
from orderline.core.holds.policy import compile_holds
from orderline.core.holds.policy import scope_of as hold_scope
from orderline.core.holds.rules import TYPES
from orderline.core.ledger.chart import check_chart, compile_chart
from orderline.core.policies.documents import Document, Fault, nearest_to, parse_document, refuse
from orderline.core.policies.places import Path
from orderline.core.policies.state import Policy, PolicyKind, Scope
from orderline.core.returns.policy import compile_returns, scope_of
from orderline.core.routing.checking import check_hollow
from orderline.core.routing.compiling import compile_routing, read_routing
from orderline.core.shipping_fees.policy import check_shipping, compile_shipping
from orderline.core.stock.state import Settings


def check_policy(text: str, settings: Settings | None, *, draft: bool = False) -> tuple[PolicyKind, Scope]:
    """What a text is a policy for. Refused POLICY_MALFORMED, POLICY_INVALID: all that is wrong, with its place.

    settings: without them it is not looked whether locations and channels exist.
    draft: only the kind and the scope need to be right.
    """
    document = parse_document(text)
    told = document.values.get("kind")
    kind = next((each for each in PolicyKind if each == told), None)
    if kind is None:
        words = [each.value for each in PolicyKind]
        near = nearest_to(str(told), words)
        raise refuse(
            [document.fault(("kind",), f"unknown kind `{told}`", expected="one of " + ", ".join(words), nearest=near)]
        )
    if draft:
        return kind, Scope()
    if settings is None:
        _COMPILERS[kind](text, "")
        return kind, Scope()
    return kind, _CHECKS[kind](text, settings)


def active_policies(policies: Iterable[Policy], kind: PolicyKind, at: datetime) -> list[tuple[Policy, int]]:
    """Policies with the version that holds of each, the narrowest scope first, then by name."""
    found: list[tuple[int, str, Policy, int]] = []
    for policy in policies:
        version = policy.active_at(at) if policy.kind is kind else None
        if version is not None:
            found.append((-version.scope.width, policy.id, policy, version.number))
    return [(policy, number) for _, _, policy, number in sorted(found, key=lambda each: each[:2])]


def _check_routing(text: str, settings: Settings) -> Scope:
    compile_routing(text, "")
    document, table = read_routing(text)
    faults = check_hollow(document, table)

    def known(path: Path, values: Iterable[str], all_: Iterable[str], what: str) -> None:
        names = list(all_)
        faults.extend(
            document.fault(
                path,
                f"there is no {what} `{value}`",
                expected=f"the code of a {what}",
                nearest=nearest_to(value, names),
            )
            for value in values
            if value not in names
        )

    for code, notes in table.location.items():
        if code not in settings.locations:
            faults.append(_unknown_key(document, ("location", code), code, settings))
        known(("location", code, "channels"), notes.channels, settings.channels, "channel")
    known(("scope", "channels"), table.scope.channels, settings.channels, "channel")
    known(("scope", "stores"), table.scope.stores, settings.locations, "location")
    for at, excluded in enumerate(table.exclude):
        known(("exclude", at, "codes"), excluded.codes, settings.locations, "location")
        known(("exclude", at, "channels"), excluded.channels, settings.channels, "channel")
    for at, group in enumerate(table.group):
        where: Path = ("group", at)
        known((*where, "select", "channels"), group.select.channels, settings.channels, "channel")
        known((*where, "select", "not_channels"), group.select.not_channels, settings.channels, "channel")
        for index, rule in enumerate(group.rule):
            inside: Path = (*where, "rule", index)
            known((*inside, "locations", "codes"), rule.locations.codes, settings.locations, "location")
            known((*inside, "locations", "not_codes"), rule.locations.not_codes, settings.locations, "location")
            known((*inside, "sequence"), rule.sequence, settings.locations, "location")
            for index_left, leftover in enumerate(rule.leftover):
                if leftover.type and leftover.type not in TYPES:
                    faults.append(
                        document.fault(
                            (*inside, "leftover", index_left, "type"),
                            f"there is no hold type `{leftover.type}`",
                            expected="one of " + ", ".join(sorted(TYPES)),
                            nearest=nearest_to(leftover.type, TYPES),
                        )
                    )
    if faults:
        raise refuse(sorted(faults, key=lambda fault: (fault.line, fault.column)))
    return Scope(table.scope.channels, table.scope.brands, table.scope.stores)


def _unknown_key(document: Document, path: Path, code: str, settings: Settings) -> Fault:
    return document.fault(
        path, f"there is no location `{code}`", expected="the code of a location",
        nearest=nearest_to(code, settings.locations), key=True,
    )  # fmt: skip


def _check_returns(text: str, settings: Settings) -> Scope:
    policy = compile_returns(text, "")
    document, table = parse_document(text), policy.table
    faults = [
        document.fault(
            ("scope", "channels"),
            f"there is no channel `{code}`",
            expected="the code of a channel",
            nearest=nearest_to(code, settings.channels),
        )
        for code in table.scope.channels
        if code not in settings.channels
    ]
    faults += [
        document.fault(
            ("to", country),
            f"there is no location `{code}`",
            expected="the code of a location",
            nearest=nearest_to(code, settings.locations),
        )
        for country, code in table.to.items()
        if code not in settings.locations
    ]
    if faults:
        raise refuse(sorted(faults, key=lambda fault: (fault.line, fault.column)))
    return scope_of(policy)


def _check_holds(text: str, settings: Settings) -> Scope:
    policy = compile_holds(text, "")
    document = parse_document(text)
    faults = [
        document.fault(
            ("scope", "channels"),
            f"there is no channel `{code}`",
            expected="the code of a channel",
            nearest=nearest_to(code, settings.channels),
        )
        for code in policy.table.scope.channels
        if code not in settings.channels
    ]
    if faults:
        raise refuse(faults)
    return hold_scope(policy)


_CHECKS: Final[dict[PolicyKind, Callable[[str, Settings], Scope]]] = {
    PolicyKind.ROUTING: _check_routing,
    PolicyKind.RETURNS: _check_returns,
    PolicyKind.CHART: lambda text, settings: check_chart(text, {MAIN, *settings.entities}),
    PolicyKind.HOLDS: _check_holds,
    PolicyKind.SHIPPING: lambda text, settings: check_shipping(text, settings.channels),
}
_COMPILERS: Final[dict[PolicyKind, Callable[[str, str], object]]] = {
    PolicyKind.ROUTING: compile_routing,
    PolicyKind.RETURNS: compile_returns,
    PolicyKind.CHART: compile_chart,
    PolicyKind.HOLDS: compile_holds,
    PolicyKind.SHIPPING: compile_shipping,
}
