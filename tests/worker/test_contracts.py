"""Contracts that renew by the clock, through the intake and the sandbox that all orders take."""

from datetime import timedelta

from orderline.core.contracts.commands import ChangeContract, StartContract
from orderline.core.contracts.state import Contract, ContractState, Unit
from orderline.core.orders.commands import CancelUnits
from orderline.core.orders.state import Order, is_canceled
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source
from support.engines import assert_clean
from worker.site import Site, until

DAY_S = 24 * 3600


def contract(site: Site) -> Contract:
    with site.database.connection() as connection:
        found = load_record(Source(connection, site.database.cell), "contract", "box")
    assert isinstance(found, Contract)
    return found


def renewed(site: Site, renewal: int) -> Order:
    last = until(lambda: contract(site).last_order if contract(site).renewal == renewal + 1 else None, "the renewal")
    return site.order(last)


def test_a_contract_renews_is_paid_and_suspended_when_it_is_not(site: Site) -> None:
    site.stock(TEE_lyon=9)
    order_id = site.place(("TEE", 1))
    starts_at = site.clock() + timedelta(days=30)
    site.engine.run(
        StartContract(contract="box", order=order_id, starts_at=starts_at, every=30, unit=Unit.DAY, retry_days=(1,))
    )
    site.clock.forward(30 * DAY_S + 60)
    first = renewed(site, 1)
    assert (first.external_id, first.agreement.total_minor) == ("box-1", 1000)
    assert [line.sku for line in first.lines] == ["TEE"]
    until(lambda: site.order(first.id).tenders[0].authorized_minor == 1000, "the payment")
    site.engine.run(ChangeContract(contract="box", token="tok_decline"))
    site.clock.forward(30 * DAY_S + 60)
    second = renewed(site, 2)
    until(lambda: site.order(second.id).tenders[0].declined, "the decline")
    site.clock.forward(DAY_S + 60)
    until(lambda: contract(site).chases == 1, "the second attempt")
    until(lambda: site.order(second.id).tenders[0].declined, "the second decline")
    site.clock.forward(DAY_S + 60)
    until(lambda: contract(site).state is ContractState.SUSPENDED, "the suspension")
    assert all(map(is_canceled, site.order(second.id).lines))
    assert_clean(site.database)


def test_an_order_that_is_gone_before_the_contract_was_told_suspends_it_all_the_same(site: Site) -> None:
    site.stock(TEE_lyon=9)
    order_id = site.place(("TEE", 1))
    starts_at = site.clock() + timedelta(days=30)
    about = {"every": 30, "unit": Unit.DAY, "token": "tok_decline", "retry_days": (40,)}
    site.engine.run(StartContract(contract="box", order=order_id, starts_at=starts_at, **about))
    site.clock.forward(30 * DAY_S + 60)
    first = renewed(site, 1)
    until(lambda: site.order(first.id).tenders[0].declined, "the decline")
    site.engine.run(CancelUnits(order=first.id, reason="not_paid"))
    site.clock.forward(11 * DAY_S)
    until(lambda: contract(site).state is ContractState.SUSPENDED, "the suspension")
    assert contract(site).reason == "not_paid"
    assert_clean(site.database)
