"""Returns from the command line: the same operations as over HTTP, shown first, made with --yes."""

from pathlib import Path
from typing import Any

from api.test_photos import png
from cli.conftest import Run, place
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.engine.engine import Engine
from orderline.values.ids import OrderId


def sent(merchant: Engine, name: str = "web-1") -> OrderId:
    order = place(merchant, name, tees=3, mugs=1)
    items = (LineQuantity(1, 3),)
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)),
        c.AcceptFulfillment(order=order, fulfillment=1),
        c.PickUnits(order=order, fulfillment=1, lines=items),
        c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=items),)),
        c.ShipParcels(order=order, fulfillment=1, carrier="post"),
        c.TrackParcel(order=order, parcel=1, state="delivered"),
    ):
        merchant.run(command)
    return order


def made(run: Run, *arguments: str) -> None:
    done = run("return", *arguments, "--yes")
    assert (done.status, done.err.rstrip().endswith("Done.")) == (0, True), done.err


def items(run: Run) -> list[tuple[Any, ...]]:
    [found] = run("return", "show", "SO-1001", "--json").json
    return [(e["item"], e["quantity"], e["custody"], e.get("money", "not_due")) for e in found["items"]]


def test_a_return_goes_through_all_its_steps(run: Run, merchant: Engine) -> None:
    sent(merchant)
    quote = run("return", "quote", "SO-1001", "--line", "1:2:too_small", "--json").json
    assert (quote["credit"]["total_minor"], quote["currency"]) == (2 * 1999, "EUR")
    shown = run("return", "request", "SO-1001", "--line", "1:2:too_small")
    assert (shown.status, "return 1 asked for by support" in shown.err) == (0, True), shown.err
    assert run("return", "list").err.startswith("There is no such item")
    made(run, "request", "SO-1001", "--line", "1:2:too_small")
    assert items(run) == [(1, 2, "approved", "not_due")]
    made(run, "send", "SO-1001", "1", "--carrier", "post", "--tracking-number", "RT-1")
    [row] = run("return", "list", "--tracking-number", "RT-1", "--json").json
    assert (row["order_number"], row["custody"]) == ("SO-1001", "in_transit")
    made(run, "receive", "SO-1001", "1", "--location", "lyon", "--item", "1:1:worn", "--wrong", "MUG:1")
    assert items(run) == [(1, 1, "in_transit", "not_due"), (2, 1, "graded", "credited")]
    made(run, "dispose", "SO-1001", "1", "--item", "2:1:donate")
    made(run, "receive", "SO-1001", "1", "--location", "lyon", "--item", "1:1")
    made(run, "grade", "SO-1001", "1", "--item", "1:1:as_new")
    made(run, "dispose", "SO-1001", "1")
    assert items(run) == [(1, 1, "disposed", "credited"), (2, 1, "disposed", "credited")]
    told = run("return", "show", "SO-1001").out
    assert "disposed at lyon: worn, donate" in told
    assert "disposed at lyon: as new, restock" in run("order", "show", "SO-1001").out
    assert run("verify").status == 0


def test_an_order_tells_what_its_return_waits_for(run: Run, merchant: Engine) -> None:
    sent(merchant)
    made(run, "receive", "SO-1001", "--location", "lyon", "--line", "1:1:defective")
    told = run("order", "show", "SO-1001").out
    assert "received at lyon" in told
    assert "grade return: lyon" in told


def test_money_is_denied_and_given_by_a_person(run: Run, merchant: Engine) -> None:
    sent(merchant)
    made(run, "request", "SO-1001", "--line", "1:1:changed_mind", "--source", "portal")
    refused = run("return", "deny", "SO-1001", "1", "--reason", "worn", "--yes")
    assert (refused.status, "RETURN_STATUTORY" in refused.err) == (1, True)
    made(run, "credit", "SO-1001", "1", "--reason", "a good customer")
    assert items(run) == [(1, 1, "approved", "credited")]
    refused = run("return", "settle", "SO-1001", "1", "--let-go", "--reason", "x", "--yes")
    assert (refused.status, "RETURN_ITEM_STATE" in refused.err) == (1, True)
    made(run, "request", "SO-1001", "--line", "1:1:changed_mind")
    made(run, "withdraw", "SO-1001", "2")


def test_what_is_not_understood_is_said(run: Run, merchant: Engine) -> None:
    sent(merchant)
    for wrong in (
        ("request", "SO-1001", "--line", "1:1:because"),
        ("request", "SO-1001", "--line", "1"),
        ("receive", "SO-1001", "1", "--location", "lyon", "--item", "1:1:splendid"),
        ("receive", "SO-1001", "--location", "lyon", "--item", "1:1"),
    ):
        assert run("return", *wrong).status == 2, wrong
    unknown = run("return", "show", "SO-1001", "7")
    assert (unknown.status, "RETURN_UNKNOWN" in unknown.err) == (1, True)


def test_something_else_is_sent_instead(run: Run, merchant: Engine) -> None:
    sent(merchant)
    merchant.run(AdjustStock(sku="MUG", location="lyon", quantity=1, reason="received"))
    wanted = ("--line", "1:1:too_small", "--instead", "MUG:1:999")
    quote = run("return", "quote", "SO-1001", *wanted)
    assert "given back 10.00 EUR" in quote.err, quote.err
    made(run, "request", "SO-1001", *wanted)
    assert "in exchange for line 3" in run("return", "show", "SO-1001").err
    made(run, "receive", "SO-1001", "1", "--location", "lyon", "--item", "1:1:as_new")
    assert items(run) == [(1, 1, "graded", "credited")]
    assert run("verify").status == 0


