"""`orderline route`: why units go where they go."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click
import msgspec

from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import count
from orderline.cli.ports import Failure, installation
from orderline.cli.route_words import figure, money
from orderline.core.routing.words import cost_kind, fact, term, why

if TYPE_CHECKING:
    from orderline.core.routing.explaining import Change, Explained, WhyNot
    from orderline.store.database import Database


@click.group()
def route() -> None:
    """Look at routing decisions: explain, dry-run."""


@route.command()
@click.argument("reference")
@click.option("--why-not", "location", help="Why not this location.")
@click.option("--what-if", "what_if", is_flag=True, help="With --why-not: what would have to change for it.")
@json_option
def explain(reference: str, location: str | None, what_if: bool, as_json: bool) -> None:
    """Why the units of an order went where they went, by the rules and the stock of that moment.

    REFERENCE is its number (SO-1001), its id, or the id that its channel gave it.
    """
    from orderline.cli.orders import one_order
    from orderline.core.routing.explaining import explain as told_of
    from orderline.core.routing.explaining import what_would_have_to_change, why_not
    from orderline.store.policies import load_recorded, load_rules

    if what_if and location is None:
        raise click.UsageError("--what-if needs --why-not")
    with installation().database() as database:
        _check_location(database, location)
        found = load_recorded(database, one_order(database, reference))
        rules = {inputs.policy: load_rules(database, inputs.policy) for _, (_, inputs, _) in found}
    if not found:
        raise Failure("The order has no routing decision.", "It was not routed yet, or by an earlier release.")
    told: list[dict[str, object]] = []
    for index, (decision, (_, inputs, _)) in enumerate(found, 1):
        explained = told_of(decision)
        entry: dict[str, object] = {"decision": str(decision.id), "explain": msgspec.to_builtins(explained)}
        if not as_json:
            if len(found) > 1:
                click.echo(f"{'' if index == 1 else chr(10)}Decision {index} of {len(found)}:")
            _draw(explained, inputs.order.currency)
        if location is not None:
            other = why_not(inputs, rules[inputs.policy], location)
            entry["why_not"] = msgspec.to_builtins(other)
            changes = what_would_have_to_change(inputs, rules[inputs.policy], location) if what_if else []
            if what_if:
                entry["what_would_have_to_change"] = msgspec.to_builtins(changes)
            if not as_json:
                _draw_other(other, changes, inputs.order.currency, asked=what_if)
        told.append(entry)
    if as_json:
        emit({"items": told})


@route.command("dry-run")
@click.argument("reference")
@click.option("--policy", help="The rules to try; those that hold, when not given.")
@click.option("--version", type=click.IntRange(1), help="Of the policy; the last, when not given.")
@click.option("--why-not", "location", help="Why not this location.")
@click.option("--what-if", "what_if", is_flag=True, help="With --why-not: what would have to change for it.")
@json_option
def dry_run(
    reference: str, policy: str | None, version: int | None, location: str | None, what_if: bool, as_json: bool
) -> None:
    """Where the units of an order that wait for a location would go now; nothing is written.

    REFERENCE is its number (SO-1001), its id, or the id that its channel gave it.
    """
    from orderline.cli.orders import one_order
    from orderline.cli.policies import rules_of
    from orderline.core.routing.explaining import explain as told_of
    from orderline.core.routing.explaining import what_would_have_to_change, why_not
    from orderline.engine.routing import dry_run as run

    if what_if and location is None:
        raise click.UsageError("--what-if needs --why-not")
    if version is not None and policy is None:
        raise click.UsageError("--version needs --policy")
    with installation().database() as database:
        _check_location(database, location)
        rules = rules_of(database, policy, version)[1] if policy is not None else None
        found = run(database, one_order(database, reference), datetime.now(UTC), rules)
    told: list[dict[str, object]] = []
    for each in found:
        explained = told_of(each.decision)
        entry: dict[str, object] = {
            "group": each.decision.group,
            "allotments": msgspec.to_builtins(each.decision.allotments),
            "unassigned": msgspec.to_builtins(each.decision.unassigned),
            "explain": msgspec.to_builtins(explained),
        }
        if not as_json:
            _draw(explained, each.inputs.order.currency)
        if location is not None:
            other = why_not(each.inputs, each.policy, location)
            changes = what_would_have_to_change(each.inputs, each.policy, location) if what_if else []
            entry["why_not"] = msgspec.to_builtins(other)
            if what_if:
                entry["what_would_have_to_change"] = msgspec.to_builtins(changes)
            if not as_json:
                _draw_other(other, changes, each.inputs.order.currency, asked=what_if)
        told.append(entry)
    if as_json:
        emit({"items": told})
    elif not told:
        say("No units of the order wait for a location.")


def _draw(told: "Explained", currency: str) -> None:
    served = ", ".join(f"{count(units, 'unit')} from {code}" for code, units in told.served.items()) or "nothing"
    click.echo(f"{served}; by {told.policy}, rule {told.rule or 'none'} ({told.method})")
    if told.terms and told.runner_up:
        compared = told.runner_up_terms
        _compare(told.winner, told.terms, told.runner_up, compared, {k: compared[k] - v for k, v in told.terms.items()},
                 currency)  # fmt: skip
    elif told.terms:
        rows = [(term(name), figure(name, value, currency)) for name, value in told.terms.items()]
        table(("no other way", "+".join(told.winner)), rows, right=(1,))
    if told.costs:
        costs = " + ".join(f"{cost_kind(kind)} {money(minor, currency)}" for kind, minor in told.costs.items())
        click.echo(f"cost: {costs} = {money(told.cost_minor, currency)}")
    for reason, codes in told.removed.items():
        click.echo(f"left out, {why(reason)}: {', '.join(codes)}")
    for hit in told.hits:
        click.echo(f"bound: {hit}")
    for reason, units in told.left.items():
        click.echo(f"without a location: {count(units, 'unit')}, {why(reason)}")


def _compare(
    first: Sequence[str],
    terms: Mapping[str, int],
    second: Sequence[str],
    others: Mapping[str, int],
    differences: Mapping[str, int],
    currency: str,
) -> None:
    """Terms of two ways beside one another, the weightiest first."""
    rows = [
        (
            term(name),
            figure(name, value, currency),
            figure(name, others[name], currency) if name in others else "",
            figure(name, differences[name], currency),
        )
        for name, value in terms.items()
    ]
    table(("compared by", "+".join(first), "+".join(second), "difference"), rows, right=(1, 2, 3))


def _draw_other(other: "WhyNot", changes: "list[Change]", currency: str, *, asked: bool) -> None:
    if other.serves:
        click.echo(f"{other.location} serves it.")
        return
    if other.no_stock:
        click.echo(f"Not {other.location}: it had no stock of the order in its pools.")
    elif other.removed_by:
        click.echo(f"Not {other.location}: left out, {why(other.removed_by)} ({other.removed_by}).")
    else:
        click.echo(f"Not {other.location}: {'+'.join(other.plan)} loses by {term(other.decided_by)}.")
        _compare(other.plan, other.terms, other.winner, other.winner_terms, other.differences, currency)
    for each in changes:
        about = f" of {each.about}" if each.about else ""
        needed, now = figure(each.fact, each.needed, currency), figure(each.fact, each.now, currency)
        click.echo(f"It would serve with {fact(each.fact)}{about}: {needed} instead of {now}.")
    if asked and not changes:
        say("No change of one fact alone would do.")


def _check_location(database: "Database", code: str | None) -> None:
    from orderline.cli.sources import reading

    if code is None:
        return
    with reading(database) as source:
        known = source.settings().locations
    if code not in known:
        near = get_close_matches(code, known, 3)
        raise Failure(
            f"There is no location '{code}'.",
            f"Did you mean {' or '.join(near)}?" if near else "`orderline location list` lists them.",
            value=code,
        )
