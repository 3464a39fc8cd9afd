"""`orderline stock reallocate`, `replenish`, `cover`, `plan-count`, `tasks`: what would be best done with stock.

It is shown first, and done when somebody agrees.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from orderline.cli.agreeing import agreed, document, person, yes_option
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, count, instant
from orderline.cli.ports import Failure, installation
from orderline.cli.stock_changes import stock
from orderline.values.ids import new_id

if TYPE_CHECKING:
    from orderline.core.reallocations.state import Reallocation

__all__ = ["stock"]

MOST_TASKS = 1_000


@stock.command()
@click.argument("reference", metavar="ORDER")
@click.argument("line", type=click.IntRange(1))
@click.argument("quantity", type=click.IntRange(1))
@click.option("--name", default="", help="What it is to be known by; an id, when not given.")
@click.option("--reason", default="", help="Why, for the record of both sides.")
@click.option("--propose", is_flag=True, help="Let somebody else approve it.")
@yes_option
@json_option
def reallocate(
    reference: str, line: int, quantity: int, name: str, reason: str, propose: bool, yes: bool, as_json: bool
) -> None:
    """Give LINE of ORDER so many units of other orders, by the rules of who may take from whom."""
    from orderline.core.reallocations.commands import ProposeReallocation, Reallocate, TakeInput
    from orderline.core.reallocations.state import Reallocation
    from orderline.engine.previewing import preview_record
    from orderline.store.reading.reallocations import load_shares
    from orderline.store.reading.source import Source

    now = datetime.now(UTC)
    with installation().database() as database:
        order = one_order(database, reference)
        with database.connection() as connection:
            sku, shares = load_shares(Source(connection, database.cell), order, line, quantity, now)
        if not shares:
            raise Failure("No rule lets the order take from anybody who has units.", code="TAKING_NOT_ALLOWED")
        takes = tuple(TakeInput(each.order, each.line, each.quantity) for each in shares)
        about = {"reallocation": name or str(new_id()), "sku": sku, "order": order, "line": line, "takes": takes}
        command = (ProposeReallocation if propose else Reallocate)(**about, reason=reason)
        told = preview_record(database, ProposeReallocation(**about, reason=reason), person(), now)
        assert isinstance(told, Reallocation)
        if not as_json:
            _draw(told, quantity)
        done = agreed(yes, as_json=as_json)
        if done:
            with installation().engine(database) as engine:
                engine.run(command, actor=person())
    if as_json:
        emit(document(told, applied=done))
    elif done:
        say(f"{'Proposed' if propose else 'Done'}: reallocation {told.id}.")


@stock.command("approve-reallocation")
@click.argument("name")
@click.option("--withdraw", is_flag=True, help="Do not carry it out.")
@click.option("--reason", default="", help="Why it is not carried out.")
@yes_option
@json_option
def approve_reallocation(name: str, withdraw: bool, reason: str, yes: bool, as_json: bool) -> None:
    """Carry out the reallocation NAME that somebody else has proposed, just as it was shown; or withdraw it."""
    from orderline.core.reallocations.commands import WithdrawReallocation, approval_of
    from orderline.core.reallocations.state import Reallocation
    from orderline.engine.previewing import preview_record
    from orderline.store.reading.records import load_record
    from orderline.store.reading.source import Source

    with installation().database() as database:
        with database.connection() as connection:
            found = load_record(Source(connection, database.cell), "reallocation", name)
        if not isinstance(found, Reallocation):
            raise Failure(f"There is no reallocation {name}.", code="REALLOCATION_UNKNOWN")
        command = WithdrawReallocation(reallocation=name, reason=reason) if withdraw else approval_of(found)
        told = preview_record(database, command, person(), datetime.now(UTC))
        if not as_json:
            _draw(found, found.quantity)
        done = agreed(yes, as_json=as_json)
        if done:
            with installation().engine(database) as engine:
                engine.run(command, actor=person())
    if as_json:
        emit(document(told, applied=done))
    elif done:
        say(f"{'Withdrawn' if withdraw else 'Done'}: reallocation {name}.")


def _draw(told: "Reallocation", wanted: int) -> None:
    short = f"; {count(wanted - told.quantity, 'unit')} more nobody may be asked for" if told.quantity < wanted else ""
    say(f"{told.number} (class {told.taker}) is given {count(told.quantity, 'unit')} of {told.sku}{short}:")
    rows = [
        (
            each.number,
            each.line,
            each.of,
            each.quantity,
            instant(each.promised_before) if each.promised_before is not None else "-",
            instant(each.promised_at) if each.promised_at is not None else "-",
            ", ".join(
                [
                    *([f"{each.restocked} by other stock"] if each.restocked else []),
                    *(f"{units} by {supply}" for supply, units in each.supplies),
                    *([f"{each.waiting} by nothing"] if each.waiting else []),
                ]
            ),
        )
        for each in told.givers
    ]
    table(("order", "line", "class", "gives", "promised", "promised now", "covered"), rows, right=(1, 3))


@stock.command()
@click.option("--location", "locations", multiple=True, help="Only for these locations; may be repeated.")
@click.option(
    "--name", default="", help="What transfers and purchase orders are named by, with a number; an id, if not given."
)
@yes_option
@json_option
def replenish(locations: tuple[str, ...], name: str, yes: bool, as_json: bool) -> None:
    """What should be sent or bought by the rules; agreed to, it is planned as drafts of transfers and purchase orders."""
    from orderline.cli.sources import reading
    from orderline.core.replenishments.accepting import AcceptedLine, commands_for
    from orderline.store.reading.replenishing import load_proposals

    with reading() as source:
        proposals = load_proposals(source, datetime.now(UTC), locations=locations)
        found = [each for _, some in proposals for each in some]
    if not as_json:
        if not found:
            say("Nothing is lacking.")
            return
        columns = ("sku", "location", "units", "from", "there by", "lasts", "level", "target", "sold in 28 d", "rule")
        rows = [
            (
                e.sku, e.location, e.quantity, e.source or f"vendor {e.vendor}".strip(), instant(e.due_at),
                "-" if e.cover_days is None else f"{e.cover_days} d", e.position, e.target, e.sold, e.rule,
            )
            for e in found
        ]  # fmt: skip
        table(columns, rows, right=(2, 5, 6, 7, 8))
    done = bool(found) and agreed(yes, as_json=as_json)
    planned: list[str] = []
    if done:
        lines = [
            AcceptedLine(
                sku=e.sku, location=e.location, quantity=e.quantity, due_at=e.due_at, source=e.source, vendor=e.vendor
            )
            for e in found
        ]  # fmt: skip
        with installation().database() as database, installation().engine(database) as engine:
            for command in commands_for(name or str(new_id()), lines):
                engine.run(command, actor=person())
                planned.append(":".join(next(iter(command.records()))))
    if as_json:
        emit({"applied": done, "proposals": found, "planned": planned})
    elif done:
        say(f"Planned as drafts: {', '.join(planned)}.")


@stock.command()
@click.option("--location", "locations", multiple=True, help="Only at these locations; may be repeated.")
@click.option("--channel", default="", help="As it is ordered on a channel, over its pools.")
@click.option("--below", type=click.IntRange(1), help="Only what lasts less than so many days.")
@json_option
def cover(locations: tuple[str, ...], channel: str, below: int | None, as_json: bool) -> None:
    """How many days stock lasts, as it was sold in four weeks."""
    from orderline.cli.sources import reading
    from orderline.store.reading.promises import channel_of
    from orderline.store.reading.replenishing import load_channel_cover, load_cover

    now = datetime.now(UTC)
    with reading() as source:
        settings = source.settings()
        if channel:
            rows = load_channel_cover(source, channel_of(settings, channel), now)
        else:
            rows = load_cover(source, settings, now, locations=locations)
        found = [e for e in rows if below is None or (e.days is not None and e.days < below)]
    if as_json:
        emit(found)
        return
    table(
        ("sku", "where", "available", "sold in 28 d", "lasts"),
        [
            (e.sku, e.location or e.channel, e.available, e.sold, "-" if e.days is None else f"{e.days} d")
            for e in sorted(found, key=lambda e: (e.days is None, e.days, e.sku, e.location))
        ],
        right=(2, 3, 4),
    )


@stock.command("plan-count")
@click.argument("location")
@click.option("--most", type=click.IntRange(1, 1_000), default=20, show_default=True, help="So many shelves at most.")
@click.option("--name", default="", help="What the count is to be known by; an id, when not given.")
@yes_option
@json_option
def plan_count(location: str, most: int, name: str, yes: bool, as_json: bool) -> None:
    """What should be counted first at LOCATION, and why; agreed to, a blind count of it is planned."""
    from orderline.cli.sources import reading
    from orderline.core.counts.commands import PlanCount
    from orderline.store.reading.count_planning import load_count_proposals

    with reading() as source:
        found = load_count_proposals(source, datetime.now(UTC), locations=(location,), most=most)
    if not as_json:
        if not found:
            say("There is nothing to count.")
            return
        rows = [
            (e.sku, e.score, e.sellable, e.sold, f"{e.doubt_ppm / 10_000:.1f}", amount(e.at_risk_minor, e.currency) if e.currency else "-",
             "; ".join(e.reasons))
            for e in found
        ]  # fmt: skip
        columns = ("sku", "score", "sellable", "sold in 28 d", "doubt %", "at risk", "why")
        table(columns, rows, right=(1, 2, 3, 4, 5))
    done = bool(found) and agreed(yes, as_json=as_json)
    count_name = name or str(new_id())
    if done:
        command = PlanCount(count=count_name, location=location, lines=tuple(each.sku for each in found))
        with installation().database() as database, installation().engine(database) as engine:
            engine.run(command, actor=person())
    if as_json:
        emit({"applied": done, "proposals": found, "count": count_name if done else ""})
    elif done:
        say(f"Planned: count {count_name}.")


@stock.command()
@click.option("--all", "every", is_flag=True, help="Those that have ended, too.")
@click.option("--close", "closed", default="", metavar="TASK", help="Note that this one was seen to.")
@click.option("--note", default="", help="What was done.")
@json_option
def tasks(every: bool, closed: str, note: str, as_json: bool) -> None:
    """What was noticed that somebody should see to."""
    from orderline.cli.sources import reading
    from orderline.core.tasks.commands import CloseTask
    from orderline.store.reading.records import load_records

    if closed:
        with installation().database() as database, installation().engine(database) as engine:
            engine.run(CloseTask(task=closed, note=note), actor=person())
    with reading() as source:
        found = load_records(source, "task", states=() if every else ("open",), most=MOST_TASKS)
    if as_json:
        emit(found)
        return
    for each in found:
        say(f"{each.id}  ({each.state}, since {instant(each.raised_at)})")
        for line in (each.text, *each.evidence):
            say(f"  {line}")


@stock.command()
@click.option("--most", type=click.IntRange(1, 1_000), default=50, show_default=True, help="So many SKUs at most.")
@json_option
def gaps(most: int, as_json: bool) -> None:
    """SKUs that orders wait for and that lack weight, dimensions, barcode, HS code or origin; the most wanted first."""
    from orderline.cli.sources import reading
    from orderline.store.documents import load_gaps

    with reading() as source:
        found = load_gaps(source, most=most)
    if as_json:
        emit(found)
        return
    rows = [(e.sku, e.description, e.units, ", ".join(e.lacks)) for e in found]
    table(("sku", "description", "units wanted", "lacks"), rows, right=(2,))
