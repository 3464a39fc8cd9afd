"""Chance follows from the seed and the name of a thing."""

from orderline.sandbox.chance import Chance
from orderline.sandbox.settings import Span


def test_the_same_seed_and_name_give_the_same_draw_and_others_another() -> None:
    assert Chance(7).number("a", 1) == Chance(7).number("a", 1)
    assert len({Chance(seed).number(name) for seed in (7, 8) for name in ("a", "b")}) == 4


def test_things_happen_about_as_often_as_they_are_said_to() -> None:
    chance = Chance(7)
    assert 2_800 < sum(chance.happens(0.3, "event", number) for number in range(10_000)) < 3_200
    assert not any(chance.happens(0, number) for number in range(100))
    assert all(chance.happens(1, number) for number in range(100))


def test_draws_stay_in_their_range() -> None:
    chance = Chance(7)
    assert {chance.below(3, number) for number in range(100)} == {0, 1, 2}
    assert {chance.span_ms(Span(2, 4), number) for number in range(100)} == {2, 3, 4}
    assert chance.span_ms(Span(5, 5), "x") == 5
