"""Commands for a kind of record, each made from its command: an option a field, `--file` for all that a flag can't say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Final, NamedTuple, get_args, get_origin

import click
import msgspec

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import INSTANT
from orderline.cli.output import json_option
from orderline.cli.plain import plain
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.records import RecordCommand

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)

# What a field is for, where its name does not say it.
_SAID: Final[dict[str, str]] = {
    "location": "Where.",
    "source": "The location it is sent from.",
    "target": "The location it is sent to.",
    "vendor": "Of whom it is bought.",
    "due_at": "When it is to be there, or done.",
    "occurred_at": "When it happened; now, when not given.",
    "reason": "Why.",
    "note": "What else is to be known.",
    "receipt": "Its name; one that is told twice has one effect.",
    "notice": "The name of the vendor's notice.",
    "slack_days": "Days later on which it is counted.",
    "confidence_ppm": "Parts of a million that are counted on.",
    "list": "The number of the list.",
    "kind": "What kind of supply it is.",
}


class Act(NamedTuple):
    """A command by its name at the terminal. fills: fields that the record as it stands says, when they are not given."""

    name: str
    command: type[RecordCommand]
    purpose: str
    fills: Callable[[Any], Mapping[str, Any]] | None = None


class Kind(NamedTuple):
    """A kind of record. field: what commands call its name; subjects: whether a list can be cut to locations."""

    name: str
    field: str
    unknown: str
    states: type[StrEnum]
    heads: Sequence[str]
    row: Callable[[Any], Sequence[Any]]
    right: Sequence[int] = ()


def add_reading(group: click.Group, kind: Kind, *, purpose: str) -> None:
    """`list` and `show`. purpose: of the list."""
    add_list(group, RecordList(
        kind.name, purpose, kind.heads, kind.row, right=kind.right, states=kind.states, subject="location",
        whose="Only of this location",
    ))  # fmt: skip

    @click.argument("name", metavar=kind.field.upper())
    @json_option
    def show(name: str, as_json: bool) -> None:
        show_record(found_record(kind.name, name, code=kind.unknown), as_json=as_json)

    group.command("show", help=f"A {plain(kind.name)} with all that is known of it.")(show)


def add_acts(group: click.Group, kind: Kind, acts: Iterable[Act]) -> None:
    """One command for each act; it is shown what it makes of the record, and done when that is agreed to."""
    for act in acts:
        group.command(act.name, help=act.purpose)(_acting(kind, act))


def _acting(kind: Kind, act: Act) -> Callable[..., None]:
    fields = [each for each in msgspec.structs.fields(act.command) if each.name not in (kind.field, "expected_version")]

    def run(name: str, file: Path | None, yes: bool, as_json: bool, **given: Any) -> None:
        values = _of_file(file, {each.name for each in fields})
        values |= {key: value for key, value in given.items() if value not in (None, ())}
        if act.fills is not None:
            values = {**act.fills(found_record(kind.name, name, code=kind.unknown)), **values}
        lacking = [each.name for each in fields if each.required and each.name not in values]
        if lacking:
            raise click.UsageError(f"{plain(lacking[0])} is missing: give {_flag(lacking[0])}, or --file.")
        try:
            command = msgspec.convert({**values, kind.field: name}, act.command)
        except msgspec.ValidationError as error:
            raise click.UsageError(f"{error}.") from None
        run_shown(command, yes=yes, as_json=as_json)

    made: Any = json_option(yes_option(run))
    made = click.option("--file", type=_FILE, help="A JSON file with the fields, as the API takes them.")(made)
    for each in reversed(fields):
        option = _option(each.name, each.type)
        made = option(made) if option is not None else made
    return click.argument("name", metavar=kind.field.upper())(made)


def _option(name: str, type_: Any) -> Callable[..., Any] | None:
    """A flag for a field; None: only a file can say it."""
    if get_origin(type_) is UnionType:
        type_ = next(each for each in get_args(type_) if each is not type(None))
    help_ = _SAID.get(name)
    if get_origin(type_) is tuple:
        item = get_args(type_)[0]
        parse = _item_of(item)
        if parse is None:
            return None
        shape = _shape(item)
        return click.option(
            _flag(name), name, multiple=True, metavar=shape, callback=lambda _, __, told: tuple(map(parse, told)),
            help=f"{shape}; may be repeated.",
        )  # fmt: skip
    if type_ is bool:
        return click.option(f"{_flag(name)}/--not-{name.replace('_', '-')}", name, default=None, help=help_)
    if type_ is datetime:
        return click.option(_flag(name), name, type=INSTANT, help=help_)
    if type_ is int:
        return click.option(_flag(name), name, type=int, help=help_)
    if isinstance(type_, type) and issubclass(type_, StrEnum):
        return click.option(_flag(name), name, type=click.Choice([each.value for each in type_]), help=help_)
    return click.option(_flag(name), name, help=help_) if type_ is str else None


def _flag(name: str) -> str:
    short = {"lines": "line", "due_at": "due", "occurred_at": "at", "confidence_ppm": "confidence-ppm"}
    return f"--{short.get(name, name.replace('_', '-'))}"


def _names(item: Any) -> tuple[str, ...]:
    return tuple(each.name for each in msgspec.structs.fields(item))


def _shape(item: Any) -> str:
    if item is str:
        return "SKU"
    names = _names(item)
    return f"{names[0].upper()}=UNITS{'@DAY' if 'due_at' in names else ''}"


def _item_of(item: Any) -> Callable[[str], Any] | None:
    """How one of several is written: a word, or KEY=UNITS, or KEY=UNITS@DAY where each has its date."""
    if item is str:
        return str
    if not (isinstance(item, type) and issubclass(item, msgspec.Struct)) or "quantity" not in _names(item):
        return None
    key = msgspec.structs.fields(item)[0]
    dated = "due_at" in _names(item)

    def parse(text: str) -> dict[str, Any]:
        told, _, day = text.partition("@") if dated else (text, "", "")
        name, equals, units = told.rpartition("=")
        if not equals or not units.strip().isdecimal() or (key.type is int and not name.isdecimal()):
            raise click.UsageError(f"{text}: write {_shape(item)}")
        values: dict[str, Any] = {key.name: int(name) if key.type is int else name, "quantity": int(units)}
        return values | ({"due_at": INSTANT.convert(day, None, None)} if day else {})

    return parse


def _of_file(file: Path | None, known: set[str]) -> dict[str, Any]:
    """The fields in a JSON file. UsageError: it is none, or has others."""
    if file is None:
        return {}
    try:
        values: Any = msgspec.json.decode(file.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file}: {error}.") from None
    if not isinstance(values, dict):
        raise click.UsageError(f"{file}: a JSON object is wanted.")
    told: dict[str, Any] = values
    stray = sorted(set(told) - known)
    if stray:
        raise click.UsageError(f"{file}: {stray[0]} is none of {', '.join(sorted(known))}.")
    return told
