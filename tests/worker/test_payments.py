"""Payments whose answers are late, lost or no."""

from datetime import timedelta

import pytest

from orderline.contracts.payments import Approved
from orderline.contracts.registry import Connector, ConnectorSettings, Kind, load_connectors
from orderline.core.orders.commands import CancelUnits, TenderInput
from orderline.core.tenders.installments import Due, InstallmentInput, ScheduleInput
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import Partner
from orderline.store.jobs import dead_letters
from orderline.worker.sinks import SinkPayments
from worker.site import Site, opened_site, until


def operations(site: Site) -> dict[str, int]:
    return site.control("GET", "statistics")["partners"]["payments"]["counts"]


def test_a_lost_answer_is_in_doubt_until_the_provider_was_asked(site: Site) -> None:
    site.misbehave(Partner.PAYMENTS, drop_next=1)
    order_id = site.place(("TEE", 1))
    until(lambda: any(r.in_doubt for r in site.order(order_id).tenders[0].requests), "the doubt")
    assert site.order(order_id).tenders[0].authorized_minor == 0
    site.clock.forward(60)
    until(lambda: site.order(order_id).tenders[0].authorized_minor == 1000, "the provider's answer")
    assert operations(site)["authorize_approved"] == 1
    site.stock(TEE_lyon=1)
    site.until_units(order_id, "delivered", 1)


def test_a_lost_answer_to_a_capture_captures_once(site: Site) -> None:
    order_id = site.place(("TEE", 1))
    until(lambda: site.order(order_id).tenders[0].authorized_minor == 1000, "the authorization")
    site.misbehave(Partner.PAYMENTS, drop_next=1)
    site.stock(TEE_lyon=1)
    site.until_units(order_id, "delivered", 1)
    until(lambda: any(r.in_doubt for r in site.order(order_id).tenders[0].requests), "the doubt")
    site.clock.forward(60)
    until(lambda: site.order(order_id).tenders[0].captured_minor == 1000, "the provider's answer")
    assert operations(site)["capture_approved"] == 1
    assert operations(site)["captured_minor"] == 1000


def test_a_request_the_provider_never_heard_of_is_made_again(site: Site) -> None:
    # 500 leaves open whether anything was done; nothing was.
    site.misbehave(Partner.PAYMENTS, fail_next=1, fail_status=500)
    order_id = site.place(("TEE", 1))
    until(lambda: any(r.in_doubt for r in site.order(order_id).tenders[0].requests), "the doubt")
    site.clock.forward(60)
    until(lambda: site.order(order_id).tenders[0].authorized_minor == 1000, "the second request")
    assert operations(site)["authorize_approved"] == 1


@pytest.mark.parametrize(("token", "authorized"), [("tok_pending", 1000), ("tok_pending_decline", 0)])
def test_a_pending_payment_is_decided_by_the_provider_s_fact(site: Site, token: str, authorized: int) -> None:
    order_id = site.place(("TEE", 1), token=token)
    until(lambda: not site.order(order_id).tenders[0].requests, "the decision")
    [tender] = site.order(order_id).tenders
    assert (tender.authorized_minor, bool(tender.declined)) == (authorized, not authorized)


def test_a_pending_payment_is_asked_for_when_no_fact_comes(site: Site) -> None:
    site.control("PUT", "settings", _settled_late(site))
    order_id = site.place(("TEE", 1), token="tok_pending")
    until(lambda: site.jobs(kind="ask_payment"), "the question to be written")
    site.clock.forward(60)
    until(lambda: any(job["last_error"] for job in site.jobs(kind="ask_payment")), "the answer that it is pending")
    assert site.jobs(kind="ask_payment")[0]["state"] == "queued"
    assert site.order(order_id).tenders[0].authorized_minor == 0


def _settled_late(site: Site) -> object:
    settings = site.control("GET", "settings")
    settings["payments"] = {"settle": {"low_ms": 60_000, "high_ms": 60_000}}
    settings["callbacks"].pop("payments", None)
    return settings


