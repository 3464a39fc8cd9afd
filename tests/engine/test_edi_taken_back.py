"""What becomes of work that is taken back from a warehouse by 940: whatever it has done meanwhile, and says by 945."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from orderline.core.edi.reading import read_edi
from orderline.core.edi.shipping_orders import ShippingOrderState
from orderline.core.edi.state import EdiKind
from orderline.core.edi.warehousing import TakeShippingAdvice
from orderline.core.fulfillments.discrepancies import Cause
from orderline.core.orders import commands as c
from orderline.core.orders.state import Negotiation, Order
from orderline.engine.edi import WrittenDocument
from orderline.engine.submissions import Outcome, Submission
from orderline.store.rows import stored
from orderline.values.failures import Refused
from support.databases import Databases
from support.edi_depot import asked, canceled, desk, holds, opened_depot, ordered, results, take, units
from support.edi_texts import wsa_945, x12_945
from support.engine_shop import EngineShop


@pytest.fixture(scope="module")
def shop(databases: Databases) -> Iterator[EngineShop]:
    with opened_depot(databases) as made:
        yield made


def told_to_let_go(shop: EngineShop, order: Order) -> WrittenDocument:
    return desk(shop).write(shop.order(order.id), EdiKind.SHIPPING_CANCELLATION, "1")


def test_a_warehouse_is_told_once_to_let_go_of_what_it_was_asked_for(shop: EngineShop) -> None:
    order = ordered(shop, "C-1", ("TEE-M", 2, 2_000))
    with pytest.raises(Refused, match="EDI_SHIPPING_ORDER_UNKNOWN"):
        told_to_let_go(shop, order)
    first = asked(shop, order)
    with pytest.raises(Refused, match="EDI_NOTHING_TO_SAY"):
        told_to_let_go(shop, order)
    canceled(shop, order, (1, 1), accepted=False)
    with pytest.raises(Refused, match="EDI_NOTHING_TO_SAY"):  # of a part it would be another order
        told_to_let_go(shop, order)
    canceled(shop, order, accepted=False)
    written = told_to_let_go(shop, order)
    expected = first.content.replace("W05*N*", "W05*F*").replace(f"{first.reference:09d}", f"{written.reference:09d}")
    said = [line for line in written.content.splitlines() if not line.startswith(("ISA", "GS", "GE"))]
    assert said == [line for line in expected.splitlines() if not line.startswith(("ISA", "GS", "GE"))]
    assert (read_edi(written.content.encode()).all_faults, written.kind) == ([], "940")
    assert (told_to_let_go(shop, order), written.reference) == (written, first.reference + 1)
    [kept] = [each for each in shop.records("edi_shipping_order") if each.order == order.id]
    assert (kept.state, [each.kind for each in kept.sent]) == (
        ShippingOrderState.CANCELED,
        [EdiKind.SHIPPING_ORDER, EdiKind.SHIPPING_CANCELLATION],
    )

    # It answers that it has sent nothing.
    answer = wsa_945(f"{order.number}-1", "W12*CC*2*0*2*EA**VN*TEE-M")
    assert results(take(shop, x12_945(81, answer))) == [("taken", ())]
    done = shop.order(order.id)
    assert (units(done), done.fulfillments[0].negotiation) == ([{"canceled": 2}], Negotiation.CANCEL_ACCEPTED)


def test_whoever_says_nothing_is_waited_for_until_a_person_answers_and_may_have_sent_it(shop: EngineShop) -> None:
    order = ordered(shop, "C-2", ("TEE-M", 1, 2_000))
    asked(shop, order)
    canceled(shop, order, accepted=False)
    told_to_let_go(shop, order)
    step = stored(shop.order(order.id)).next_step
    assert step is not None
    assert (step.what, step.owner) == ("answer_cancel_request", "depot")
    shop.do(c.AnswerCancel(order=order.id, fulfillment=1, accepted=True))
    assert told_to_let_go(shop, order).kind == "940"
    nothing = wsa_945(f"{order.number}-1", "W12*CC*1*0*1*EA**VN*TEE-M", shipment="S0")
    assert results(take(shop, x12_945(83, nothing))) == [("taken", ())]
    assert units(shop.order(order.id)) == [{"canceled": 1}]
    late = wsa_945(f"{order.number}-1", "W12*CC*1*1*0*EA**VN*TEE-M")
    assert results(take(shop, x12_945(82, late))) == [("taken", ())]
    assert (units(shop.order(order.id)), holds(shop.order(order.id))) == ([{"shipped": 1}], ["late_shipment"])


def test_work_that_is_routed_elsewhere_is_taken_back_from_the_warehouse(shop: EngineShop) -> None:
    order = ordered(shop, "C-3", ("TEE-M", 1, 2_000))
    asked(shop, order)
    shop.do(c.PullBack(order=order.id, fulfillment=1, reason="too slow"))
    assert "W01*1*EA**VN*TEE-M" in told_to_let_go(shop, order).content


def test_what_was_canceled_and_has_left_all_the_same_is_shipped_once_and_a_person_decides(shop: EngineShop) -> None:
    order = ordered(shop, "L-1", ("TEE-M", 2, 2_000))
    asked(shop, order)
    canceled(shop, order)
    document = wsa_945(f"{order.number}-1", "LX*1", "MAN*CP*1Z7", "W12*CC*2*2*0*EA**VN*TEE-M")
    for reference, result in ((51, "taken"), (52, "known")):
        assert results(take(shop, x12_945(reference, document))) == [(result, ())]
        late = shop.order(order.id)
        assert (units(late), holds(late)) == ([{"shipped": 2}], ["late_shipment"])
        assert [(each.late, each.carrier) for each in late.shipments] == [(True, "ups")]
        assert [(each.ref, each.tracking_number) for each in late.parcels] == [("1Z7", "1Z7")]
    more = take(shop, x12_945(53, wsa_945(f"{order.number}-1", "W12*CC*1*1*0*EA**VN*TEE-M", shipment="S2")))
    assert results(more) == [("rejected", ("CODE_UNKNOWN",))]


def test_in_one_carton_with_what_was_to_be_sent_the_carriers_news_is_of_that(shop: EngineShop) -> None:
    order = ordered(shop, "L-2", ("TEE-M", 3, 2_000), ("MUG", 6, 500))
    asked(shop, order)
    canceled(shop, order, (1, 1), (2, 6))
    details = ("LX*1", "MAN*CP*1Z8", "W12*CC*3*3*0*EA**VN*TEE-M", "W12*CC*1*0*1*CA**VN*MUG")
    assert results(take(shop, x12_945(54, wsa_945(f"{order.number}-1", *details)))) == [("taken", ())]
    sent = shop.order(order.id)
    assert (units(sent), holds(sent)) == ([{"shipped": 3}, {"canceled": 6}], ["late_shipment"])
    parcels = [(each.tracking_number, [(i.line, i.quantity) for i in each.items]) for each in sent.parcels]
    assert parcels == [("1Z8", [(1, 2)]), ("", [(1, 1)])]


def test_who_is_asked_to_let_go_answers_by_what_it_has_sent(shop: EngineShop) -> None:
    cases = [
        # asked back, sent          units                                      negotiation
        (((1, 3),), 3,              {"shipped": 3},                            Negotiation.CANCEL_REJECTED),
        (((1, 3),), 1,              {"canceled": 2, "shipped": 1},             Negotiation.CANCEL_ACCEPTED),
        (((1, 3),), 0,              {"canceled": 3},                           Negotiation.CANCEL_ACCEPTED),
        (((1, 1),), 1,              {"pooled": 1, "canceled": 1, "shipped": 1}, Negotiation.ACCEPTED),
    ]  # fmt: skip
    before = shop.database.rows("SELECT sellable FROM stock WHERE sku = 'TEE-M' AND location = 'depot'")[0][0]
    for place, (back, sent, expected, negotiation) in enumerate(cases):
        order = ordered(shop, f"L-3{place}", ("TEE-M", 3, 2_000))
        asked(shop, order)
        canceled(shop, order, *back, accepted=False)
        document = wsa_945(f"{order.number}-1", f"W12*CC*3*{sent}**EA**VN*TEE-M")
        assert results(take(shop, x12_945(60 + place, document))) == [("taken", ())]
        now = shop.order(order.id)
        assert (units(now), now.fulfillments[0].negotiation) == ([expected], negotiation), place
    # What is let go of is not missing: it stays on the shelf. What is short is.
    after = shop.database.rows("SELECT sellable FROM stock WHERE sku = 'TEE-M' AND location = 'depot'")[0][0]
    assert before - after == 3 + 1 + 1 + 1


def test_work_that_was_taken_away_and_sent_is_kept_for_a_person_and_moves_nothing(shop: EngineShop) -> None:
    order = ordered(shop, "L-4", ("TEE-M", 2, 2_000))
    asked(shop, order)
    shop.do(c.PullBack(order=order.id, fulfillment=1, reason="too slow"))
    before = units(shop.order(order.id))
    document = wsa_945(f"{order.number}-1", "LX*1", "MAN*CP*1Z9", "W12*CC*2*2*0*EA**VN*TEE-M")
    more = take(shop, x12_945(71, document.replace("*2*2*0*", "*3*3*0*")))
    assert results(more) == [("rejected", ("NUMBER_INVALID",))]
    for reference, result in ((72, "taken"), (73, "known")):
        assert results(take(shop, x12_945(reference, document))) == [(result, ())]
        now = shop.order(order.id)
        assert (units(now), holds(now)) == (before, ["late_shipment"])
        [found] = [each for each in shop.records("discrepancy") if each.order == order.id]
        assert (found.cause, found.left, found.tracking_numbers) == (Cause.WITHDRAWN, True, ("1Z9",))
        assert [(each.sku, each.quantity) for each in found.lines] == [("TEE-M", 2)]


def test_what_is_canceled_while_its_advice_is_read_is_taken_as_that(shop: EngineShop) -> None:
    order = ordered(shop, "L-5", ("TEE-M", 1, 2_000))
    asked(shop, order)
    canceled(shop, order, accepted=False)

    def overtaken(submission: Submission) -> Outcome:
        if isinstance(submission.command, TakeShippingAdvice) and not submission.command.late:
            shop.do(c.AnswerCancel(order=order.id, fulfillment=1, accepted=True))
        return shop.engine.submit(submission).result()

    document = wsa_945(f"{order.number}-1", "W12*CC*1*1*0*EA**VN*TEE-M")
    taken = desk(shop, overtaken).take_in(x12_945(75, document), datetime.now(UTC)).interchanges[0]
    assert (results(taken), units(shop.order(order.id))) == ([("taken", ())], [{"shipped": 1}])
    assert holds(shop.order(order.id)) == ["late_shipment"]
