"""Reports: each figure as a row with its bar, what it counts in words, and all of it as CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from orderline.console.describing import described
from orderline.console.exporting import lines, row_of
from orderline.console.listings import LISTINGS, SHEETS, Column, columns_of, filters_of, given_of, head_of
from orderline.console.visits import Sent, Shown, Visit, sent_whole

WIDE: Final = 1000  # how wide a bar is that is full


@dataclass(frozen=True)
class Behind:
    """The rows that a figure is made of. path: of their list. by: its filters, each with the field of the figure's row that says it;
    of a figure with parts, "" is the part. only: what it is filtered by besides.
    """

    path: str
    by: Mapping[str, str] = field(default_factory=dict[str, str])
    only: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Table:
    """Rows of an answer that are measured alike. behind: what figures lead to, by their field.

    field: where they stand in the answer. bar: the field that their bars are of; of: what that is a share of, or "", when the
    longest bar is that of the greatest. most: what a full bar stands for, instead.
    """

    title: str
    field: str
    columns: tuple[Column, ...]
    bar: str
    of: str = ""
    most: int = 0
    behind: Mapping[str, Behind] = field(default_factory=dict[str, Behind])


@dataclass(frozen=True)
class Report:
    """question: what it answers, in words. behind: what the figures of all together lead to."""

    question: str
    tables: tuple[Table, ...]
    behind: Mapping[str, Behind] = field(default_factory=dict[str, Behind])


_KEPT: Final = columns_of(
    "Promises:ended:number", "Kept:kept:number", "Kept by the last:kept_last:number", "Why not:causes:causes"
)


def _promises(**by: str) -> dict[str, Behind]:
    """The promises behind each figure of some. by: what these have in common."""
    path = "/reports/promises/ended"
    return {
        "ended": Behind(path, by),
        "kept": Behind(path, by, {"kept": "true"}),
        "kept_last": Behind(path, by, {"kept_last": "true"}),
    }


def _missed(**by: str) -> dict[str, Behind]:
    """As `_promises`, and behind each cause those that were missed by it."""
    return {**_promises(**by), "causes": Behind("/reports/promises/ended", {**by, "cause": ""})}


def _held(**came_of: str) -> Behind:
    """The holds behind a figure of a rule: all, or those of which this came."""
    return Behind("/reports/holds/placed", {"rule": "rule", "type": "type"}, came_of)


def _picking(**having: str) -> Behind:
    """The waves of a location, or those of which there is any of something."""
    return Behind("/reports/picking/waves", {"location": "location"}, having)


_GIVEN: Final = Behind(
    "/reports/appeasements/given",
    {name: name for name in ("channel", "reason", "given_by", "currency", "goodwill", "destination")},
)
REPORTS: Final[dict[str, Report]] = {
    "/reports/promises": Report("How many promises are kept?", (
        Table("By location", "by_location", (*columns_of("Location:name"), *_KEPT), "kept", "ended", behind=_missed(location="name")),
        Table("By carrier", "by_carrier", (*columns_of("Carrier:name"), *_KEPT), "kept", "ended", behind=_missed(carrier="name")),
        Table("By policy", "by_policy", (*columns_of("Policy:name"), *_KEPT), "kept", "ended", behind=_missed(policy="name")),
    ), _promises()),
    "/reports/touches": Report("How much is done by hand for each hundred orders?", (
        Table("By channel", "channels", columns_of("Channel:channel", "Orders:orders:number", "Touches:touches:number", "For 100 orders:per_100:number"), "per_100", behind={
            "orders": Behind("/reports/touches/orders", {"channel": "channel"}),
            "touches": Behind("/reports/touches/commands", {"channel": "channel"}),
        }),
        Table("What is done", "commands", columns_of("Command:command:code", "Channel:channel", "Touches:touches:number", "Orders:orders:number"), "touches", behind={
            "touches": Behind("/reports/touches/commands", {"channel": "channel", "command": "command"}),
            "orders": Behind("/reports/touches/commands", {"channel": "channel", "command": "command"}, {"once": "true"}),
        }),
    )),
    "/reports/holds": Report("Which rules hold the right orders?", (
        Table("By rule", "rules", columns_of("Rule:rule", "Type:type:code", "Held:held:number", "Open:open:number", "Rejected:confirmed:number", "Charged back:charged_back:number", "Fine:fine:number", "Right:precision:share"), "precision", most=1, behind={
            "held": _held(), "open": _held(came_of="open"), "confirmed": _held(came_of="rejected"),
            "charged_back": _held(came_of="charged_back"), "fine": _held(came_of="fine"),
        }),
    ), {"missed": Behind("/reports/holds/missed")}),
    "/reports/appeasements": Report("What is given away, why and by whom?", (
        Table("By reason and person", "items", columns_of("Reason:reason:code", "Given by:given_by", "Channel:channel", "Times:count:number", "Net:net_minor:amount", "Tax:tax_minor:amount"), "net_minor", behind=dict.fromkeys(("count", "net_minor", "tax_minor"), _GIVEN)),
    )),
    "/reports/picking": Report("How often is something wrong picked, and noticed in time?", (
        Table("By location", "items", columns_of("Location:location", "Waves:waves:number", "Picked:picked:number", "Short:short:number", "Wrong scans:wrong_scans:number", "In a million:wrong_ppm:number"), "wrong_ppm", behind={
            "waves": _picking(), "picked": _picking(having="picked"), "short": _picking(having="short"),
            "wrong_scans": _picking(having="wrong_scans"),
        }),
    )),
}  # fmt: skip


async def show(visit: Visit) -> Shown:
    """A report, over what its filters say."""
    report, (_, sheet) = REPORTS[visit.at], SHEETS[visit.at]
    operation = visit.parts.backend.operations[sheet.operation]
    given = given_of(visit, operation)
    told = await visit.ask(sheet.operation, query=given)
    about = {
        **head_of(visit, visit.at), "report": report, "note": described(operation.description, None, ())[0], "filters": filters_of(operation),
        "given": given, "told": told, "links": _links(visit, report.behind, told.get("overall", told), told, given),
        "tables": [(each, _rows(visit, each, told, given)) for each in report.tables],
    }  # fmt: skip
    return Shown("report.html", about)


async def export(visit: Visit) -> Sent:
    """One table of a report as CSV: the first, or the one that is named."""
    at = visit.at.removeprefix("/export")
    report, (_, sheet) = REPORTS[at], SHEETS[at]
    told = await visit.ask(sheet.operation, query=given_of(visit, visit.parts.backend.operations[sheet.operation]))
    table = next((each for each in report.tables if each.field == visit.query.get("table")), report.tables[0])
    money = any(each.kind == "amount" for each in table.columns)
    head = [*(each.label for each in table.columns), *(["Currency"] if money else [])]
    body = lines([head, *(row_of(each, table.columns, money=money) for each in told[table.field])])
    name = f"{at.rpartition('/')[2]}-{table.field}-{datetime.now(UTC):%Y-%m-%d-%H%M}.csv"
    return sent_whole(body, "text/csv; charset=utf-8", name)


def _rows(
    visit: Visit, table: Table, told: Mapping[str, Any], given: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """The rows of a table, each with where its figures lead to."""
    measured = _measured(table, told[table.field])
    return [{**row, "links": _links(visit, table.behind, row, told, given)} for row in measured]


def _links(
    visit: Visit, behind: Mapping[str, Behind], row: Mapping[str, Any], told: Mapping[str, Any],
    given: Mapping[str, Sequence[str]],
) -> dict[str, Any]:  # fmt: skip
    """Where the figures of a row lead to, by field, of a figure with parts by part; nothing leads to no rows.

    They are those of the report's time, and of its filters as far as its list has them, too. What has no name can't be asked for.
    """
    found: dict[str, Any] = {}
    for name, each in behind.items():
        operation = visit.parts.backend.operations[LISTINGS[each.path][1].operation]
        known = {filter_.name for filter_ in filters_of(operation)}
        about = {
            **{filter_: values for filter_, values in given.items() if filter_ in known},
            **{edge: [told[edge]] for edge in ("since", "until") if told.get(edge)},
            **{filter_: [_asked(row[of])] for filter_, of in each.by.items() if of},
            **{filter_: [value] for filter_, value in each.only.items()},
        }
        figure = row.get(name)
        if not figure or not visit.may(operation.name) or [""] in about.values():
            continue
        part = next((filter_ for filter_, of in each.by.items() if not of), None)
        if part is None:
            found[name] = _address(each.path, about)
        else:
            found[name] = {value: _address(each.path, about | {part: [value]}) for value in figure}
    return found


def _asked(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _address(path: str, about: Mapping[str, Sequence[str]]) -> str:
    return f"{path}?{urlencode(about, doseq=True)}" if about else path


def _measured(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each row with how wide its bar is."""
    most = table.most or max((_number(each, table.bar) for each in rows), default=0)
    found: list[dict[str, Any]] = []
    for each in rows:
        whole = _number(each, table.of) if table.of else most
        wide = round(max(_number(each, table.bar), 0) * WIDE / whole) if whole else 0
        found.append({**each, "wide": wide})
    return found


def _number(row: Mapping[str, Any], field: str) -> float:
    return row.get(field) or 0
