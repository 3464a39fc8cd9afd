"""`orderline credit`: store credit and gift cards at the terminal."""

from cli.conftest import Run
from orderline.core.orders.commands import GroupInput, LineInput, PlaceOrder, TenderInput
from orderline.core.orders.priced import SoldAs
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.engine.engine import Engine


def test_credit_is_given_and_cards_that_were_sold_are_opened(run: Run, merchant: Engine) -> None:
    merchant.run(PutSkus(skus=(Sku("CARD", "Gift card", kind=SkuKind.DIGITAL, sold_as=SoldAs.GIFT_CARD),)))
    merchant.run(
        PlaceOrder(
            channel="web", external_id="V-1", currency="EUR", total_minor=5000, groups=(GroupInput(),),
            lines=(LineInput(sku="CARD", quantity=2, unit_price_minor=2500),),
            tenders=(TenderInput(provider="sandbox", amount_minor=5000, state="captured"),),
        )
    )  # fmt: skip
    assert "NOTHING_TO_DO" in run("credit", "cards", "SO-1001").err
    assert run("documents", "issue", "SO-1001").status == 0
    cards = run("credit", "cards", "SO-1001", "--json").json
    assert [(each["account"], each["balance_minor"]) for each in cards] == [
        ("SO-1001-1-1", 2500),
        ("SO-1001-1-2", 2500),
    ]
    assert len({each["code"] for each in cards}) == 2
    gift = ("credit", "issue", "SO-1001-1-1", "5.00", "EUR", "--kind", "gift_card", "--reason", "spring")
    assert run(*gift, "--goodwill-expires", "2190-04-01", "--yes").status == 0
    told = run("credit", "statement", "SO-1001-1-1")
    assert "30.00 EUR, 5.00 EUR of it not paid for" in told.err
    assert "goodwill" in told.out
    found = run("credit", "statement", "SO-1001-1-1", "--json").json
    assert (found["closing_minor"], found["goodwill_minor"]) == (3000, 500)
    assert run("credit", "statement", "SO-1001-1-1", "--since", "2190-01-01").status == 2
