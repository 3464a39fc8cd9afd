"""`orderline dead-letters` and `orderline replay`: jobs that have failed for good, and telling others once more."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import click

from orderline.cli.inputs import INSTANT
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import count, instant
from orderline.cli.ports import Failure, installation
from orderline.core.next_steps import JobKind
from orderline.store.database import Database

KINDS = [kind.value for kind in JobKind]
TOLD_AGAIN = ("webhook", "channel", "notice")


@click.group("dead-letters")
def dead_letters() -> None:
    """Jobs that have failed their last attempt and wait for a person."""


@dead_letters.command("list")
@click.option("--kind", type=click.Choice(KINDS), default=None, help="Only jobs of this kind.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The most to show.")
@json_option
def list_dead(kind: str | None, limit: int, as_json: bool) -> None:
    """The dead letters, the oldest first, with what they failed of."""
    from orderline.store.jobs import dead_letters as load

    with installation().database() as database:
        found = load(database, kind=kind or "", most=limit)
    if as_json:
        emit({"items": found})
        return
    if not found:
        say("None: every job was done or is being done.")
        return
    rows = [(e.id, e.kind, e.stream, e.attempts, instant(e.failed_at), e.error) for e in found]
    table(("id", "kind", "about", "attempts", "failed", "error"), rows, right=(3,))


@dead_letters.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="All dead letters, or all of --kind.")
@click.option("--kind", type=click.Choice(KINDS), default=None, help="With --all: only jobs of this kind.")
@json_option
def requeue(ids: tuple[UUID, ...], everything: bool, kind: str | None, as_json: bool) -> None:
    """Try dead letters again from their first attempt; every job bears being done twice."""
    from orderline.store.jobs import requeue_dead

    with installation().database() as database:
        done = requeue_dead(database, _chosen(database, ids, everything=everything, kind=kind), datetime.now(UTC))
    _tell("requeued", done, everything=everything, as_json=as_json)


@dead_letters.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="All dead letters, or all of --kind.")
@click.option("--kind", type=click.Choice(KINDS), default=None, help="With --all: only jobs of this kind.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def drop(ids: tuple[UUID, ...], everything: bool, kind: str | None, yes: bool, as_json: bool) -> None:
    """Give dead letters up: what they were to do is not done by Orderline any more."""
    from orderline.store.jobs import drop_dead

    with installation().database() as database:
        chosen = _chosen(database, ids, everything=everything, kind=kind)
        if chosen and not yes:
            click.confirm(f"Drop {count(len(chosen), 'job')} for good?", abort=True, err=True)
        done = drop_dead(database, chosen)
    _tell("dropped", done, everything=everything, as_json=as_json)


def _chosen(database: Database, ids: Sequence[UUID], *, everything: bool, kind: str | None) -> list[UUID]:
    from orderline.store.jobs import dead_letters as load

    if everything == bool(ids):
        raise click.UsageError("name the ids of dead letters, or say --all")
    if ids:
        return list(ids)
    found: list[UUID] = []
    while page := load(database, after=found[-1] if found else None, kind=kind or "", most=1_000):
        found.extend(each.id for each in page)
    return found


def _tell(what: str, done: Sequence[UUID], *, everything: bool, as_json: bool) -> None:
    if as_json:
        emit({what: done})
    elif done or everything:
        say(f"{count(len(done), 'job')} {what}.")
    else:
        raise Failure("None of these is a dead letter.", "`orderline dead-letters list` shows them.")


@click.command()
@click.argument("start", metavar="START", type=INSTANT)
@click.argument("end", metavar="END", type=INSTANT)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(TOLD_AGAIN), required=True, help="May be repeated.")
@json_option
def replay(start: datetime, end: datetime, kinds: tuple[str, ...], as_json: bool) -> None:
    """Tell others again what the journal recorded from START until before END.

    Webhooks and pushes to channels carry the same ids as before, so that receivers know repeats; notices to customers
    are sent once more.
    """
    from orderline.engine.telling import replay as run
    from orderline.store.subscriptions import JournalRange

    if end <= start:
        raise click.UsageError("END must be after START")
    range_ = JournalRange(from_time=start, to_time=end)
    with installation().database() as database:
        written = run(database, range_, {JobKind(kind) for kind in kinds}, datetime.now(UTC))
    if as_json:
        emit({"jobs": written})
    else:
        say(f"{count(written, 'job')} written; a worker does them now.")
