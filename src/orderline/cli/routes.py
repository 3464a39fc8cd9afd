"""`orderline route`: why units go where they go."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from orderline.cli.output import emit, json_option, say, table
from orderline.cli.ports import Failure, installation

if TYPE_CHECKING:
    from orderline.core.routing.explaining import Change, Explained, WhyNot


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
        found = load_recorded(database, one_order(database, reference))
        rules = {inputs.policy: load_rules(database, inputs.policy) for _, (_, inputs, _) in found}
    if not found:
        raise Failure("The order has no routing decision.", "It was not routed yet, or by an earlier release.")
    told: list[dict[str, object]] = []
    for decision, (_, inputs, _) in found:
        explained = told_of(decision)
        entry: dict[str, object] = {"decision": str(decision.id), "explain": msgspec.to_builtins(explained)}
        if not as_json:
            _draw(explained)
        if location is not None:
            other = why_not(inputs, rules[inputs.policy], location)
            entry["why_not"] = msgspec.to_builtins(other)
            changes = what_would_have_to_change(inputs, rules[inputs.policy], location) if what_if else []
            if what_if:
                entry["what_would_have_to_change"] = msgspec.to_builtins(changes)
            if not as_json:
                _draw_other(other, changes, asked=what_if)
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
            _draw(explained)
        if location is not None:
            other = why_not(each.inputs, each.policy, location)
            changes = what_would_have_to_change(each.inputs, each.policy, location) if what_if else []
            entry["why_not"] = msgspec.to_builtins(other)
            if what_if:
                entry["what_would_have_to_change"] = msgspec.to_builtins(changes)
            if not as_json:
                _draw_other(other, changes, asked=what_if)
        told.append(entry)
    if as_json:
        emit({"items": told})
    elif not told:
        say("No units of the order wait for a location.")


def _draw(told: "Explained") -> None:
    served = ", ".join(f"{units} from {code}" for code, units in told.served.items()) or "nothing"
    click.echo(f"{served}; by {told.policy}, rule {told.rule or 'none'} ({told.method})")
    rows = [
        (name, value, told.runner_up_terms.get(name, ""), told.runner_up_terms[name] - value if told.runner_up else "")
        for name, value in told.terms.items()
    ]
    if rows:
        table(
            ("term", "+".join(told.winner), "+".join(told.runner_up) or "no other way", "more"), rows, right=(1, 2, 3)
        )
    if told.costs:
        costs = " + ".join(f"{kind} {minor}" for kind, minor in told.costs.items())
        click.echo(f"cost: {costs} = {told.cost_minor}")
    for why, codes in told.removed.items():
        click.echo(f"removed: {why}: {', '.join(codes)}")
    for hit in told.hits:
        click.echo(f"bound: {hit}")
    for why, units in told.left.items():
        click.echo(f"left: {units} {why}")


def _draw_other(other: "WhyNot", changes: "list[Change]", *, asked: bool) -> None:
    if other.serves:
        click.echo(f"{other.location} serves it.")
        return
    if other.no_stock:
        click.echo(f"Not {other.location}: it had no stock of the order in its pools.")
    elif other.removed_by:
        click.echo(f"Not {other.location}: removed by {other.removed_by}.")
    else:
        click.echo(f"Not {other.location}: {'+'.join(other.plan)} loses by {other.decided_by}.")
        rows = [
            (name, value, other.winner_terms.get(name, ""), other.differences[name])
            for name, value in other.terms.items()
        ]
        table(("term", "+".join(other.plan), "+".join(other.winner), "more"), rows, right=(1, 2, 3))
    for each in changes:
        about = f" of {each.about}" if each.about else ""
        click.echo(f"It would serve with {each.fact}{about} {each.needed} instead of {each.now}.")
    if asked and not changes:
        say("No change of one fact alone would do.")
