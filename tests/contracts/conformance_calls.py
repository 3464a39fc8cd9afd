"""What every connector owes its callers when the partner fails: the same for all contracts.

A connector's own test names a `Subject` (how to write once, how to see what it did) and inherits these tests.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from orderline.values.failures import Trouble


class Faulty(Protocol):
    """A partner that can be told to fail."""

    async def lose_next_answer(self) -> None: ...

    async def fail_next(self, status: int, retry_after_s: int | None = None) -> None: ...

    async def keep_waiting(self, delay_ms: int) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An opened connector with one typical write.

    write: does it, under the same key each time. effects: how often it took effect at the partner.
    hasty, nowhere: the same write with a time limit of 100 ms; and against an address where nobody listens.
    """

    write: Callable[[], Awaitable[Any]]
    effects: Callable[[], Awaitable[int]]
    hasty: Callable[[], Awaitable[Any]]
    nowhere: Callable[[], Awaitable[Any]]
    partner: Faulty


@pytest.mark.anyio
class CallsConformance:
    """To be inherited; needs a fixture `subject`."""

    async def test_a_write_sent_twice_under_one_key_has_one_effect_and_one_answer(self, subject: Subject) -> None:
        first = await subject.write()
        assert await subject.write() == first
        assert await subject.effects() == 1

    async def test_a_lost_answer_leaves_a_write_in_doubt_and_sending_it_again_does_no_harm(
        self, subject: Subject
    ) -> None:
        await subject.partner.lose_next_answer()
        outcome = await subject.write()
        assert isinstance(outcome, Trouble)
        assert outcome.in_doubt
        assert await subject.effects() == 1
        assert not isinstance(await subject.write(), Trouble)
        assert await subject.effects() == 1

    async def test_a_partner_that_is_down_says_when_to_come_again_and_nothing_is_in_doubt(
        self, subject: Subject
    ) -> None:
        await subject.partner.fail_next(503, retry_after_s=7)
        outcome = await subject.write()
        assert isinstance(outcome, Trouble)
        assert (outcome.retry_after_s, outcome.in_doubt) == (7, False)
        assert await subject.effects() == 0

    async def test_a_partner_that_limits_the_rate_says_when_to_come_again(self, subject: Subject) -> None:
        await subject.partner.fail_next(429, retry_after_s=3)
        outcome = await subject.write()
        assert isinstance(outcome, Trouble)
        assert (outcome.retry_after_s, outcome.in_doubt) == (3, False)

    async def test_an_error_of_the_partner_leaves_a_write_in_doubt(self, subject: Subject) -> None:
        await subject.partner.fail_next(500)
        outcome = await subject.write()
        assert isinstance(outcome, Trouble)
        assert (outcome.retry_after_s, outcome.in_doubt) == (None, True)

    async def test_a_call_that_is_turned_away_is_not_in_doubt(self, subject: Subject) -> None:
        await subject.partner.fail_next(403)
        outcome = await subject.write()
        assert isinstance(outcome, Trouble)
        assert not outcome.in_doubt

    async def test_an_answer_past_the_time_limit_leaves_a_write_in_doubt(self, subject: Subject) -> None:
        await subject.partner.keep_waiting(1_500)
        outcome = await subject.hasty()
        assert isinstance(outcome, Trouble)
        assert outcome.in_doubt

    async def test_a_partner_that_is_not_reached_leaves_nothing_in_doubt(self, subject: Subject) -> None:
        outcome = await subject.nowhere()
        assert isinstance(outcome, Trouble)
        assert not outcome.in_doubt
