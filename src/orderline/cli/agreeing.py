"""Changes from the command line: shown first, made when somebody agrees."""

import getpass
import sys
from typing import Any, Final

import click
from click.decorators import FC

from orderline.cli.output import say
from orderline.core.context import Actor

NOTHING_DONE: Final = "Nothing was done; --yes does it."


def yes_option(function: FC) -> FC:
    """`--yes` for a command; it receives `yes`."""
    return click.option("--yes", is_flag=True, help="Do it without asking.")(function)


def agreed(yes: bool, *, as_json: bool = False) -> bool:
    """Shall it be done? A person at a terminal is asked; elsewhere `--yes` says so."""
    if yes:
        return True
    if sys.stdin.isatty() and not as_json:
        return click.confirm("Do it?", err=True)
    if not as_json:
        say(NOTHING_DONE)
    return False


def person() -> Actor:
    """Who is at the terminal, for the journal."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "somebody"
    return Actor(name, "cli")


def document(value: Any, *, applied: bool) -> dict[str, Any]:
    """What is printed with --json: what would happen, or has."""
    return {"applied": applied, "preview": value}
