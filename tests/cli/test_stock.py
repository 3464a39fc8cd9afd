"""`orderline stock`: figures, and terms that add up to them."""

from datetime import UTC, date, datetime

from cli.conftest import Run, pick, place
from orderline.core.demands.commands import DemandLineInput, PlanDemand
from orderline.core.listings.commands import TellListing
from orderline.core.listings.state import ListingState, Offered
from orderline.core.orders.commands import AnnotateOrder
from orderline.core.reallocations.commands import PutPriorityRules
from orderline.core.reallocations.state import PriorityClass, TakingRule
from orderline.core.replenishments.decide import PutReplenishRules
from orderline.core.replenishments.state import ReplenishRule
from orderline.core.stock.commands import AdjustStock, PutSkus, PutSubstitutes
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import ShortPolicy, Sku
from orderline.core.stock.substitutes import Substitute, SwapPrice
from orderline.core.supply.commands import CreatePurchaseOrder, FixVendor, PurchaseLineInput, SendPurchaseOrder
from orderline.core.tasks.commands import RaiseTask
from orderline.core.tasks.state import TaskKind
from orderline.engine.engine import Engine


def test_the_terms_of_a_figure_add_up_to_it(run: Run, merchant: Engine) -> None:
    place(merchant)
    explained = run("stock", "explain", "TEE", "--channel", "web", "--json").json
    assert explained["atp"] == 8
    for pool in explained["pools"]:
        assert sum(term["amount"] for term in pool["terms"]) == pool["atp"]


def test_an_explanation_names_the_orders_behind_the_claims(run: Run, merchant: Engine) -> None:
    place(merchant)
    drawn = run("stock", "explain", "TEE", "--channel", "web").out
    assert "8 can be promised for channel web" in drawn
    assert "SO-1001: 2 units" in drawn
    assert "+10" in drawn
    assert "-2" in drawn


def test_shelves_are_shown_now_and_as_of_an_instant(run: Run, merchant: Engine) -> None:
    before = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    pick(merchant, place(merchant))
    assert "lyon" in run("stock", "show", "TEE").out
    assert run("stock", "as-of", "TEE", "2020-01-01", "--json").json["levels"] == []
    assert run("stock", "as-of", "TEE", before, "--json").status == 0


def test_an_unknown_sku_or_channel_is_refused_with_its_code(run: Run, merchant: Engine) -> None:
    assert "SKU_UNKNOWN" in run("stock", "explain", "NOPE").err
    refused = run("stock", "explain", "TEE", "--channel", "fax")
    assert (refused.status, "CHANNEL_UNKNOWN" in refused.err, "web" in refused.err) == (1, True, True)


def test_a_figure_for_a_date_counts_what_is_to_come(run: Run, merchant: Engine) -> None:
    due_at = datetime(2027, 1, 10, tzinfo=UTC)
    merchant.run(PutSkus(skus=(Sku("TEE", "Shirt", peg_days=3_000),)))
    lines = (PurchaseLineInput("TEE", 20, due_at, slack_days=2, confidence_ppm=500_000),)
    merchant.run(CreatePurchaseOrder(purchase_order="PO-1", location="lyon", lines=lines))
    merchant.run(SendPurchaseOrder(purchase_order="PO-1"))
    for at, atp in (("2027-01-11", 10), ("2027-01-12", 20)):
        explained = run("stock", "explain", "TEE", "--channel", "web", "--at", at, "--json").json
        assert explained["atp"] == atp
        assert sum(term["amount"] for pool in explained["pools"] for term in pool["terms"]) == atp
    [row] = run("stock", "supply", "TEE", "--json").json
    assert (row["id"], row["open"], row["counted"], row["free"]) == ("purchase_order:PO-1:1", 20, 10, 10)
    assert "2027-01-12" in run("stock", "supply").out
    assert run("stock", "supply", "--overpegged", "--json").json == []
    drawn = run("stock", "explain", "TEE", "--at", "2027-01-12").out
    assert "purchase order PO-1, line 1" in drawn
    assert "10 of 20 counted on = 10" in drawn


