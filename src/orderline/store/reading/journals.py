"""The journal of the books as an accountant takes it: every entry with its code in the chart of accounts."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from orderline.core.ledger.chart import COLUMNS, Chart, compile_chart, row_of
from orderline.core.ledger.state import LedgerEntry
from orderline.core.policies.kinds import active_policies
from orderline.core.policies.state import POLICY, TEXT, Policy, PolicyKind, text_id
from orderline.store.loading import decode_record
from orderline.store.reading.source import Source

AT_ONCE: Final = 5_000


def load_chart(source: Source, entity: str, now: datetime) -> Chart | None:
    """The chart that holds for an entity: its own, or the one for all."""
    rows = source.rows("policies", "active_policies", subject=PolicyKind.CHART.value)
    policies: list[Policy] = [decode_record(POLICY, body) for (body,) in rows]
    charts: dict[str, Chart] = {}
    for policy, number in active_policies(policies, PolicyKind.CHART, now):
        id_ = text_id(policy.id, policy.versions[number - 1].digest)
        [(_, body)] = source.rows("policies", "policy_texts", ids=[id_])
        chart = compile_chart(decode_record(TEXT, body).text, f"{policy.id}@{number}")
        charts.setdefault(chart.entity, chart)
    return charts.get(entity) or charts.get("")


def journal_csv(source: Source, chart: Chart, entity: str, since: date, until: date) -> Iterator[str]:
    """The journal of a span of days as CSV, some thousand entries at a time; the head first."""
    yield _rows([COLUMNS])
    after = (date(1970, 1, 1), "", 0, 0)
    while True:
        day, name, seq, n = after
        rows = source.rows(
            "ledger", "journal_entries", entity=entity, since=since, until=until, after_day=day, after_source=name,
            after_seq=seq, after_n=n, most=AT_ONCE,
        )  # fmt: skip
        entries = [LedgerEntry(*row) for row in rows]
        if entries:
            yield _rows([row_of(chart, entity, entry) for entry in entries])
        if len(entries) < AT_ONCE:
            return
        last = entries[-1]
        after = (last.day, last.source, last.seq, last.n)


def _rows(rows: "list[tuple[str, ...]] | list[tuple[str, str]]") -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
