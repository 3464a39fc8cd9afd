"""What a status is called outside: each has a word on every channel, whatever the channel has said."""

from typing import get_type_hints

import pytest

from orderline.core.orders.status import Status, status_of
from orderline.core.orders.vocabulary import AXES, KEYS, OURS, told, words_of
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.values.failures import Refused
from support.shop import MemoryShop, order_of


def test_every_status_of_every_axis_has_a_word() -> None:
    assert set(OURS) == set(KEYS)
    assert all(OURS.values())
    axes = {name: kind for name, kind in get_type_hints(Status).items() if name != "flags"}
    assert axes == AXES


@pytest.mark.parametrize("own", [{}, {"phase.in_work": "Kommissionierung"}, dict.fromkeys(KEYS, "so")])
def test_a_channel_has_a_word_for_each_of_them(own: dict[str, str]) -> None:
    words = words_of(own)
    assert set(words) == set(KEYS)
    assert all(words[key] == own.get(key, OURS[key]) for key in KEYS)


def test_an_order_is_told_in_the_words_of_its_channel() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 3)])
    order = shop.order(shop.place(order_of("A-1", ("TEE-M", 1, 2000))))
    said = told(order.number, order.channel, status_of(order), {"payment.authorized": "Geld da"})
    assert (said.payment, said.phase) == ("Geld da", OURS[f"phase.{said.status.phase}"])


@pytest.mark.parametrize(
    "words", [{"phase.flying": "x"}, {"in_work": "x"}, {"phase.in_work": ""}, {"phase.held": "x" * 101}]
)
def test_words_for_what_is_no_status_are_refused(words: dict[str, str]) -> None:
    with pytest.raises(Refused):
        MemoryShop().do(PutChannel(channel=Channel("web", "Web", ("eu",), words=words)))
