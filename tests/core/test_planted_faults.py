"""What the random days are for: they find nothing, and they find a fault of one minor unit that is planted."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from orderline.core.documents import due
from orderline.core.tenders import sums
from support.always import assert_follow_ups_sound, assert_sound
from support.depth import deep, thorough
from support.machine import simulate
from support.shop import MemoryShop

STOCK = [("TEE-M", "lyon", 6), ("TEE-M", "lille", 2), ("TEE-M", "paris", 2), ("MUG", "lyon", 3), ("MUG", "paris", 1)]
SEEDS = range(400, 400 + deep(8))
STEPS = 150


def a_day(seed: int) -> int:
    """A day drawn from a seed, looked at after each command; how many went through."""
    shop = MemoryShop(STOCK)
    shop.on_draft = partial(assert_follow_ups_sound, shop)
    return simulate(shop, seed, STEPS, shop.place, partial(assert_sound, shop), returns=0.6)


@pytest.mark.slow
@thorough
def test_random_days_find_nothing_and_say_how_much_they_have_tried() -> None:
    lengths = [a_day(seed) for seed in SEEDS]
    said = f"{len(lengths)} sequences, {sum(lengths):,} commands, the longest of {max(lengths)}, 0 violations"
    sys.stdout.write(f"random days: {said}\n")
    assert min(lengths) > 20


def off_by_one(function: Callable[..., int], step: int, *, above: int = 0) -> Callable[..., int]:
    """The function, with one minor unit more or less where it gives more than `above`."""

    def wrong(*arguments: Any) -> int:
        found = function(*arguments)
        return found + step if found > above else found

    return wrong


FAULTS = [
    # where, what, and what is wrong there; what comes back has days of its own, in returns/test_money_laws.py
    pytest.param(sums, "net_due_minor", 1, marks=thorough),  # what refund_excess leaves of what was paid
    pytest.param(sums, "net_due_minor", -1, marks=thorough),
    (sums, "canceled_share", 1),  # the money of units that were canceled
    pytest.param(sums, "canceled_share", -1, marks=thorough),
    (due, "line_share", 1),  # what is billed for units that have gone
    pytest.param(due, "line_share", -1, marks=thorough),
]


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name", "step"), FAULTS)
def test_a_fault_of_one_minor_unit_is_found(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, step: int) -> None:
    monkeypatch.setattr(module, name, off_by_one(getattr(module, name), step, above=1))
    found = ""
    for seed in SEEDS:
        try:
            a_day(seed)
        except AssertionError as fault:
            found = f"day {seed}: {str(fault).splitlines()[0] if str(fault) else 'an amount'}"
            break
    sys.stdout.write(f"planted {step:+} in {module.__name__}.{name}: {found or 'NOT FOUND'}\n")
    assert found
