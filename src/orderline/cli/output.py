"""How commands speak: results on standard output, everything else on standard error; JSON on demand."""

import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final, TextIO, TypeVar, cast

import click
import msgspec

if TYPE_CHECKING:
    from rich.console import Console

F = TypeVar("F", bound=Callable[..., Any])
# Wide enough for any row.
UNBROKEN: Final = 10_000


def json_option(function: F) -> F:
    """`--json` for a command; it receives `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(function)


def console(*, stderr: bool = False, width: int | None = None) -> "Console":
    """Where a command draws; without color, at a fixed width and without blanks at the end when nobody looks."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(stderr=stderr, highlight=False, width=width)
    return Console(file=cast("IO[str]", _Trimmed(stream)), highlight=False, width=width or 110)


class _Trimmed:
    """A stream that leaves out the blanks which fill a drawing up to its width. Whole lines are written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write("\n".join(line.rstrip(" ") for line in text.split("\n")))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


def emit(value: Any) -> None:
    """Print one JSON document on a line."""
    click.echo(msgspec.json.encode(value))


def say(text: str) -> None:
    """A line for the person at the terminal, on standard error."""
    click.echo(text, err=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = ()) -> None:
    """Print rows under column heads; columns whose index is in `right` are set to the right.

    Where nobody looks, a row is a line, however long: others read it line by line.
    """
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for index, name in enumerate(columns):
        drawn.add_column(name, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*("" if each is None else str(each) for each in row))
    to = console(width=None if sys.stdout.isatty() else UNBROKEN)
    to.print(drawn)


@contextmanager
def progress(what: str, total: int | None = None) -> Generator[Callable[[int], None]]:
    """A progress bar on standard error while the block runs; yields a function that is told how much is done.

    Only on a terminal: elsewhere nothing is drawn.
    """
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(what, total=total)
        yield lambda done: drawn.update(task, completed=done)
