"""The first page of help: what a group of commands is for, and which they are."""

import click
import pytest

from orderline.cli.main import COMMANDS, load_command

GROUPS = {name: (help_, load_command(name)) for name, (help_, _) in COMMANDS.items() if ": " in help_}


@pytest.mark.parametrize("name", [name for name, (_, command) in GROUPS.items() if isinstance(command, click.Group)])
def test_a_group_is_listed_with_all_its_commands(name: str) -> None:
    help_, command = GROUPS[name]
    assert isinstance(command, click.Group)
    listed = help_.partition(": ")[2].removesuffix(".").split(", ")
    assert sorted(listed) == sorted(command.commands)
