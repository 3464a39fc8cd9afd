"""`orderline policy`: check, put, activate, roll back, compare and simulate policies."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import click
import msgspec

from orderline.cli.inputs import INSTANT
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import count, instant, plain
from orderline.cli.ports import Failure, installation
from orderline.cli.precision import precision
from orderline.cli.route_words import figure, money
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

if TYPE_CHECKING:
    from orderline.core.orders.commands import Command
    from orderline.core.policies.state import Policy as PolicyRecord
    from orderline.core.policies.state import PolicyVersion
    from orderline.core.routing.policy import Policy
    from orderline.core.routing.simulating import Simulation
    from orderline.store.database import Database

_FIRST, _FAR = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_REASON = click.option("--reason", default="", help="Why; it is kept with it.")
# Of the orders that would go elsewhere, so many are named.
MOST_SHOWN: Final = 20
_FIGURES: Final = {
    "orders": "decisions",
    "units_left": "units without a location",
    "ship_minor": "shipping",
    "cost_minor": "cost",
    "carbon_g": "carbon",
    "distance_m": "distance",
}


def _text_in(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise Failure(f"{file} is not a text in UTF-8: byte {wrong.start} is none.") from None


@click.group()
def policy() -> None:
    """Rules as documents in versions: validate, put, activate, rollback, diff, show, simulate."""


@policy.command()
@click.argument("file", type=_FILE)
@click.option("--offline", is_flag=True, help="Do not look whether locations and channels exist.")
@json_option
def validate(file: Path, offline: bool, as_json: bool) -> None:
    """Check the text in FILE; what is wrong is told with line and column."""
    from orderline.core.policies.kinds import check_policy
    from orderline.store.working import KnownSettings
    from orderline.values.failures import Refused

    text = _text_in(file)
    try:
        if offline:
            check_policy(text, None)
        else:
            with installation().database() as database:
                check_policy(text, KnownSettings(database).current())
    except Refused as refused:
        raise _not_right(file, refused, as_json=as_json) from None
    if as_json:
        emit({"valid": True})
    else:
        click.echo(f"{file} is right.")


@policy.command()
@click.argument("name")
@click.argument("file", type=_FILE)
@click.option("--note", default="", help="What is new in it.")
@click.option("--draft", is_flag=True, help="Keep it though it is not right yet.")
@json_option
def put(name: str, file: Path, note: str, draft: bool, as_json: bool) -> None:
    """Add the text in FILE as the next version of the policy NAME; it does not hold yet."""
    from orderline.core.policies.commands import PutPolicy

    command = PutPolicy(policy=name, text=_text_in(file), note=note, draft=draft)
    try:
        kept = _run(command)
    except Refused as refused:
        if "faults" not in refused.facts:
            raise
        raise _not_right(file, refused, as_json=as_json) from None
    _told(kept, as_json=as_json)


@policy.command()
@click.argument("name")
@click.argument("version", type=click.IntRange(1))
@click.option("--from", "since", type=INSTANT, help="When it begins to hold; now, when not given.")
@click.option("--to", "until", type=INSTANT, help="When it ends to hold.")
@_REASON
@json_option
def activate(
    name: str, version: int, since: datetime | None, until: datetime | None, reason: str, as_json: bool
) -> None:
    """Let VERSION of the policy NAME hold."""
    from orderline.core.policies.commands import ActivatePolicy

    command = ActivatePolicy(
        policy=name, policy_version=version, effective_from=since, effective_to=until, reason=reason
    )
    _told(_run(command), as_json=as_json)


@policy.command()
@click.argument("name")
@_REASON
@json_option
def rollback(name: str, reason: str, as_json: bool) -> None:
    """Let the version of the policy NAME hold again that held before."""
    from orderline.core.policies.commands import RollBackPolicy

    _told(_run(RollBackPolicy(policy=name, reason=reason)), as_json=as_json)


@policy.command()
@click.argument("name")
@_REASON
@json_option
def retire(name: str, reason: str, as_json: bool) -> None:
    """Let no version of the policy NAME hold."""
    from orderline.core.policies.commands import RetirePolicy

    _told(_run(RetirePolicy(policy=name, reason=reason)), as_json=as_json)


@policy.command()
@click.argument("name")
@click.argument("version", type=click.IntRange(0))
@json_option
def shadow(name: str, version: int, as_json: bool) -> None:
    """Score VERSION of the policy NAME beside the live one; 0 ends that."""
    from orderline.core.policies.commands import ShadowPolicy

    _told(_run(ShadowPolicy(policy=name, policy_version=version)), as_json=as_json)


@policy.command("shadow-report")
@click.argument("name")
@click.option("--version", type=click.IntRange(1), help="That was scored; the one that is now, when not given.")
@click.option("--since", type=INSTANT, help="Decisions from this instant on; all, when not given.")
@click.option("--until", type=INSTANT, help="Decisions before this instant.")
@json_option
def shadow_report(
    name: str, version: int | None, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """What a version scored beside the live one would have come to, in units and money."""
    from orderline.core.policies.state import named
    from orderline.core.routing.simulating import compare_shadows, new_report
    from orderline.store.policies import shadows_between

    with installation().database() as database:
        found = _policy(database, name)
        shadow = named(name, _version(found, version or found.shadow or len(found.versions)).number)
        report = new_report(shadow)
        for some in shadows_between(database, since or _FIRST, until or _FAR):
            compare_shadows(some, shadow, report)
        numbers = _numbers(database, report)
    if as_json:
        emit(report)
    else:
        _told_report(report, numbers)


@policy.command()
@click.argument("name")
@click.option("--version", type=click.IntRange(1), help="Print the text of this version.")
@json_option
def show(name: str, version: int | None, as_json: bool) -> None:
    """The versions of the policy NAME and when they hold, or the text of one."""
    with installation().database() as database:
        found = _policy(database, name)
        text = _text(database, found, _version(found, version)) if version is not None else None
    if text is not None:
        click.echo(text)
        return
    _told(found, as_json=as_json)


@policy.command()
@click.argument("name")
@click.argument("before", type=click.IntRange(1), required=False)
@click.argument("after", type=click.IntRange(1), required=False)
@json_option
def diff(name: str, before: int | None, after: int | None, as_json: bool) -> None:
    """What versions BEFORE and AFTER of the policy NAME say differently; the last two, when not given."""
    from orderline.core.policies.diff import compare

    with installation().database() as database:
        found = _policy(database, name)
        second = _version(found, after or len(found.versions))
        first = _version(found, before or max(1, second.number - 1))
        changes = compare(*(_text(database, found, each) for each in (first, second)))
    if as_json:
        emit({"before": first.number, "after": second.number, "changes": changes})
        return
    for each in changes:
        click.echo(f"{each.field}: {_plain(each.before)} -> {_plain(each.after)}")
    if not changes:
        say(f"Versions {first.number} and {second.number} say the same.")


@policy.command()
@click.argument("name")
@click.option("--version", type=click.IntRange(1), help="Of the policy NAME; the last, when not given.")
@click.option("--file", type=_FILE, help="Simulate the text in this file instead; NAME is what it is called.")
@click.option("--since", type=INSTANT, help="Decisions from this instant on; all, when not given.")
@click.option("--until", type=INSTANT, help="Decisions before this instant.")
@click.option("--inputs", type=_FILE, help="Orders of a JSON Lines file instead of those recorded.")
@click.option(
    "--against", type=_FILE, help="With --inputs: the policy to compare with; the default rules, when not given."
)
@click.option("--keep", is_flag=True, help="Keep the figures with the version.")
@json_option
def simulate(
    name: str, version: int | None, file: Path | None, since: datetime | None, until: datetime | None,
    inputs: Path | None, against: Path | None, keep: bool, as_json: bool,
) -> None:  # fmt: skip
    """What a version would have decided on recorded orders, beside what was decided."""
    from orderline.core.routing.compiling import compile_routing
    from orderline.core.routing.model import Inputs
    from orderline.core.routing.policy import DEFAULT_POLICY
    from orderline.core.routing.simulating import compare_policies

    began = perf_counter()
    number = 0
    numbers: dict[str, str] = {}
    if inputs is not None and file is not None:
        rules = compile_routing(_text_in(file), name)
        other = compile_routing(_text_in(against), against.stem) if against else DEFAULT_POLICY
        decode = msgspec.json.Decoder(Inputs).decode
        with inputs.open("rb") as lines:
            report = compare_policies((decode(line) for line in lines if line.strip()), other, rules)
    elif inputs is not None:
        raise click.UsageError("--inputs needs --file")
    else:
        with installation().database() as database:
            number, rules = rules_of(database, name, version, file)
            report = _recorded(database, rules, since, until)
            numbers = _numbers(database, report)
    seconds = perf_counter() - began
    if keep and number:
        from orderline.core.policies.commands import NoteSimulation

        figures = {f"after_{key}": value for key, value in msgspec.structs.asdict(report.after).items()}
        figures |= {f"before_{key}": value for key, value in msgspec.structs.asdict(report.before).items()}
        _run(NoteSimulation(policy=name, policy_version=number, figures=figures | {"changed": report.changed}))
    if as_json:
        emit({**msgspec.to_builtins(report), "seconds": round(seconds, 3)})
        return
    _told_report(report, numbers)
    say(
        f"{report.same_bytes:,} of {report.before.orders:,} decisions come out as they were, byte for byte; {seconds:.1f} s."
    )


def _not_right(file: Path, refused: Refused, *, as_json: bool) -> Failure:
    """Each fault is said with its place, as compilers do."""
    faults: list[dict[str, Any]] = refused.facts.get("faults", [])
    if not as_json:
        for each in faults:
            told = f"{file}:{each['line']}:{each['column']}: {each['message']}"
            told += f"; expected {each['expected']}" if each.get("expected") else ""
            told += f"; did you mean {' or '.join(each['nearest'])}?" if each.get("nearest") else ""
            say(told)
    return Failure(f"{file} is not right.", "Mend it at the places told.", faults=faults)


def _told_report(report: "Simulation", numbers: Mapping[str, str]) -> None:
    """The figures of both beside one another, and the first orders that differ. numbers: of orders, by id."""
    after = msgspec.structs.asdict(report.after)
    rows = [
        (_FIGURES.get(key, plain(key)), *(figure(key, each, report.currency) for each in (value, after[key])),
         figure(key, after[key] - value, report.currency))
        for key, value in msgspec.structs.asdict(report.before).items()
    ]  # fmt: skip
    table(("", "as decided", report.policy, "difference"), rows, right=(1, 2, 3))
    if not report.changed:
        click.echo("No order goes elsewhere.")
        return
    goes = "order goes" if report.changed == 1 else "orders go"
    click.echo(f"{report.changed:,} {goes} elsewhere, with {count(report.units_moved, 'unit')}.")
    for each in report.differences[:MOST_SHOWN]:
        more = each.cost_after - each.cost_before
        cost = f"{'+' if more > 0 else ''}{money(more, report.currency)}"
        name = numbers.get(each.order, each.order)
        click.echo(f"  {name}: {_places(each.before)} -> {_places(each.after)}; cost {cost}")
    if report.changed > MOST_SHOWN:
        click.echo(f"  and {report.changed - MOST_SHOWN:,} more; --json has the first {len(report.differences):,}")


def _numbers(database: "Database", report: "Simulation") -> dict[str, str]:
    """The numbers of the orders that are told, by id."""
    from orderline.store.working import read_orders

    ids = [OrderId(UUID(each.order)) for each in report.differences[:MOST_SHOWN]]
    return {str(id_): order.number for id_, order in read_orders(database, ids).items()}


def _recorded(database: "Database", rules: "Policy", since: datetime | None, until: datetime | None) -> "Simulation":
    from orderline.core.routing.simulating import simulate as run
    from orderline.store.policies import recorded_between

    report = run((), rules)
    for some in recorded_between(database, since or _FIRST, until or _FAR):
        run(((each.body, each.inputs) for each in some), rules, report)
    return report


def rules_of(database: "Database", name: str, version: int | None, file: Path | None = None) -> "tuple[int, Policy]":
    """(number, rules) of a version of a policy, the last one when none is given; or of a text in a file."""
    from orderline.core.policies.state import named
    from orderline.core.routing.compiling import compile_routing
    from orderline.core.routing.policy import DEFAULT_POLICY

    if file is not None:
        return 0, compile_routing(_text_in(file), name)
    if name == DEFAULT_POLICY.version:
        return 0, DEFAULT_POLICY
    found = _policy(database, name)
    chosen = _version(found, version or len(found.versions))
    return chosen.number, compile_routing(_text(database, found, chosen), named(name, chosen.number))


def _run(command: "Command") -> "PolicyRecord":
    from orderline.core.policies.state import Policy

    with installation().database() as database, installation().engine(database) as engine:
        return msgspec.json.decode(engine.run(command), type=Policy)


def _policy(database: "Database", name: str) -> "PolicyRecord":
    from orderline.core.policies.refusals import PolicyRefusal
    from orderline.core.policies.state import PolicyKind
    from orderline.store.policies import load_policies
    from orderline.values.failures import Refused

    policies = {each.id: each for kind in PolicyKind for each in load_policies(database, kind)}
    if name not in policies:
        raise Refused(PolicyRefusal.POLICY_UNKNOWN, field="policy", value=name, allowed=sorted(policies)[:50])
    return policies[name]


def _version(policy: "PolicyRecord", number: int) -> "PolicyVersion":
    from orderline.core.policies.refusals import PolicyRefusal
    from orderline.values.failures import Refused

    found = policy.version_of(number)
    if found is None:
        allowed = f"1 to {len(policy.versions)}"
        raise Refused(PolicyRefusal.POLICY_VERSION_UNKNOWN, field="version", value=number, allowed=allowed)
    return found


def _text(database: "Database", policy: "PolicyRecord", version: "PolicyVersion") -> str:
    from orderline.core.policies.state import text_id
    from orderline.store.policies import load_texts

    id_ = text_id(policy.id, version.digest)
    return load_texts(database, [id_])[id_]


def _told(policy: "PolicyRecord", *, as_json: bool) -> None:
    if as_json:
        emit(policy)
        return
    active = policy.active_at(datetime.now(UTC))
    rows = [
        (each.number, each.state.value, "holds" if each is active else "", instant(each.put_at), each.put_by, each.note)
        for each in policy.versions
    ]
    table(("version", "state", "now", "put", "by", "note"), rows, right=(0,))


def _plain(value: Any) -> str:
    return "nothing" if value is None else msgspec.json.encode(value).decode()


def _places(served: dict[str, int]) -> str:
    return ", ".join(f"{code} {units}" for code, units in served.items()) or "nowhere"


policy.add_command(precision)
