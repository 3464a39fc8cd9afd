"""Orders paid by gift cards, with a worker that answers for the accounts and lets them expire."""

from datetime import timedelta

from orderline.core.credits.commands import IssueCredit, TransferCredit
from orderline.core.credits.state import PROVIDER, CreditKind
from orderline.core.orders.commands import CancelUnits, TenderInput
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source
from support.engines import assert_clean
from worker.site import Site, until


def balance(site: Site, id_: str) -> tuple[int, str]:
    with site.database.connection() as connection:
        found = load_record(Source(connection, site.database.cell), "credit_account", id_)
    assert found is not None
    return found.balance_minor, found.state


def test_a_card_pays_gets_back_and_lapses(site: Site) -> None:
    site.engine.run(
        IssueCredit(
            account="card", kind=CreditKind.GIFT_CARD, currency="EUR", amount_minor=3000, why="sold", code_hash="h",
            expires_at=site.clock() + timedelta(days=400),
        )
    )  # fmt: skip
    by_card = TenderInput(provider=PROVIDER, method="gift_card", token="card", amount_minor=1000)
    order_id = site.place(("TEE", 1), tenders=(by_card,))
    until(lambda: site.order(order_id).tenders[0].captured_minor == 1000, "the card to pay")
    assert balance(site, "card") == (2000, "open")
    site.engine.run(TransferCredit(account="card", to="card-2", reason="lost", code_hash="h2"))
    site.engine.run(CancelUnits(order=order_id, reason="changed_mind"))
    until(lambda: site.order(order_id).tenders[0].refunded_minor == 1000, "the refund")
    assert (balance(site, "card"), balance(site, "card-2")) == ((0, "moved"), (3000, "open"))
    assert_clean(site.database)
