"""What a key or a role may do about holds, and how much it may give: options of several commands, and how it is told."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

from orderline.cli.plain import amount
from orderline.core.appeasements.state import AppeasementLimits
from orderline.core.holds.rules import TYPES
from orderline.core.holds.state import HoldAuthority
from orderline.core.limits import MoneyLimits
from orderline.values.failures import Refused
from orderline.values.money import check_currency, parse_minor

_OPTIONS: Final = (
    click.option("--hold-role", "roles", multiple=True, help="A role in which it resolves holds; may be repeated."),
    click.option(
        "--hold-type",
        "types",
        multiple=True,
        type=click.Choice(sorted(TYPES)),
        help="Let it place and resolve only these holds; may be repeated.",
    ),
    click.option(
        "--hold-limit",
        "hold_limits",
        multiple=True,
        metavar="CURRENCY=AMOUNT",
        help="Let it resolve holds only of orders up to this total; may be repeated.",
    ),
    click.option(
        "--give-order",
        "per_order",
        multiple=True,
        metavar="CURRENCY=AMOUNT",
        help="The most it gives by itself on one order, without goods coming back; may be repeated.",
    ),
    click.option(
        "--give-day", "per_day", multiple=True, metavar="CURRENCY=AMOUNT", help="As much on one day; may be repeated."
    ),
    *(
        click.option(
            f"--most-{name}".replace("_", "-"),
            f"most_{name}",
            multiple=True,
            metavar="CURRENCY=AMOUNT",
            help=f"The most it {does} by hand at once; may be repeated.",
        )
        for name, does in (
            ("refunds", "records as refunded"),
            ("credits", "gives for a return, or puts on an account,"),
            ("payments", "records as received"),
            ("write_offs", "writes off"),
        )
    ),
    click.option("--team", default="", help="Whose appeasement budget it is counted on as well."),
)


def authority_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `authority_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def authority_of(
    *, roles: tuple[str, ...], types: tuple[str, ...], hold_limits: tuple[str, ...], per_order: tuple[str, ...],
    per_day: tuple[str, ...], team: str, **most: tuple[str, ...],
) -> tuple[HoldAuthority | None, AppeasementLimits | None, MoneyLimits | None]:  # fmt: skip
    """What was said; None: no limit."""
    from orderline.core.orders.guards import check_text

    for index, role in enumerate(roles):
        check_text(role, f"holds.roles[{index}]", 60, required=True)
    holds = HoldAuthority(roles=roles, types=types, limits=_limits(hold_limits, "--hold-limit"))
    gives = AppeasementLimits(
        per_order=_limits(per_order, "--give-order"), per_day=_limits(per_day, "--give-day"),
        team=check_text(team, "appeasements.team", 60),
    )  # fmt: skip
    money = MoneyLimits(
        **{name.removeprefix("most_"): _limits(texts, f"--{name.replace('_', '-')}") for name, texts in most.items()}
    )
    return (
        holds if holds != HoldAuthority() else None,
        gives if gives != AppeasementLimits() else None,
        money if money != MoneyLimits() else None,
    )


def within(holds: HoldAuthority | None, gives: AppeasementLimits | None, money: MoneyLimits | None) -> str:
    """What a key or a role may do about holds, and how much it may give and move."""

    def amounts(limits: Mapping[str, int]) -> str:
        return " and ".join(amount(minor, currency) for currency, minor in limits.items())

    told: list[str] = []
    if holds is not None:
        told += [", ".join((*holds.roles, *holds.types))] if holds.roles or holds.types else []
        told += [f"holds up to {amounts(holds.limits)}"] if holds.limits else []
    if gives is not None:
        told += [f"gives {amounts(gives.per_order)} on an order"] if gives.per_order else []
        told += [f"gives {amounts(gives.per_day)} a day"] if gives.per_day else []
        told += [f"of {gives.team}"] if gives.team else []
    for name in money.__struct_fields__ if money is not None else ():
        limits: dict[str, int] = getattr(money, name)
        told += [f"{name.replace('_', ' ')} up to {amounts(limits)}"] if limits else []
    return "; ".join(told)


def _limits(texts: Sequence[str], option: str) -> dict[str, int]:
    """CURRENCY=AMOUNT each, in minor units by currency."""
    found: dict[str, int] = {}
    for text in texts:
        currency, _, value = text.partition("=")
        try:
            found[check_currency(currency)] = parse_minor(value, currency)
        except Refused:
            found[currency] = -1
        if found[currency] < 0:
            raise click.BadParameter(f"{text!r} is no amount such as EUR=50.00.", param_hint=f"'{option}'")
    return found
