"""Units of returns as arguments name them: parts separated by colons, such as `1:2:too_small`."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import click
from msgspec.structs import replace

from orderline.cli.inputs import whole_of
from orderline.core.orders.facts import Attachment
from orderline.core.returns import commands as c
from orderline.core.returns.policy import REASONS
from orderline.core.returns.repair_commands import Finding
from orderline.core.returns.state import Disposition, Grade

E = TypeVar("E", Grade, Disposition, Finding)
P = TypeVar("P", c.ReturnLineInput, c.ReceivedItemInput, c.GradedInput)


def asked_lines(texts: Sequence[str]) -> tuple[c.ReturnLineInput, ...]:
    """LINE:UNITS:REASON each."""
    found: list[c.ReturnLineInput] = []
    for text in texts:
        line, units, reason = parts_of(text, "--line", 3, 3)
        if reason not in REASONS:
            raise click.BadParameter(f"{reason!r} is not one of {', '.join(REASONS)}.", param_hint="'--line'")
        found.append(
            c.ReturnLineInput(line=whole_of(line, "--line"), quantity=whole_of(units, "--line"), reason=reason)
        )
    return tuple(found)


def exchange_of(texts: Sequence[str]) -> c.ExchangeInput | None:
    """SKU:UNITS[:PRICE] each; None: nothing is sent instead."""
    found: list[c.ExchangeLineInput] = []
    for text in texts:
        sku, units, *price = parts_of(text, "--instead", 2, 3)
        found.append(
            c.ExchangeLineInput(
                sku=sku, quantity=whole_of(units, "--instead"),
                unit_price_minor=whole_of(price[0], "--instead") if price else None,
            )
        )  # fmt: skip
    return c.ExchangeInput(lines=tuple(found)) if found else None


def received_item(text: str, option: str) -> c.ReceivedItemInput:
    """ITEM:UNITS[:GRADE], or LINE:UNITS[:REASON] for the option --line."""
    which, units, *more = parts_of(text, option, 2, 3)
    number, quantity = whole_of(which, option), whole_of(units, option)
    if option == "--line":
        return c.ReceivedItemInput(line=number, quantity=quantity, reason=more[0] if more else "")
    grade = one_of(Grade, more[0], option) if more else None
    return c.ReceivedItemInput(item=number, quantity=quantity, grade=grade)


def with_photos(given: Sequence[P], texts: Sequence[str], number_of: Callable[[P], int]) -> tuple[P, ...]:
    """NUMBER:SHA256 each: what was given, with the photos of it that `orderline photo add` has kept.

    number_of: what it is called by, which NUMBER says. Not understood: nothing is called that.
    """
    photos: dict[int, list[Attachment]] = {}
    for text in texts:
        number, sha256 = parts_of(text, "--photo", 2, 2)
        photos.setdefault(whole_of(number, "--photo"), []).append(
            Attachment(title=f"photo {sha256[:8]}", sha256=sha256)
        )
    stray = photos.keys() - {number_of(each) for each in given}
    if stray:
        raise click.BadParameter(f"{min(stray)} is not named here.", param_hint="'--photo'")
    return tuple(replace(each, photos=tuple(photos.get(number_of(each), ()))) for each in given)


def parts_of(text: str, option: str, least: int, most: int) -> list[str]:
    """What stands between the colons. Not understood: fewer or more parts, or an empty one."""
    parts = text.split(":")
    if not least <= len(parts) <= most or not all(parts):
        raise click.BadParameter(f"{text!r} has {len(parts)} parts, separated by colons.", param_hint=f"'{option}'")
    return parts


def one_of(kind: type[E], text: str, option: str) -> E:
    """A member of `kind` by its code. Not understood: there is none."""
    if text not in list(kind):
        raise click.BadParameter(f"{text!r} is not one of {', '.join(kind)}.", param_hint=f"'{option}'")
    return kind(text)
