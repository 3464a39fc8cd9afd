"""The printed reference: pages made from the tables the program itself runs by, so that they can't say something else."""

import json
import types
import typing
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, Final

import click
import msgspec

from orderline.api.openapi import render_openapi
from orderline.api.operations import OPERATIONS
from orderline.api.problem_table import PROBLEMS
from orderline.boot.settings_page import settings_page
from orderline.cli.main import COMMANDS, cli, load_command
from orderline.core.holds.rules import TYPES
from orderline.core.job_words import JOBS
from orderline.core.moves import MOVES, REASONS, SHELF, Bucket
from orderline.core.orders.events import AnyOrderEvent, OrderEvent
from orderline.core.record_kinds import KINDS
from orderline.core.records import RecordEvent
from orderline.core.reports.indicators import INDICATORS
from orderline.core.stock.events import AnyStockEvent, StockEvent
from orderline.engine.verifying import INVARIANTS

PRINTED: Final = "<!-- Printed from the code by `make reference`; not to be edited by hand. -->\n"
CLI_WIDTH: Final = 100
_BASES: Final = (OrderEvent, StockEvent, RecordEvent)


def reference_pages() -> dict[str, str]:
    """Every page by its file's name."""
    pages = {
        "README.md": _index(),
        "moves.md": _moves(),
        "events.md": _events(),
        "refusals.md": _refusals(),
        "jobs.md": _jobs(),
        "settings.md": settings_page(),
        "cli.md": _commands(),
        "api.md": _operations(),
        "invariants.md": _invariants(),
        "indicators.md": _indicators(),
    }
    printed = {name: _marked(text) for name, text in pages.items()}
    return {**printed, "openapi.json": json.dumps(render_openapi(version("orderline")), indent=1) + "\n"}


def _marked(text: str) -> str:
    head, _, rest = text.partition("\n")
    return f"{head}\n\n{PRINTED}{rest}"


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def _index() -> str:
    rows = [
        (
            "[moves.md](moves.md)",
            "where units can stand, and every move between these places; reasons of stock adjustments",
        ),
        ("[events.md](events.md)", "what the journal records, and the events feed and webhooks tell"),
        ("[jobs.md](jobs.md)", "what is done after a transaction, by whom"),
        ("[refusals.md](refusals.md)", "every code with which something is refused, and what to do"),
        ("[api.md](api.md), [openapi.json](openapi.json)", "the HTTP interface"),
        ("[cli.md](cli.md)", "the commands"),
        ("[settings.md](settings.md)", "the settings"),
        ("[invariants.md](invariants.md)", "what `orderline verify` holds true; types of holds"),
        (
            "[indicators.md](indicators.md)",
            "what is measured of orders: numerator, denominator, facts and instant of each",
        ),
        ("[sandbox.md](sandbox.md)", "the partners to try with"),
    ]
    return "# Reference\n\n" + _table(("page", "what it lists"), rows)


def _moves() -> str:
    names = ", ".join(f"`{bucket.value}`" for bucket in Bucket)
    moves = [
        (f"`{move}`", ", ".join(f"`{each}`" for each in sources), ", ".join(f"`{each}`" for each in targets))
        for move, (sources, targets) in MOVES.items()
    ]
    shelf = [
        (f"`{move}`", f"`{bucket}`", f"`{source}`", f"`{target}`") for (move, bucket), (source, target) in SHELF.items()
    ]
    reasons = [(f"`{reason}`", f"`{source}`", f"`{target}`") for reason, (source, target) in REASONS.items()]
    return (
        "# Moves\n\n## Units of an order line\n\n"
        f"Each unit stands in exactly one bucket: {names}.\n\n"
        + _table(("move", "may take from", "may put into"), moves)
        + "\n## What a move does on the shelf\n\n"
        + _table(("move", "units leave", "shelf, from", "shelf, to"), shelf)
        + "\n## Reasons of stock adjustments\n\n"
        + _table(("reason", "from", "to"), reasons)
    )


def _events() -> str:
    parts = ["# Events\n"]
    kinds: Iterator[tuple[str, Any]] = ((f"Of {kind.name} records", kind.events) for kind in KINDS.values())
    for title, union in (("Of orders", AnyOrderEvent), ("Of stock and settings", AnyStockEvent), *kinds):
        parts.append(f"\n## {title}\n")
        events: tuple[Any, ...] = typing.get_args(union) or (union,)
        for event in events:
            parts.append(f"\n### `{event.__struct_config__.tag}`\n\n{_purpose(event)}")
            rows = [(f"`{name}`", f"`{shown}`") for name, shown in _fields(event)]
            parts.append(_table(("field", "type"), rows))
    return "".join(parts)