class Generous(SinkPayments):
    """A provider that does not do what it was asked."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._currency = settings.extra.get("currency", "")

    async def close(self) -> None:
        pass

    def _approved(self, key: str, amount_minor: int, currency: str) -> Approved:
        more = 0 if self._currency else 1
        return super()._approved(key, amount_minor + more, self._currency or currency)


@pytest.mark.parametrize(
    ("currency", "told"), [("", "PAYMENT_AMOUNT_MISMATCH"), ("USD", "answered in USD, the order is in EUR")]
)
def test_another_sum_than_was_asked_for_is_for_a_person(
    fresh_database: str, sandbox_thread: SandboxThread, currency: str, told: str
) -> None:
    connector = Connector(name="sandbox_generous", title="Generous", kind=Kind.PAYMENTS, open=Generous)
    settings = ConnectorSettings(base_url="", extra={"currency": currency})
    installed = {**load_connectors(), connector.name: connector}
    with opened_site(
        fresh_database, sandbox_thread, installed=installed, connectors={connector.name: settings}
    ) as site:
        site.start()
        order_id = site.place(("TEE", 1), provider=connector.name)
        [letter] = until(lambda: dead_letters(site.database), "the dead letter")
        assert told in letter.error
        assert site.order(order_id).tenders[0].authorized_minor == 0


def test_money_of_a_canceled_order_is_let_go_of(site: Site) -> None:
    order_id = site.place(("TEE", 1))
    until(lambda: site.order(order_id).tenders[0].authorized_minor == 1000, "the authorization")
    site.engine.run(CancelUnits(order=order_id, reason="changed mind"))
    until(lambda: site.order(order_id).tenders[0].voided_minor == 1000, "the void")
    assert operations(site)["void_approved"] == 1


def test_several_captures_name_the_same_authorization(site: Site) -> None:
    site.stock(TEE_lyon=1)
    order_id = site.place(("TEE", 1), ("MUG", 1))
    until(lambda: site.order(order_id).tenders[0].captured_minor == 1000, "the first capture")
    site.stock(MUG_lyon=1)
    until(lambda: site.order(order_id).tenders[0].captured_minor == 2000, "the second capture")
    assert operations(site)["capture_approved"] == 2
    assert site.order(order_id).tenders[0].reference.startswith("pa_")


def test_a_deposit_is_charged_with_the_order_and_the_balance_by_the_clock(site: Site) -> None:
    on = site.clock() + timedelta(days=30)
    given = ScheduleInput(
        installments=(InstallmentInput(due=Due.ORDER, share_ppm=300_000), InstallmentInput(due=Due.DATE, on=on))
    )
    order_id = site.place(("TEE", 1), schedule=given)
    until(lambda: site.order(order_id).tenders[0].captured_minor == 300, "the deposit")
    until(lambda: not site.order(order_id).holds, "the order to go on")
    site.clock.forward(30 * 86_400)
    until(lambda: sum(each.captured_minor for each in site.order(order_id).tenders) == 1000, "the balance")
    assert operations(site)["captured_minor"] == 1000
    site.stock(TEE_lyon=1)
    site.until_units(order_id, "delivered", 1)


def test_a_balance_that_is_declined_holds_the_goods(site: Site) -> None:
    given = ScheduleInput(
        installments=(InstallmentInput(due=Due.ORDER, share_ppm=300_000), InstallmentInput(due=Due.RELEASE))
    )
    paid = TenderInput(provider="sandbox_payments", amount_minor=300, token="tok_decline", state="captured")
    order_id = site.place(("TEE", 1), tenders=(paid,), schedule=given)
    site.stock(TEE_lyon=1)
    until(lambda: any(each.declined for each in site.order(order_id).tenders), "the provider's no")
    [hold] = site.order(order_id).holds
    assert (hold.type, hold.owner, hold.escalated_at is not None) == ("payment", "sales", True)
    assert site.order(order_id).lines[0].units.allocated == 0
