"""Lists of records at the terminal: each is a table of what the kind has, cut by its states and by whose they are."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import click

from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import plain

MOST: Final = 1_000


class RecordList(NamedTuple):
    """How a kind is listed. shown: the states of which the list is when none is named; all, when empty.

    subject: by what the list can be cut, as its option is called; whose: what that means. order: that of the rows; that
    of the ids, when not given. empty: what is said when there is none.
    """

    kind: str
    purpose: str
    heads: Sequence[str]
    row: Callable[[Any], Sequence[Any]]
    right: Sequence[int] = ()
    states: type[StrEnum] | None = None
    shown: Sequence[StrEnum] = ()
    subject: str = ""
    whose: str = ""
    order: Callable[[Any], Any] | None = None
    empty: str = ""


def add_list(group: click.Group, listed: RecordList, name: str = "list") -> None:
    """The command that lists a kind."""

    def list_them(states: tuple[str, ...] = (), subjects: tuple[str, ...] = (), *, as_json: bool) -> None:
        from orderline.cli.sources import reading
        from orderline.store.reading.records import load_records

        with reading() as source:
            found: list[Any] = load_records(source, listed.kind, states=states, subjects=subjects, most=MOST)
        if listed.order is not None:
            found.sort(key=listed.order)
        if as_json:
            emit(found)
        elif found:
            table(listed.heads, [listed.row(each) for each in found], right=listed.right)
        else:
            say(listed.empty or f"There is no such {plain(listed.kind)}.")

    made: Any = json_option(list_them)
    if listed.subject:
        help_ = f"{listed.whose or f'Only of this {listed.subject}'}; may be repeated."
        made = click.option(f"--{listed.subject}", "subjects", multiple=True, help=help_)(made)
    if listed.states is not None:
        made = click.option(
            "--state", "states", multiple=True, type=click.Choice([each.value for each in listed.states]),
            default=[each.value for each in listed.shown], show_default=True, help="Only in this state; may be repeated.",
        )(made)  # fmt: skip
    group.command(name, help=listed.purpose)(made)
