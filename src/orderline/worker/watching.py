"""What is noticed by looking around from time to time: each thing is a task until somebody sees to it, or it is over."""

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Final

from orderline.core.replenishments.state import rule_for
from orderline.core.tasks.commands import EndTask, RaiseTask
from orderline.core.tasks.spikes import expected_ppm, is_spike
from orderline.core.tasks.state import TaskKind, TaskState
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.reading.records import load_records
from orderline.store.reading.replenishing import load_cover, load_rules
from orderline.store.reading.source import Source, open_source
from orderline.store.service import load_service, load_service_days
from orderline.worker.work import Work

MOST_TASKS = 10_000
USUAL_OVER: Final = timedelta(days=28)
MOST_EVIDENCE: Final = 10
MOST_RAISED = 1_000  # at a time, those that run out first first


async def watch_cover(work: Work) -> int:
    """Raise a task for each shelf that lasts less than its rule allows, and end those that last again."""
    return await _keep_tasks(work, TaskKind.LOW_COVER, await work.read(_low, work.database, work.services.clock()))


async def watch_service(work: Work) -> int:
    """Raise a task for each location that rejects more since yesterday than it usually does, with the SKUs it rejects most."""
    return await _keep_tasks(work, TaskKind.ANOMALY, await work.read(_spikes, work.database, work.services.clock()))


async def _keep_tasks(work: Work, kind: TaskKind, found: Mapping[str, RaiseTask]) -> int:
    """Bring the open tasks of a kind to what was found; returns how many there are to be seen to."""
    known = await work.read(_open, work.database, kind)
    raised = [command for id_, command in found.items() if id_ not in known]
    ended = [EndTask(task=id_) for id_ in sorted(known - set(found))]
    commands = [*raised[:MOST_RAISED], *ended]
    await work.engine.answer_all([Submission(command=command) for command in commands])
    return len(found)


def _open(database: Database, kind: TaskKind) -> set[str]:
    with closing(open_source(database).connection) as connection:
        tasks = load_records(Source(connection, database.cell), "task", states=(TaskState.OPEN,), most=MOST_TASKS)
    return {task.id for task in tasks if task.kind is kind}


def _spikes(database: Database, now: datetime) -> dict[str, RaiseTask]:
    day = (now - timedelta(days=1)).astimezone(UTC).date()
    found: dict[str, RaiseTask] = {}
    for each in load_service_days(database, day, day - USUAL_OVER):
        if not is_spike(each.rejected, each.offered, each.rejected_before, each.offered_before):
            continue
        usual = expected_ppm(each.rejected_before, each.offered_before)
        worst = [row for row in load_service(database, each.location, day, (), MOST_EVIDENCE) if row.rejected]
        id_ = f"anomaly:rejections@{each.location}"
        found[id_] = RaiseTask(
            task=id_,
            kind=TaskKind.ANOMALY,
            text=(
                f"{each.location} has rejected {each.rejected} of {each.offered} units since {day.isoformat()};"
                f" {usual / 10_000:.1f} % were usual in {USUAL_OVER.days} days"
            ),
            location=each.location,
            figures=(("rejected", each.rejected), ("offered", each.offered), ("usual_ppm", usual)),
            evidence=tuple(f"{row.sku}: {row.rejected} of {row.offered} rejected" for row in worst),
        )
    return found


def _low(database: Database, now: datetime) -> dict[str, RaiseTask]:
    with closing(open_source(database).connection) as connection:
        source = Source(connection, database.cell)
        rules = load_rules(source)
        if not any(rule.alert_days is not None for rule in rules):
            return {}
        settings = source.settings()
        low: list[tuple[int, RaiseTask]] = []
        for each in load_cover(source, settings, now):
            rule = rule_for(rules, each.sku, settings.locations[each.location])
            if rule is None or rule.alert_days is None or each.days is None or each.days >= rule.alert_days:
                continue
            command = RaiseTask(
                task=f"low_cover:{each.sku}@{each.location}",
                kind=TaskKind.LOW_COVER,
                text=f"{each.sku} lasts {each.days} days at {each.location}, less than {rule.alert_days} (rule {rule.id})",
                sku=each.sku,
                location=each.location,
                figures=(("available", each.available), ("sold_in_28_days", each.sold), ("days", each.days)),
            )
            low.append((each.days, command))
    return {command.task: command for _, command in sorted(low, key=lambda pair: (pair[0], pair[1].task))}