def test_units_are_taken_from_those_who_can_wait_once_somebody_agrees(run: Run, merchant: Engine) -> None:
    rule = TakingRule(taker="vip", givers=("others",), covered=False)
    classes = (PriorityClass(id="vip", priority_from=1),)
    plain, vip = place(merchant, mugs=1), place(merchant, "web-2", mugs=1)
    assert "No rule" in run("stock", "reallocate", str(vip), "2", "1").err
    merchant.run(PutPriorityRules(priority_rules="default", classes=classes, takings=(rule,)))
    merchant.run(AnnotateOrder(order=vip, priority=3))
    shown = run("stock", "reallocate", str(vip), "2", "1")
    assert "SO-1002 (class vip) is given 1 unit of MUG" in shown.err
    assert "1 by nothing" in shown.out
    proposed = run("stock", "reallocate", str(vip), "2", "1", "--name", "P-1", "--propose", "--yes", "--json").json
    assert proposed["preview"]["state"] == "proposed"
    assert "APPROVER_PROPOSED" in run("stock", "approve-reallocation", "P-1", "--yes").err
    assert "no reallocation" in run("stock", "approve-reallocation", "P-9", "--yes").err
    assert "Withdrawn" in run("stock", "approve-reallocation", "P-1", "--withdraw", "--yes").err
    done = run("stock", "reallocate", str(vip), "2", "1", "--name", "R-1", "--yes", "--json").json
    assert (done["applied"], done["preview"]["givers"][0]["order"]) == (True, str(plain))
    assert "No rule" in run("stock", "reallocate", str(vip), "2", "1").err, "the order that gave has none left"


def test_substitutes_are_listed_with_their_price_and_who_is_asked(run: Run, merchant: Engine) -> None:
    assert "Nothing may be sent" in run("stock", "substitutes").err
    merchant.run(PutSkus(skus=(Sku("VEST", "Vest"),)))
    priced = Substitute(sku="VEST", price=SwapPrice.LOWER, prices={"EUR": 1500}, countries=("FR",))
    merchant.run(PutSubstitutes(sku="TEE", substitutes=(priced,)))
    shown = run("stock", "substitutes", "TEE").out
    assert all(word in shown for word in ("TEE", "VEST", "lower", "15.00 EUR", "asked", "FR"))
    assert run("stock", "substitutes", "--json").json["TEE"][0]["prices"] == {"EUR": 1500}
    assert "Nothing may be sent" in run("stock", "substitutes", "VEST").err


def test_what_runs_out_is_shown_proposed_and_planned(run: Run, merchant: Engine) -> None:
    merchant.run(AdjustStock(sku="TEE", location="lyon", quantity=8, reason="sold_in_store"))
    [cover] = run("stock", "cover", "--below", "10", "--json").json
    assert (cover["sku"], cover["available"], cover["days"]) == ("TEE", 2, 7)
    assert "TEE" in run("stock", "cover", "--channel", "web").out
    assert "Nothing is lacking" in run("stock", "replenish").err
    rules = (ReplenishRule(id="all", vendor="Weavers"),)
    merchant.run(PutReplenishRules(replenish_rules="default", rules=rules))
    assert "vendor Weavers" in run("stock", "replenish").out
    done = run("stock", "replenish", "--name", "RPL", "--yes", "--json").json
    assert (done["planned"], done["proposals"][0]["quantity"]) == (["purchase_order:RPL-1"], 4)
    assert "Nothing is lacking" in run("stock", "replenish").err
    merchant.run(RaiseTask(task="low_cover:TEE@lyon", kind=TaskKind.LOW_COVER, text="TEE is low", location="lyon"))
    assert "TEE is low" in run("stock", "tasks").err
    assert "TEE is low" not in run("stock", "tasks", "--close", "low_cover:TEE@lyon", "--note", "bought").err


