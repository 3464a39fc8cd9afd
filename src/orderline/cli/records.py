"""Records from the command line: read, and changed by a command that is shown first and done when agreed to."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from orderline.cli.agreeing import agreed, document, person
from orderline.cli.output import emit, say, table
from orderline.cli.plain import instant, plain
from orderline.cli.ports import Failure, installation
from orderline.core.records import RecordCommand, RecordKey


def found_record(kind: str, id_: str, *, code: str) -> Any:
    """A record by its id. Failure: there is none."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_record

    with reading() as source:
        found = load_record(source, kind, id_) if id_.isprintable() else None
    if found is None:
        raise Failure(f"There is no {plain(kind)} {id_!r}.", code=code, value=id_[:100])
    return found


def show_record(record: Any, *, as_json: bool) -> None:
    """All that is known of a record, a field a line."""
    if as_json:
        emit(record)
        return
    for name, value in msgspec.to_builtins(record, builtin_types=(datetime,)).items():
        if name == "chain" or value in (None, "", (), [], {}, False):
            continue
        rows: list[dict[str, Any]] = [each for each in value if isinstance(each, dict)] if _is_many(value) else []
        click.echo(f"{plain(name)}:{'' if rows else f' {_word(value)}'}")
        if rows:
            heads = tuple(dict.fromkeys(key for each in rows for key in each))
            table(tuple(map(plain, heads)), [[_word(each.get(key, "")) for key in heads] for each in rows])


def run_shown(
    command: RecordCommand,
    *,
    yes: bool,
    as_json: bool,
    draw: Callable[[Any], None] | None = None,
    of: RecordKey | None = None,
) -> bool:
    """Show how the record would stand, and do it when that is agreed to; whether it was.

    draw: shows it; None: a field a line. of: which record is shown; the one that the command names first, when not given.
    """
    from orderline.engine.previewing import preview_record

    with installation().database() as database:
        told: Any = preview_record(database, command, person(), datetime.now(UTC), of)
        if not as_json:
            say("It would stand as:")
            if draw is not None:
                draw(told)
            else:
                show_record(told, as_json=False)
        done = agreed(yes, as_json=as_json)
        if done:
            with installation().engine(database) as engine:
                engine.run(command, actor=person())
    if as_json:
        emit(document(told, applied=done))
    elif done:
        say("Done.")
    return done


def _is_many(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _word(value: Any) -> str:
    if _is_many(value):
        return ", ".join(_word(each) for each in value)
    if isinstance(value, dict):
        known: dict[str, Any] = value
        return ", ".join(f"{plain(key)} {_word(each)}" for key, each in known.items())
    return instant(value) if isinstance(value, datetime) else str(value)
