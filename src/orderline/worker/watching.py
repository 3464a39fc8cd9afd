"""What is noticed by looking around from time to time: each thing is a task until somebody sees to it, or it is over."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

from orderline.core.replenishments.state import rule_for
from orderline.core.tasks.commands import EndTask, RaiseTask
from orderline.core.tasks.state import TaskKind, TaskState
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from orderline.store.measured import measure_journal
from orderline.store.reading.records import load_records
from orderline.store.reading.replenishing import load_cover, load_rules
from orderline.store.reading.source import Source, open_source
from orderline.worker.anomalies import find_spikes
from orderline.worker.work import Work

MOST_TASKS = 10_000
MOST_RAISED = 1_000  # at a time, those that run out first first


async def watch_cover(work: Work) -> int:
    """Raise a task for each shelf that lasts less than its rule allows, and end those that last again."""
    return await _keep_tasks(work, TaskKind.LOW_COVER, await work.read(_low, work.database, work.services.clock()))


async def watch_service(work: Work) -> int:
    """Raise a task for each location that rejects more since yesterday than it usually does, or where more goes wrong, and for
    each SKU of which more comes back; with what speaks for it.
    """
    return await _keep_tasks(work, TaskKind.ANOMALY, await work.read(find_spikes, work.database, work.services.clock()))


async def measure_orders(work: Work) -> bool:
    """Measure orders whose journals have grown. False: there is more to do, next time."""
    return await work.read(measure_journal, work.database)


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