def test_a_count_is_planned_of_what_should_be_counted_first(run: Run, merchant: Engine) -> None:
    place(merchant)
    shown = run("stock", "plan-count", "lyon").out
    assert all(word in shown for word in ("TEE", "MUG", "not counted in 90 days"))
    done = run("stock", "plan-count", "lyon", "--most", "1", "--name", "C-1", "--yes", "--json").json
    assert (done["count"], [each["sku"] for each in done["proposals"]]) == ("C-1", ["TEE"])
    assert "TEE" not in run("stock", "plan-count", "lyon").out


def test_lots_are_listed_and_recalled(run: Run, merchant: Engine) -> None:
    assert "Nothing is known" in run("stock", "lots", "MILK").err
    merchant.run(PutSkus(skus=(Sku("MILK", "Milk", tracking=Tracking.LOT),)))
    lots = (LotUnits("B", 2), LotUnits("A", 3, date(2099, 3, 1)))
    merchant.run(AdjustStock(sku="MILK", location="lyon", quantity=5, reason="received", lots=lots))
    listed = run("stock", "lots", "MILK", "--location", "lyon").out
    assert listed.index("2099-03-01") < listed.index(" B ")
    sold = (LotUnits("A", 1),)
    merchant.run(AdjustStock(sku="MILK", location="lyon", quantity=1, reason="sold_in_store", lots=sold))
    assert "1 unit sold over the counter" in run("stock", "recall", "MILK", "A").out
    assert run("stock", "recall", "MILK", "A", "--json").json["shelves"][0]["quantity"] == 2
    assert "Nothing is known of lot C" in run("stock", "recall", "MILK", "C").err


def test_what_is_known_of_vendors_is_listed_and_explained(run: Run, merchant: Engine) -> None:
    assert run("stock", "vendors", "--json").json == []
    merchant.run(FixVendor(vendor_record="Weavers", slack_days=3))
    merchant.run(PutSkus(skus=(Sku("TEE", "Shirt", short_policy=ShortPolicy.BACKORDER),)))
    line = PurchaseLineInput("TEE", 20, datetime(2027, 1, 10, tzinfo=UTC))
    merchant.run(CreatePurchaseOrder(purchase_order="PO-V", location="lyon", lines=(line,), vendor="Weavers"))
    merchant.run(SendPurchaseOrder(purchase_order="PO-V"))
    drawn = run("stock", "explain", "TEE", "--at", "2027-01-14").out
    assert "slack 3 days, as a person says from Weavers" in " ".join(drawn.split())
    assert "Weavers" in run("stock", "vendors").out


def test_scheduled_demand_is_listed_and_explained(run: Run, merchant: Engine) -> None:
    assert "Nothing is scheduled" in run("stock", "demand").err
    pool = run("stock", "show", "TEE", "--json").json["pools"][0]["pool"]
    line = DemandLineInput("TEE", pool, 4, datetime(2099, 1, 1, tzinfo=UTC))
    merchant.run(PlanDemand(demand="CALL-7", lines=(line,)))
    assert "demand:CALL-7:1" in run("stock", "demand", "TEE").out
    drawn = run("stock", "explain", "TEE", "--channel", "web").out
    assert "kept for what is scheduled" in drawn
    assert "demand:CALL-7:1" in drawn


def test_listings_tell_what_comes_and_goes_and_why(run: Run, merchant: Engine) -> None:
    assert "Nothing comes and goes" in run("stock", "listings").err
    opens = datetime(2030, 1, 10, tzinfo=UTC)
    off = Offered(ListingState.OFF, "not sold before 2030", changes_at=opens)
    merchant.run(TellListing(channel="web", sku="TEE", offered=off))
    shown = run("stock", "listings", "TEE").out
    assert all(word in shown for word in ("TEE", "web", "off", "not sold before 2030"))
    assert run("stock", "listings", "--json").json[0]["offered"]["changes_at"] == "2030-01-10T00:00:00Z"


def test_skus_that_lack_data_are_listed_by_what_is_wanted_of_them(run: Run, merchant: Engine) -> None:
    place(merchant, tees=3)
    found = run("stock", "gaps", "--json").json
    assert [each["sku"] for each in found] == ["TEE", "MUG"]
    assert "hs_code" in run("stock", "gaps").out