def _purpose(event: type[msgspec.Struct]) -> str:
    doc = event.__dict__.get("__doc__") or ""
    return " ".join(doc.split()) + "\n\n" if doc and event not in _BASES else ""


def _fields(event: type[msgspec.Struct]) -> list[tuple[str, str]]:
    hints = typing.get_type_hints(event)
    return [(name, _type_name(hints[name])) for name in event.__struct_fields__]


def _type_name(hint: Any) -> str:
    if hint is type(None):
        return "null"
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_type_name(each) for each in arguments)
    if origin is tuple:
        return f"list of {_type_name(arguments[0])}"
    if origin is dict:
        return f"object of {_type_name(arguments[1])}"
    if origin is typing.Literal:
        return " or ".join(f'"{each}"' for each in arguments)
    name = str(hint.__name__)
    return {"str": "text", "int": "whole number", "bool": "true or false", "datetime": "instant"}.get(name, name)


def _jobs() -> str:
    rows = [(f"`{kind.value}`", *told) for kind, told in JOBS.items()]
    return (
        "# Jobs\n\nWritten in the transaction of the event that leads to them, done at least once by a worker, in order per order;"
        " one that\nfails for good waits in `orderline dead-letters list`.\n\n"
        + _table(("kind", "what it does", "who is asked"), rows)
    )


def _refusals() -> str:
    rows = [
        (f"`{code}`", str(row.status), f"{row.title}.", f"{row.advice}." if row.advice else "")
        for code, row in sorted(PROBLEMS.items())
    ]
    return (
        "# Refusals\n\nA code says why something was refused; it is stable, and the facts beside it name the field, its value"
        " and what is allowed.\nOver HTTP it comes as `application/problem+json`; where several apply, the first of the"
        " capability's list wins.\n\n" + _table(("code", "HTTP", "meaning", "what to do"), rows)
    )


def _commands() -> str:
    parts = ["# Commands\n\n", "Exit status: 0 done, 1 refused or failed, 2 not understood. With `--json`, results are JSON on"
             " standard output and errors\nJSON on standard error; fields are added, never renamed.\n"]  # fmt: skip
    context = click.Context(cli, info_name="orderline", terminal_width=CLI_WIDTH, **cli.context_settings)
    parts.append(_help("orderline", cli, context))
    for name in COMMANDS:
        parts += _help_of(f"orderline {name}", load_command(name), context)
    return "".join(parts)


def _help_of(name: str, command: click.Command, above: click.Context) -> list[str]:
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=above, terminal_width=CLI_WIDTH)
    parts = [_help(name, command, context)]
    if isinstance(command, click.Group):
        for each, inner in command.commands.items():
            parts += _help_of(f"{name} {each}", inner, context)
    return parts


def _help(name: str, command: click.Command, context: click.Context) -> str:
    return f"\n## {name}\n\n```\n{command.get_help(context).rstrip()}\n```\n"


def _operations() -> str:
    rows = [(f"`{each.method} {each.path}`", each.summary, f"`{each.right}`") for each in OPERATIONS]
    return (
        "# The HTTP interface\n\nIn full, with every field: [openapi.json](openapi.json), also served at `/v1/openapi.json`.\n\n"
        + _table(("call", "what it does", "right"), rows)
    )


def _invariants() -> str:
    held = [(f"`{name}`", about) for name, about in INVARIANTS.items()]
    holds = [
        (f"`{name}`", ", ".join(f"`{each}`" for each in blocks), owner, f"{hours} hours")
        for name, (blocks, owner, hours) in TYPES.items()
    ]
    return (
        "# Invariants\n\nWhat is true after every transaction; `orderline verify` asks all of it.\n\n"
        + _table(("name", "what is true"), held)
        + "\n# Holds\n\nA hold stops commands by name until it is lifted; its type says which, who decides, and until when.\n\n"
        + _table(("type", "blocks", "owner", "due within"), holds)
    )


def _indicators() -> str:
    rows = [
        (
            f"`{each.name}`", each.question, each.numerator, each.denominator, each.facts, each.instant, each.unit.value,
            ", ".join(f"`{slice_}`" for slice_ in each.slices), ", ".join(f"`{slice_}`" for slice_ in each.whole),
        )
        for each in INDICATORS.values()
    ]  # fmt: skip
    columns = (
        "name", "what it answers", "numerator", "denominator", "facts", "instant", "unit", "sliced by", "as shares of all",
    )  # fmt: skip
    return (
        "# Indicators\n\nWhat `GET /v1/reports/indicators` lists. Days are those of UTC; test orders and history count for nothing.\n"
        "Units: `share` and `per_100` are parts per million of the denominator, `seconds` and `minor` an average, `per_day`\n"
        "thousandths of a unit each day.\n\n" + _table(columns, rows)
    )
