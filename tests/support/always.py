"""What holds in a world in memory after any command, accepted or refused."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from orderline.core.demands.evolve import demand_rows
from orderline.core.demands.rows import short_of
from orderline.core.demands.state import Demand
from orderline.core.documents.due import invoice_due
from orderline.core.holds.rules import EXCHANGE
from orderline.core.holds.state import SCREENING
from orderline.core.moves import Units
from orderline.core.next_steps import order_follow_ups, wants_routing
from orderline.core.orders.actions import actions_of
from orderline.core.orders.credited import Destination
from orderline.core.orders.events import AnyOrderEvent, PaymentRequested
from orderline.core.orders.evolve import fold
from orderline.core.orders.explain import explain_order
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import Order, PaymentKind, Tender
from orderline.core.orders.status import Phase, is_done, status_of
from orderline.core.returns.amounts import price_of
from orderline.core.returns.standing import is_awaited
from orderline.core.returns.state import ReturnMoney
from orderline.core.sellers.sharing import shares_due, shares_of
from orderline.core.stock.following import stock_follow_ups
from orderline.core.tenders.planning import plan_captures
from orderline.core.tenders.scheduled import InstallmentState, installments_of
from orderline.core.tenders.sums import earned_minor, net_agreed_minor, net_due_minor, open_authorization, paid_minor
from orderline.core.transfers.state import Transfer
from orderline.core.world import Draft
from orderline.engine.verifying.amounts import check_money, check_units
from orderline.engine.verifying.posted import check_books
from orderline.engine.verifying.repaired import in_service
from orderline.engine.verifying.report import Tally
from orderline.store.loading import Document
from orderline.store.rows import encode, posted_by, posting_rows, stored
from orderline.values.money import share_so_far
from support.shop import MemoryShop

PHYSICAL = ("sellable", "picked", "damaged", "quality_control", "blocked", "missing", "display")
INTEGER = 2**31


def assert_sound(shop: MemoryShop) -> None:
    """Every order and every level is as the invariants say."""
    for order in shop.world.orders.values():
        if order is not None:
            assert_order_sound(shop, order)
    assert_stock_sound(shop)
    assert_identities_sound(shop)
    assert_accounts_sound(shop)


def assert_accounts_sound(shop: MemoryShop) -> None:
    """No account is below zero, and nothing stands on one whose place another has taken."""
    for each in shop.records("credit_account"):
        assert 0 <= each.goodwill_minor <= each.balance_minor
        assert each.state != "moved" or not each.balance_minor


def assert_identities_sound(shop: MemoryShop) -> None:
    """What belongs to a merged identity are its orders, and each order belongs to one at most."""
    merged = {each.id: set(map(str, each.orders)) for each in shop.records("identity") if each.state == "merged"}
    belongs: dict[str, set[str]] = {}
    for each in shop.records("identity_member"):
        if each.identity:
            belongs.setdefault(each.identity, set()).add(each.id)
    assert belongs == merged


def assert_order_sound(shop: MemoryShop, order: Order) -> None:
    """The order is what its events tell, conserves units and money, and can be read in every way."""
    told = fold(shop.events[order.id])
    assert told is not None
    assert msgspec.structs.replace(told, version=order.version, chain=order.chain) == order
    assert msgspec.json.decode(encode(stored(order)), type=Document).order == order
    _assert_holds_sound(order)
    tally = Tally()
    check_units(order, tally)
    check_money(order, tally)
    posted = posted_by(shop.events[order.id])
    for each in posted:
        assert sum(entry.amount_minor for entry in each.entries) == sum(entry.base for entry in each.entries) == 0
    check_books(order, posting_rows("order", str(order.id), 1, posted), tally)
    assert [report.examples for report in tally.reports() if report.faults] == []
    status = status_of(order)
    assert status_of(order) == status
    assert explain_order(order).returns.value == status.returns
    step = next_step_of(order, status.phase)
    if status.phase not in (Phase.CLOSED, Phase.CANCELED):
        assert step is not None
        assert step.owner
        assert step.due_at is not None
        assert step.what != "close" or is_done(order)  # only then a job closes it
        assert step.what != "route" or wants_routing(order)  # only then a job routes it
    assert actions_of(order)
    for line in order.lines:
        assert min(msgspec.structs.astuple(line.units)) >= 0
    for fulfillment in order.fulfillments:
        for item in fulfillment.items:
            assert min(msgspec.structs.astuple(item.units)) >= 0
    keys = [event.key for event in shop.events[order.id] if isinstance(event, PaymentRequested)]
    assert len(keys) == len(set(keys))
    assert_money_sound(order)
    assert_plan_sound(shop, order)
    assert_shares_sound(order)


def assert_shares_sound(order: Order) -> None:
    """What sellers have of an order is posted, to the minor unit, however it came to be so; all of it goes back with all goods."""
    if order.history:
        return
    assert shares_due(order) == ()
    for each in shares_of(order):
        assert 0 <= each.commission_minor <= max(0, each.goods_minor)
        billed = next(line for line in order.billed if line.line == each.line)
        back = [
            line for credit in order.credits if not credit.goodwill for line in credit.lines if line.line == each.line
        ]
        net = billed.net_minor - sum(line.net_minor for line in back)
        if not net and sum(line.quantity for line in back) == billed.quantity:
            assert each.goods_minor == each.commission_minor == 0


def assert_plan_sound(shop: MemoryShop, order: Order) -> None:
    """Whatever stands, it can be said what will be captured, and no tender is to give more than it has."""
    plan = plan_captures(order, shop.world.settings.channels[order.channel].money)
    by_tender: Counter[int] = Counter()
    for each in plan.captures:
        assert each.amount_minor > 0
        by_tender[each.tender] += each.amount_minor
    for tender in order.tenders:
        asked = sum(each.amount_minor for each in tender.requests if each.kind is PaymentKind.AUTHORIZE)
        assert by_tender[tender.number] <= open_authorization(tender) + asked


def assert_money_sound(order: Order) -> None:
    """With all that is asked for and not yet answered, no tender gives more than it has."""
    for tender in order.tenders:
        asked: Counter[PaymentKind] = Counter()
        for request in tender.requests:
            assert request.amount_minor > 0
            asked[request.kind] += request.amount_minor
        captured = tender.captured_minor + asked[PaymentKind.CAPTURE]
        voided = tender.voided_minor + asked[PaymentKind.VOID]
        assert tender.received or tender.authorized_minor <= tender.amount_minor  # what comes by the bank may be more
        assert captured + voided <= tender.authorized_minor
        assert tender.refunded_minor + asked[PaymentKind.REFUND] <= tender.captured_minor
    assert_credits_sound(order)
    assert_schedule_sound(order)
    # What was given back may have to be collected again: the goods were sent all the same.
    # Collected for what was owed then, and given up since, it is asked to be given back at once.
    captured = sum(tender.captured_minor - refunding(tender) for tender in order.tenders)
    # What comes by the bank is not asked for, and may be too much.
    came = sum(tender.captured_minor for tender in order.tenders if tender.received)
    assert captured <= max(agreement.total_minor for agreement in order.agreements) + came
    assert_ends_exact(order)


def assert_schedule_sound(order: Order) -> None:
    """What is paid is told of the installments, to the minor unit, and one that is told as paid is."""
    if order.schedule is None:
        return
    stands = installments_of(order)
    assert sum(each.paid_minor for each in stands) == max(0, min(paid_minor(order), net_due_minor(order)))
    assert all(e.paid_minor == e.amount_minor for e in stands if e.state is InstallmentState.PAID)


def refunding(tender: Tender) -> int:
    """What was given back of a tender, or is asked to be."""
    asked = (each.amount_minor for each in tender.requests if each.kind is PaymentKind.REFUND)
    return tender.refunded_minor + sum(asked)


def assert_ends_exact(order: Order) -> None:
    """Once each unit has gone or is canceled, what was supplied, billed and agreed is the same, whatever led there."""
    lines = [line for line in order.lines if line.kind != "bundle"]
    if order.history or any(line.units.gone + line.units.canceled != line.units.total() for line in lines):
        return
    if not any(line.units.gone for line in lines):
        return
    net = net_agreed_minor(order)
    assert max(0, earned_minor(order)) == net
    if order.billed and not invoice_due(order):
        assert max(0, sum(each.total_minor for each in order.billed)) == net


def assert_credits_sound(order: Order) -> None:
    """Credits are the sums of their parts, of units that are gone, and no more than was paid for these, tax and all."""
    units: Counter[int] = Counter()
    given: Counter[int] = Counter()
    for credit in order.credits:
        assert credit.total_minor == credit.stands_for_minor
        for each in credit.lines:
            units[each.line] += each.quantity
            given[each.line] += each.total_minor
    for agreed in order.agreement.lines:
        if not units[agreed.line] and not given[agreed.line]:
            continue
        line = order.line_of(agreed.line)
        assert line is not None
        live = agreed.quantity - line.units.canceled
        assert units[agreed.line] <= line.units.gone
        assert given[agreed.line] >= 0
        # Unless discounts are shared with lines that were agreed later, it does not matter what was credited before.
        shared = len(order.agreements) > 1 and any(each.amount_minor < 0 for each in order.agreement.charges)
        price = price_of(order if shared else msgspec.structs.replace(order, credits=()), agreed)[0]
        # Without a discount on the whole order no more is given of a line than its units that are gone were sold for.
        if all(each.amount_minor >= 0 for each in order.agreement.charges):
            assert given[agreed.line] <= share_so_far(agreed.total_minor, line.units.gone, agreed.quantity)
        # What is agreed on since shares the order's discount anew; what was given stays.
        if units[agreed.line] == live and len(order.agreements) == 1:
            assert given[agreed.line] == share_so_far(price, live, agreed.quantity)
        # Without a discount on the whole order it is the line's own share, whatever the product makes of it.
        if units[agreed.line] == live and all(each.amount_minor >= 0 for each in order.agreement.charges):
            assert given[agreed.line] == share_so_far(agreed.total_minor, live, agreed.quantity)
    held = {hold.line for hold in order.holds if hold.type == EXCHANGE}
    for returned in order.returns:
        if returned.exchange is not None and not is_awaited(returned):
            assert held.isdisjoint(returned.exchange.lines)
        for item in returned.items:
            assert item.quantity > 0
            assert (item.money is ReturnMoney.NOT_DUE) <= (item.credit == 0)


def _assert_holds_sound(order: Order) -> None:
    """Each hold has a number of its own, a rule holds an order or a line once, and nothing goes on before it was looked at."""
    numbers = [each.number for each in order.holds]
    assert len(set(numbers)) == len(numbers)
    assert all(0 < number <= order.holds_placed for number in numbers)
    ruled = [(each.rule, each.line) for each in order.holds if each.rule]
    assert len(set(ruled)) == len(ruled)
    if any(each.type == SCREENING for each in order.holds):
        assert all(not each.units.allocated and not each.units.released for each in order.lines)


def assert_stock_sound(shop: MemoryShop) -> None:
    """Levels are the sums of entries, of lines, of shelves and of carts; nothing is oversold without being told."""
    world = shop.world
    ledger: Counter[tuple[str, str, str]] = Counter()
    for entry in shop.entries:
        assert entry.quantity > 0
        ledger[entry.sku, entry.location, entry.target] += entry.quantity
        ledger[entry.sku, entry.location, entry.source] -= entry.quantity
    repaired = sum((in_service(order) for order in world.orders.values() if order), Counter[tuple[str, str]]())
    assert repaired == +Counter({key[:2]: units for key, units in ledger.items() if key[2] == "in_service"})
    allocated: Counter[tuple[str, str]] = Counter()
    claims: Counter[tuple[str, str]] = Counter()
    waiting: Counter[tuple[str, str]] = Counter()
    for order in world.orders.values():
        if order is None:
            continue
        for line in order.lines:
            for share in line.claims:
                claims[line.sku, share.pool] += share.quantity
            if line.backordered:
                waiting[line.sku, line.backordered] += line.units.unplanned
        for fulfillment in order.fulfillments:
            for item in fulfillment.items:
                line = order.line_of(item.line)
                assert line is not None
                units = item.units
                at_location = units.allocated + units.released + units.picked + units.packed
                allocated[line.sku, fulfillment.location] += at_location
    for record in world.records.values():
        if isinstance(record, Transfer):
            for each in record.lines:
                allocated[each.sku, record.source] += each.set_aside
    promisable: Counter[tuple[str, str]] = Counter()
    for (sku, location), level in world.stock.items():
        for bucket in PHYSICAL:
            assert 0 <= getattr(level, bucket) < INTEGER
            assert getattr(level, bucket) == ledger[sku, location, bucket]
        assert level.allocated == allocated.pop((sku, location), 0)
        place = world.settings.locations[location]
        promisable[sku, place.pool] += level.promisable if place.active else 0
    assert +allocated == Counter()
    held: Counter[tuple[str, str]] = Counter()
    for cart in world.carts.values():
        for line in cart.lines if cart is not None else ():
            held[line.sku, line.pool] += line.quantity
    for key, pool in world.pools.items():
        assert pool.claims == claims.pop(key, 0)
        assert pool.backordered == waiting.pop(key, 0)
        assert pool.promisable == promisable.pop(key, 0)
        assert pool.held == held.pop(key, 0)
        assert pool.threshold >= 0
        demand = [row for record in world.records.values() if isinstance(record, Demand) for row in demand_rows(record)]
        mine = [row for row in demand if (row.sku, row.pool) == key]
        assert pool.demanded == sum(row.open for row in mine)
        assert pool.withheld == short_of(mine, world.supply_of(*key))[0]
    assert +claims + waiting + promisable + held == Counter()
    assert_supply_sound(shop)


def assert_supply_sound(shop: MemoryShop) -> None:
    """What lines wait for of dated supply is what its rows say, and pools know the sums."""
    world = shop.world
    pegged: Counter[str] = Counter()
    for order in world.orders.values():
        for line in order.lines if order is not None else ():
            assert sum(share.quantity for share in line.pegs) == line.units.pegged
            for share in line.pegs:
                pegged[share.supply] += share.quantity
    for key, rows in world.supply.items():
        pool = world.pool_level(*key)
        assert (pool.expected, pool.pegged, pool.kept) == (
            sum(row.open for row in rows), sum(row.pegged for row in rows), sum(row.kept for row in rows),
        )  # fmt: skip
        for row in rows:
            assert row.pegged == pegged.pop(row.id, 0)
            assert 0 <= row.kept <= row.pegged
            assert row.open >= 0
    assert +pegged == Counter()


def assert_refunds_exact(order: Order, events: Sequence[AnyOrderEvent]) -> None:
    """Whoever is given money back is given what was paid above what is due, and not a minor unit more or less."""
    if not any(isinstance(each, PaymentRequested) and each.kind is PaymentKind.REFUND for each in events):
        return
    asked = sum(
        each.amount_minor for tender in order.tenders for each in tender.requests if each.kind is PaymentKind.REFUND
    )
    paid = sum(tender.captured_minor - tender.refunded_minor for tender in order.tenders)
    elsewhere = sum(each.total_minor for each in order.credits if each.destination is Destination.STORE_CREDIT)
    kept = paid - asked - elsewhere
    assert kept >= net_due_minor(order)
    if not order.disputes and not any(tender.declined for tender in order.tenders):
        assert kept == net_due_minor(order)


def assert_follow_ups_sound(shop: MemoryShop, draft: Draft) -> None:
    """What follows can be worked out for everything that was told."""
    by_order = {order_id for order_id, _ in draft.events}
    for order_id in by_order:
        events = [event for id_, event in draft.events if id_ == order_id]
        assert_refunds_exact(shop.order(order_id), events)
        for job in order_follow_ups(shop.world.settings, shop.order(order_id), events, shop.now):
            # what is on its way for an order that is given up is another's stream
            assert job.stream.split()[0] in (str(order_id), "transfer", "company"), job
    stock_follow_ups(shop.world, draft.stock_events, shop.now)


def total_of(order: Order) -> Units:
    """All lines together."""
    return Units(
        *(sum(column) for column in zip(*(msgspec.structs.astuple(line.units) for line in order.lines), strict=True))
    )
