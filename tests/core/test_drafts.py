"""Draft orders: put together, offered with units kept, accepted as they were drafted, or not at all."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from orderline.core.drafts import commands as d
from orderline.core.drafts.ordering import placing_of
from orderline.core.drafts.state import DraftGroup, DraftOrder, DraftState
from orderline.core.orders import commands as c
from orderline.core.orders.state import Charge
from orderline.core.tenders.installments import Due, InstallmentInput, ScheduleInput
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.deciders import code_of
from support.shop import HOME, MemoryShop

STOCK = [("TEE-M", "lyon", 6), ("MUG", "lyon", 3)]
THERE = DraftGroup(place=Place(country=HOME.country, postal_code=HOME.postal_code))


def put(shop: MemoryShop, quantity: int = 2, **about: Any) -> DraftOrder:
    line = c.LineInput(sku="TEE-M", quantity=quantity, unit_price_minor=1800)
    given: dict[str, Any] = {"groups": (THERE,), "charges": (Charge("shipping", 490),), "customer": "ann"} | about
    shop.do(d.PutDraftOrder(draft_order="D-1", channel="web", currency="EUR", lines=(line,), **given))
    return drafted(shop)


def drafted(shop: MemoryShop) -> DraftOrder:
    found = shop.world.records["draft_order", "D-1"]
    assert isinstance(found, DraftOrder)
    return found


def offer(shop: MemoryShop, **about: Any) -> DraftOrder:
    given: dict[str, Any] = {"until": shop.now + timedelta(days=2), "token_hash": "h"} | about
    shop.do(d.OfferDraftOrder(draft_order="D-1", **given))
    return drafted(shop)


def ordered(shop: MemoryShop, **about: Any) -> OrderId:
    order = shop.place(placing_of(drafted(shop), {1: HOME}, {}, **about))
    assert order is not None
    return order


def atp(shop: MemoryShop) -> int:
    return shop.world.pool_level("TEE-M", "eu").atp


def test_a_draft_reserves_nothing_and_becomes_an_order_by_the_rules_of_all_orders() -> None:
    shop = MemoryShop(STOCK)
    before = atp(shop)
    assert put(shop).total_minor == 2 * 1800 + 490
    assert atp(shop) == before
    order = shop.order(ordered(shop, holds=(c.HoldInput(type="manual"),)))
    assert (order.agreement.total_minor, [hold.type for hold in order.holds]) == (4090, ["manual"])
    assert (drafted(shop).state, drafted(shop).order) == (DraftState.ORDERED, order.number)
    assert atp(shop) == before - 2
    again = placing_of(drafted(shop), {1: HOME}, {}, external_id="other")
    assert code_of(shop, again) == "DRAFT_STATE"
    assert_sound(shop)


def test_what_cannot_be_had_is_refused_when_it_is_ordered_as_for_any_order() -> None:
    shop = MemoryShop(STOCK)
    put(shop, 99)
    assert code_of(shop, placing_of(drafted(shop), {1: HOME}, {})) == "STOCK_NOT_AVAILABLE"
    assert code_of(shop, placing_of(drafted(shop), {}, {})) == "ADDRESS_MISSING"
    assert drafted(shop).state is DraftState.OPEN


def test_an_offer_keeps_units_until_its_time_and_gives_them_back() -> None:
    shop = MemoryShop(STOCK)
    before = atp(shop)
    put(shop, 4)
    assert offer(shop, keep_stock=True).kept is not None
    assert atp(shop) == before - 4
    offer(shop, keep_stock=True)  # offered again: kept once
    assert atp(shop) == before - 4
    assert code_of(shop, d.ExpireDraftOrder(draft_order="D-1", revision=1)) == "DRAFT_NOT_DUE"
    put(shop, 1)  # another revision: nothing is offered any more
    assert (drafted(shop).state, drafted(shop).revision, atp(shop)) == (DraftState.OPEN, 2, before)
    offer(shop, keep_stock=True)
    shop.later(hours=49)
    assert code_of(shop, placing_of(drafted(shop), {1: HOME}, {})) == "DRAFT_EXPIRED"
    shop.do(d.ExpireDraftOrder(draft_order="D-1", revision=2))
    assert (drafted(shop).state, atp(shop)) == (DraftState.EXPIRED, before)
    assert code_of(shop, placing_of(drafted(shop), {1: HOME}, {})) == "DRAFT_EXPIRED"
    assert_sound(shop)


def test_units_that_are_kept_are_those_of_the_order() -> None:
    shop = MemoryShop(STOCK)
    put(shop, atp(shop))
    offer(shop, keep_stock=True)
    assert atp(shop) == 0
    without = replace(placing_of(drafted(shop), {1: HOME}, {}), cart_hold="")
    assert code_of(shop, without) in ("STOCK_NOT_AVAILABLE", "DRAFT_OF_OTHER_GOODS")
    order = shop.order(ordered(shop))
    assert order.lines[0].units.pooled == order.lines[0].units.total()
    assert_sound(shop)


def test_more_than_there_is_cannot_be_kept() -> None:
    shop = MemoryShop(STOCK)
    put(shop, 99)
    with pytest.raises(Refused) as refused:
        offer(shop, keep_stock=True)
    assert refused.value.code.value == "STOCK_NOT_AVAILABLE"
    assert offer(shop).state is DraftState.OFFERED  # the price alone


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"lines": (c.LineInput(sku="TEE-M", quantity=2, unit_price_minor=1),), "total_minor": 492}, "lines"),
        ({"charges": (), "total_minor": 3600}, "charges"),
        ({"groups": (c.GroupInput(address=HOME, method="express"),)}, "groups"),
        ({"groups": (c.GroupInput(pickup_location="paris"),)}, "groups"),
    ],
)
def test_nothing_else_is_ordered_by_a_draft(changed: dict[str, Any], field: str) -> None:
    shop = MemoryShop([*STOCK, ("TEE-M", "paris", 3)])
    put(shop)
    with pytest.raises(Refused) as refused:
        shop.do(replace(placing_of(drafted(shop), {1: HOME}, {}), **changed))
    assert (refused.value.code.value, refused.value.facts["field"]) == ("DRAFT_OF_OTHER_GOODS", field)


def test_a_draft_is_declined_discarded_and_put_anew() -> None:
    shop = MemoryShop(STOCK)
    put(shop)
    assert code_of(shop, d.DeclineDraftOrder(draft_order="D-1", reason="no")) == "DRAFT_STATE"
    offer(shop, keep_stock=True)
    assert code_of(shop, d.DeclineDraftOrder(draft_order="D-1", token_hash="other")) == "DRAFT_UNKNOWN"
    shop.do(d.DeclineDraftOrder(draft_order="D-1", token_hash="h"))
    assert drafted(shop).state is DraftState.DECLINED
    assert put(shop, 1, revision=1).revision == 2
    stale = d.PutDraftOrder(
        draft_order="D-1", channel="web", currency="EUR", revision=1, groups=(THERE,),
        lines=(c.LineInput(sku="TEE-M", quantity=1, unit_price_minor=1),),
    )  # fmt: skip
    assert code_of(shop, stale) == "VERSION_STALE"
    shop.do(d.DiscardDraftOrder(draft_order="D-1", reason="gone elsewhere"))
    assert code_of(shop, placing_of(drafted(shop), {1: HOME}, {})) == "DRAFT_STATE"
    assert code_of(shop, replace(stale, revision=None)) == "DRAFT_STATE"
    assert_sound(shop)


def test_what_is_put_is_what_could_be_ordered() -> None:
    shop = MemoryShop(STOCK)
    wrong: dict[str, dict[str, Any]] = {
        "COUNTRY_UNKNOWN": {"groups": (DraftGroup(place=Place(country="XX")),)},
        "GROUP_DUPLICATE": {"groups": (THERE, THERE)},
        "TIME_NOT_AWARE": {"groups": (DraftGroup(release_at=datetime(2026, 3, 1)),)},  # noqa: DTZ001
        "GROUP_UNKNOWN": {"groups": (DraftGroup(group=2, place=Place(country="FR")),)},
        "AMOUNT_OUT_OF_RANGE": {"charges": (Charge("discount", -10_000),)},
    }
    for code, about in wrong.items():
        with pytest.raises(Refused) as refused:
            put(shop, **about)
        assert refused.value.code.value == code
    put(shop)
    for until in (shop.now, shop.now + timedelta(days=31)):
        with pytest.raises(Refused) as refused:
            offer(shop, until=until, keep_stock=True)
        assert refused.value.code.value == "DRAFT_UNTIL"


def test_where_it_goes_may_be_told_later_but_nothing_is_offered_before() -> None:
    shop = MemoryShop(STOCK)
    put(shop, groups=())
    for keep_stock in (False, True):
        with pytest.raises(Refused) as refused:
            offer(shop, keep_stock=keep_stock)
        assert refused.value.code.value == "ADDRESS_MISSING"
    assert code_of(shop, placing_of(drafted(shop), {}, {})) == "ADDRESS_MISSING"
    assert drafted(shop).state is DraftState.OPEN
    order = shop.order(ordered(shop))  # the address comes with the order
    assert order.agreement.groups[0].place.postal_code == HOME.postal_code
    assert_sound(shop)


def test_deliveries_at_several_times_are_drafted_and_ordered_as_drafted() -> None:
    shop = MemoryShop(STOCK)
    later = shop.now + timedelta(days=20)
    groups = (THERE, DraftGroup(group=2, place=THERE.place, release_at=later, promised_by=later + timedelta(days=2)))
    lines = tuple(c.LineInput(sku="TEE-M", quantity=1, unit_price_minor=1800, group=group) for group in (1, 2))
    shop.do(d.PutDraftOrder(draft_order="D-1", channel="web", currency="EUR", lines=lines, groups=groups))
    placing = placing_of(drafted(shop), {1: HOME, 2: HOME}, {})
    other = replace(placing.groups[1], release_at=later + timedelta(days=1))
    assert code_of(shop, replace(placing, groups=(placing.groups[0], other))) == "DRAFT_OF_OTHER_GOODS"
    placed = shop.place(placing)
    assert placed is not None
    order = shop.order(placed)
    assert [each.release_at for each in order.agreement.groups] == [None, later]
    assert [(hold.type, hold.line) for hold in order.holds] == [("schedule", 2)]
    assert_sound(shop)


def test_how_it_is_paid_is_drafted_with_it() -> None:
    shop = MemoryShop(STOCK)
    schedule = ScheduleInput(
        installments=(InstallmentInput(due=Due.ORDER, share_ppm=300_000), InstallmentInput(due=Due.RELEASE)),
        within_days=5,
    )
    put(shop, schedule=schedule)
    tenders = (c.TenderInput(provider="stripe", amount_minor=4090, token="pm"),)
    placing = placing_of(drafted(shop), {1: HOME}, {}, tenders=tenders)
    assert code_of(shop, replace(placing, schedule=None)) == "DRAFT_OF_OTHER_GOODS"
    placed = shop.place(placing)
    assert placed is not None
    known = shop.order(placed).schedule
    assert known is not None
    assert [(each.due, each.share_ppm) for each in known.installments] == [(Due.ORDER, 300_000), (Due.RELEASE, None)]
    assert_sound(shop)
