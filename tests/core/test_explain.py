"""What is explained adds up, and says what the rules say, whatever has happened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.orders.explain import FULFILLMENTS, PAYMENTS, PHASES, RETURNS, explain_order
from orderline.core.orders.status import FulfillmentStatus, PaymentStatus, Phase, ReturnStatus, status_of
from orderline.core.stock.explain import Evidence, StockFacts, bundle_atp, explain_atp, explain_pool
from orderline.core.stock.state import Component, PoolLevel, ShortPolicy, Sku, SkuKind, StockLevel
from support.machine import simulate
from support.shop import LOCATIONS, SKUS, MemoryShop

STOCK = [("TEE-M", "lyon", 6), ("TEE-M", "lille", 2), ("TEE-M", "paris", 2), ("MUG", "lyon", 3), ("MUG", "paris", 1)]
COUNTS = st.integers(0, 50)
LEVELS = st.builds(
    StockLevel,
    st.just("S"),
    st.text("abcdef", min_size=1, max_size=3),
    sellable=COUNTS,
    picked=COUNTS,
    allocated=COUNTS,
    safety=COUNTS,
    doubt_ppm=st.integers(0, 1_000_000),
)


@given(st.lists(LEVELS, max_size=5), COUNTS, COUNTS, COUNTS)
def test_the_terms_of_a_pool_add_up_to_its_figure(
    shelves: list[StockLevel], claims: int, held: int, threshold: int
) -> None:
    promisable = sum(shelf.promisable for shelf in shelves)
    level = PoolLevel("S", "eu", promisable, claims, held, 0, threshold)
    explained = explain_pool(level, shelves, Evidence())
    assert sum(term.amount for term in explained.terms) == explained.atp == level.atp
    assert explained.oversold == level.oversold
    locations = explained.terms[0]
    assert locations.amount == sum(shelf.amount for shelf in locations.shelves)
    for shelf in locations.shelves:
        assert (
            shelf.amount
            == shelf.sellable + shelf.picked + shelf.allocated + shelf.safety + shelf.phantom + shelf.lifted
        )


@given(st.lists(st.tuples(COUNTS, st.integers(1, 5)), min_size=1, max_size=4))
def test_a_bundle_is_limited_by_the_component_of_which_the_fewest_can_be_made(parts: list[tuple[int, int]]) -> None:
    components = tuple(Component(f"C{number}", quantity) for number, (_, quantity) in enumerate(parts))
    bundle = Sku("SET", kind=SkuKind.BUNDLE, components=components)
    facts = {
        f"C{number}": StockFacts(
            {"eu": [StockLevel(f"C{number}", "lyon", sellable=units)]},
            {"eu": PoolLevel(f"C{number}", "eu", promisable=units)},
            {},
        )
        for number, (units, _) in enumerate(parts)
    }
    explained = explain_atp(bundle, ("eu",), facts)
    assert explained.atp == bundle_atp(parts) == min(part.makes for part in explained.components)
    without = explain_atp(bundle, ("eu",), facts, unlimited=[component.sku for component in components])
    assert (without.unlimited, without.components) == (True, ())


def test_the_channel_decides_what_happens_to_those_who_ask_for_more() -> None:
    sku = Sku("S", short_policy=ShortPolicy.CAP, backorder_cap=7)
    assert explain_atp(sku, (), {}).backorder_cap == 7
    told = explain_atp(sku, (), {}, channel="web", short_policy=ShortPolicy.DENY)
    assert (told.short_policy, told.backorder_cap, told.atp) == (ShortPolicy.DENY, 0, 0)


def test_every_value_of_every_axis_has_its_reason() -> None:
    known = (set(PHASES), set(PAYMENTS), set(FULFILLMENTS), set(RETURNS))
    assert known == (set(Phase), set(PaymentStatus), set(FulfillmentStatus), set(ReturnStatus))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25))
def test_after_any_day_every_explanation_adds_up(seed: int) -> None:
    shop = MemoryShop(STOCK)
    simulate(shop, seed, 80, shop.place, lambda: None)
    for order in shop.world.orders.values():
        assert order is not None
        status, told = status_of(order), explain_order(order)
        assert (told.phase.value, told.payment.value) == (status.phase, status.payment)
        assert (told.phase.because, told.phase.rank) == (PHASES[status.phase], list(Phase).index(status.phase) + 1)
        money = told.money
        assert money.net_minor == money.agreed_minor - money.canceled_minor - money.credited_minor
        for line in told.lines:
            assert line.ordered == line.open + line.gone + line.canceled == line.units.total()
            assert sum(share.quantity for share in line.claims) == line.units.pooled
    for sku in SKUS:
        if sku.kind is not SkuKind.STOCKED:
            continue
        facts = StockFacts(
            {
                pool: [shop.world.level(sku.code, each.code) for each in LOCATIONS if each.pool == pool]
                for pool in ("eu", "stores")
            },
            {pool: shop.world.pool_level(sku.code, pool) for pool in ("eu", "stores")},
            {},
            [code for code, location in shop.world.settings.locations.items() if not location.active],
            supply=[row for (code, _), rows in shop.world.supply.items() for row in rows if code == sku.code],
            demand=[row for (code, _), rows in shop.world.demand.items() for row in rows if code == sku.code],
        )
        explained = explain_atp(sku, ("eu", "stores"), {sku.code: facts})
        assert explained.atp == sum(level.atp for level in facts.levels.values())
        for pool in explained.pools:
            assert sum(term.amount for term in pool.terms) == pool.atp
            assert pool.recorded == pool.terms[0].amount