def test_what_is_missing_is_claimed_and_paid_back(run: Run, merchant: Engine) -> None:
    sent(merchant)
    made(run, "request", "SO-1001", "--line", "1:1:missing", "--parcel", "1")
    assert items(run) == [(1, 1, "requested", "not_due")]
    made(run, "approve", "SO-1001", "1")
    assert items(run) == [(1, 1, "approved", "credited")]
    made(run, "request", "SO-1001", "--line", "1:1:damaged", "--parcel", "1")
    made(run, "credit", "SO-1001", "2", "--keep", "--reason", "photos show it")
    [other] = run("return", "show", "SO-1001", "2", "--json").json
    assert other["items"][0]["terms"]["keep"]
    assert run("verify").status == 0


def test_goods_with_no_order_known_find_theirs(run: Run, merchant: Engine) -> None:
    sent(merchant)
    assert run("orphan", "list").err.startswith("There are no such goods")
    came = ("--location", "lyon", "--item", "TEE:2:worn", "--unknown", "1:a blue box", "--reference", "SO-1001")
    shown = run("orphan", "receive", "--name", "G-1", *came)
    assert (shown.status, "match_orphan" in shown.err + shown.out) == (0, True), shown.err
    assert run("orphan", "receive", "--name", "G-1", *came, "--yes").status == 0
    [row] = run("orphan", "list", "--json").json
    assert (row["id"], row["owner"]) == ("G-1", "support")
    [found] = run("orphan", "suggest", "G-1", "--json").json
    assert (found["order_number"], found["clues"]) == ("SO-1001", ["reference", "sku"])
    assert run("orphan", "match", "G-1", "SO-1001", "--item", "1:1", "--yes").status == 0
    assert items(run) == [(1, 2, "graded", "credited")]
    assert run("orphan", "identify", "G-1", "2", "MUG", "--yes").status == 0
    early = run("orphan", "dispose", "G-1", "scrap", "--reason", "nobody asked", "--yes")
    assert (early.status != 0, "ORPHAN_KEPT" in early.err + early.out or "Somebody may still" in early.err) == (
        True,
        True,
    )
    assert "G-1" in run("orphan", "show", "G-1").out
    assert run("verify").status == 0


def test_photos_are_kept_with_the_order_and_named_in_its_return(run: Run, merchant: Engine, tmp_path: Path) -> None:
    sent(merchant)
    box, text = tmp_path / "box.png", tmp_path / "box.txt"
    box.write_bytes(png())
    text.write_text("no picture")
    assert "PHOTO_TYPE" in run("photo", "add", "SO-1001", str(text)).err
    [kept] = run("photo", "add", "SO-1001", str(box), "--json").json
    digest = kept["sha256"]
    assert digest in run("photo", "list", "SO-1001").out
    again = tmp_path / "again.png"
    assert run("photo", "save", "SO-1001", digest, str(again)).status == 0
    assert again.read_bytes() == box.read_bytes()
    assert "PHOTO_UNKNOWN" in run("photo", "save", "SO-1001", "0" * 64, str(again)).err
    asked = ("return", "request", "SO-1001", "--line", "1:2:damaged", "--parcel", "1")
    assert run(*asked, "--photo", f"2:{digest}").status == 2
    made(run, *asked[1:], "--photo", f"1:{digest}")
    made(run, "receive", "SO-1001", "1", "--location", "lyon", "--item", "1:2", "--photo", f"1:{digest}")
    made(run, "grade", "SO-1001", "1", "--item", "1:2:damaged", "--photo", f"1:{digest}")
    [found] = run("return", "show", "SO-1001", "--json").json
    assert [[photo["sha256"] for photo in each["photos"]] for each in found["items"]] == [[digest] * 3]
    assert run("verify").status == 0


def test_goods_are_repaired_and_go_back(run: Run, merchant: Engine) -> None:
    sent(merchant)
    merchant.run(PutSkus(skus=(Sku("REPAIR", "Repair", kind=SkuKind.SERVICE),)))
    made(run, "request", "SO-1001", "--line", "1:3:defective", "--repair")
    made(run, "receive", "SO-1001", "1", "--location", "lyon", "--item", "1:3")
    assert "assess return: lyon" in run("order", "show", "SO-1001").out
    made(run, "assess", "SO-1001", "1", "--item", "1:1:repairable")
    made(run, "assess", "SO-1001", "1", "--item", "1:1:unrepairable")
    made(
        run, "assess", "SO-1001", "1", "--item", "1:1:repairable", "--not-covered", "--sku", "REPAIR", "--price", "900"
    )
    made(run, "answer-quote", "SO-1001", "1", "--decline", "--reason", "too dear")
    made(run, "repaired", "SO-1001", "1", "--item", "2", "--note", "new seam")
    assert sorted(each[2] for each in items(run)) == ["repaired", "unrepairable", "unrepaired"]
    made(run, "replace", "SO-1001", "1", "--instead", "TEE:1", "--reason", "broken")
    made(run, "send-back", "SO-1001", "1", "--carrier", "post", "--tracking-number", "B-1")
    assert sorted(each[2] for each in items(run)) == ["graded", "sent_back", "sent_back"]
    assert "sent back to the customer" in run("order", "show", "SO-1001").out
    assert run("verify").status == 0
