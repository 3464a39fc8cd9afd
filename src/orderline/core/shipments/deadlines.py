"""Deadlines of records: looked at by a job when they have come, unless somebody has acted before."""

from datetime import datetime

from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.records import RecordKind


def deadline(kind: RecordKind, id_: str, due_at: datetime) -> FollowUp:
    """The job that looks at a record at its deadline."""
    body = JobBody(key=id_, template=kind.name, latest_at=due_at)
    return FollowUp(JobKind.DEADLINE, f"{kind.name} {id_} {due_at.isoformat()}", body, due_at)
