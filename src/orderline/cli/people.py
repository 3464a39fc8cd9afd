"""`orderline people`: tell somebody what is known of them, and erase it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from orderline.cli.agreeing import agreed, person, yes_option
from orderline.cli.output import emit, json_option, say
from orderline.cli.plain import count
from orderline.cli.ports import installation, not_writable
from orderline.cli.sources import reading

if TYPE_CHECKING:
    from orderline.core.people.erasing import OrderOfPerson
    from orderline.store.reading.source import Source


@click.group()
def people() -> None:
    """What is known of people: export, erase."""


@people.command()
@click.argument("email")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default="-")
def export(email: str, file: Path) -> None:
    """Write all that is known of whoever has EMAIL to FILE (standard output, when not given), as JSON.

    That is every order they placed, with its people, timeline and decisions, and the numbers of the orders of others
    that come to them.
    """
    from orderline.store.reading.people import documents_of

    with reading() as source:
        orders: list[msgspec.Raw] = []
        comes_to: list[str] = []
        for found in _pages(source, email):
            orders += documents_of(source, found)
            comes_to += [each.number for each in found if not each.customer]
    written = msgspec.json.format(
        msgspec.json.encode({"email": email, "orders": orders, "comes_to": comes_to}), indent=2
    )
    if str(file) == "-":
        sys.stdout.buffer.write(written + b"\n")
        return
    try:
        file.write_bytes(written + b"\n")
    except OSError as error:
        raise not_writable(file, error) from error
    say(f"{count(len(orders), 'order')} of {email} written to {file}; {len(comes_to)} of others come to them.")


@people.command()
@click.argument("email")
@click.option("--reason", default="", help="Why, for the record: a request, a rule.")
@yes_option
@json_option
def erase(email: str, reason: str, yes: bool, as_json: bool) -> None:
    """Erase whoever has EMAIL from every order that is at its end; orders that go on are named and stay.

    Names, streets, emails, phones and labels are gone for good; figures, journal and proofs stay as they are.
    """
    from orderline.core.people.erasing import erasures
    from orderline.values.failures import Refused

    here = installation()
    with reading() as source:
        found = [each for page in _pages(source, email) for each in page]
    numbers = {each.order: each.number for each in found}
    commands = erasures(found, reason)
    if not as_json:
        say(f"{count(len(commands), 'order')} with people who have {email}.")
    if not commands or not agreed(yes, as_json=as_json):
        if as_json:
            emit({"applied": False, "orders": list(numbers.values())})
        return
    erased: list[str] = []
    refused: dict[str, str] = {}
    with here.database() as database, here.engine(database) as engine:
        for command in commands:
            try:
                engine.run(command, actor=person())
                erased.append(numbers[command.order])
            except Refused as why:
                refused[numbers[command.order]] = why.code.value
    if as_json:
        emit({"applied": True, "erased": erased, "refused": refused})
        return
    for number, code in refused.items():
        say(f"  {number} stays: {code}")
    say(f"Erased from {count(len(erased), 'order')}.")


def _pages(source: "Source", email: str) -> Iterator[list["OrderOfPerson"]]:
    from orderline.store.reading.people import FIRST, some_orders

    after = FIRST
    while True:
        found, next_ = some_orders(source, email, after)
        yield found
        if next_ is None:
            return
        after = next_
