"""A warehouse is asked to send by 940, and what it has sent is taken from its 945: all of a document, or nothing."""

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from importlib import resources

import psycopg
import pytest
from msgspec.structs import replace

from orderline.core.edi.decide import PutEdiPartner
from orderline.core.edi.interchanges import PartyId
from orderline.core.edi.reading import read_edi
from orderline.core.edi.segments import Syntax
from orderline.core.edi.state import EdiKind, PartnerState
from orderline.core.edi.warehousing import TakeShippingAdvice
from orderline.core.orders import commands as c
from orderline.core.orders.state import Negotiation
from orderline.core.stock.commands import AdjustStock, PutLocation, PutSkus
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Sku
from orderline.engine.edi import TakenInterchange
from orderline.engine.engine import Engine
from orderline.engine.submissions import Outcome, Submission
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.values.failures import Refused
from support.databases import Databases
from support.edi_depot import DEPOT, asked, desk, opened_depot, ordered, results, take, units
from support.edi_texts import WAREHOUSE_PROFILE, wsa_945, x12_945
from support.engine_shop import EngineShop
from support.engines import assert_clean, faults_of


@pytest.fixture(scope="module")
def shop(databases: Databases) -> Iterator[EngineShop]:
    with opened_depot(databases) as made:
        yield made


def test_a_warehouse_is_asked_for_what_is_open_with_address_dates_and_names_of_goods(shop: EngineShop) -> None:
    order = ordered(shop, "W-1", ("TEE-M", 2, 2_000), ("MUG", 12, 500))
    written = asked(shop, order, key="k1")
    read = read_edi(written.content.encode())
    [message] = read.interchanges[0].messages
    assert (read.all_faults, written.kind, message.kind, read.interchanges[0].groups[0].code) == (
        [],
        "940",
        "940",
        "OW",
    )
    due = f"{order.fulfillments[0].due_at:%Y%m%d}"
    number = f"{order.number}-1"
    assert [(each.tag, *(each.get(place) for place in range(1, len(each.elements) + 1))) for each in message.segments] == [
        ("W05", "N", number, order.number),
        ("N1", "ST", "Ann Lee"), ("N3", "1 Rue de la Paix"), ("N4", "Lyon", "", "69001", "FR"),
        ("N1", "DE", "SHOP", "ZZ", "SHOP"),
        ("N1", "WH", "Depot", "ZZ", "WH01"), ("N4", "Lille", "", "", "FR"),
        ("G62", "10", due),
        ("W66", "PP", "ZZ", "", "", "standard", "", "", "", "", "UPSN"),
        ("LX", "1"), ("W01", "2", "EA", "", "VN", "TEE-M"),
        ("LX", "2"), ("W01", "12", "EA", "", "VN", "MUG", "UP", "012345678905"),
        ("W76", "14"),
    ]  # fmt: skip
    assert shop.order(order.id).fulfillments[0].negotiation is Negotiation.ACCEPTED
    assert asked(shop, order, key="k1") == written
    again = asked(shop, order)
    assert again.reference == written.reference + 1
    [kept] = [each for each in shop.records("edi_shipping_order") if each.number == number]
    assert [each.reference for each in kept.sent] == [written.reference, again.reference]


def test_a_warehouse_is_not_asked_for_what_it_has_not(shop: EngineShop) -> None:
    elsewhere = ordered(shop, "W-2", ("TEE-M", 1, 2_000), location="lyon")
    with pytest.raises(Refused, match="EDI_WAREHOUSE_UNKNOWN"):
        asked(shop, elsewhere)
    order = ordered(shop, "W-3", ("TEE-M", 1, 2_000))
    with pytest.raises(Refused, match="EDI_NOTHING_TO_SAY"):
        desk(shop).write(order, EdiKind.SHIPPING_ORDER, "2")
    shop.do(PutLocation(location=replace(DEPOT, partner="sandbox")))
    with pytest.raises(Refused, match="EDI_WAREHOUSE_UNKNOWN"):
        asked(shop, order)
    shop.do(PutLocation(location=DEPOT))
    shop.do(c.PlaceHold(order=order.id, hold=c.HoldInput(type="manual", reason="odd", blocks=("release",))))
    with pytest.raises(Refused, match="BLOCKED_BY_HOLD"):
        asked(shop, order)
    shop.do(c.CancelUnits(order=order.id, reason="changed their mind"))
    with pytest.raises(Refused, match="EDI_NOTHING_TO_SAY"):
        asked(shop, order)
    for wrong in (
        replace(WAREHOUSE_PROFILE, locations={"nowhere": ""}), replace(WAREHOUSE_PROFILE, locations={"lyon": ""}),
        replace(WAREHOUSE_PROFILE, syntax=Syntax.EDIFACT),
    ):  # fmt: skip
        with pytest.raises(Refused, match="EDI_PARTNER_NOT_ACCEPTABLE"):
            shop.do(PutEdiPartner(partner="other", profile=wrong))
    with pytest.raises(Refused, match="CODE_NOT_ACCEPTABLE"):
        shop.do(PutEdiPartner(partner="other", profile=replace(WAREHOUSE_PROFILE, locations={})))
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE, state=PartnerState.STOPPED))
    with pytest.raises(Refused, match="EDI_PARTNER_STOPPED"):
        asked(shop, ordered(shop, "W-4", ("TEE-M", 1, 2_000)))
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE))


def put_other(engine: Engine, locations: dict[str, str], state: PartnerState = PartnerState.ACTIVE) -> Future[Outcome]:
    profile = replace(WAREHOUSE_PROFILE, theirs=PartyId("OTHER"), locations=locations)
    return engine.submit(Submission(command=PutEdiPartner(partner="other", profile=profile, state=state)))


def test_a_location_is_run_by_one_partner_and_whoever_is_stopped_lets_it_go(shop: EngineShop) -> None:
    with pytest.raises(Refused, match="EDI_LOCATION_TAKEN") as taken:
        put_other(shop.engine, {"mill": "", "depot": ""}).result().answer_or_raise()
    assert taken.value.facts == {"field": "profile.locations", "value": "depot", "partner": "depot"}
    put_other(shop.engine, {"depot": ""}, PartnerState.STOPPED).result().answer_or_raise()
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE, state=PartnerState.STOPPED))
    put_other(shop.engine, {"depot": ""}).result().answer_or_raise()
    order = ordered(shop, "W-5", ("TEE-M", 1, 2_000))
    assert asked(shop, order).partner == "other"
    with pytest.raises(Refused, match="EDI_LOCATION_TAKEN"):
        shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE))
    put_other(shop.engine, {"mill": ""}).result().answer_or_raise()
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE))
    assert asked(shop, order).partner == "depot"
    assert_clean(shop.database)


def test_of_two_who_take_a_location_at_once_one_is_refused(shop: EngineShop) -> None:
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE, state=PartnerState.STOPPED))
    database = Database(shop.database.dsn)
    second = Engine(database, threads=1)
    # Neither has seen the other when it decides: whoever writes waits for a name that a third is about to let go.
    with psycopg.connect(shop.database.dsn) as holder:
        holder.execute(
            "INSERT INTO edi_partner_names (cell, kind, name, partner, active) VALUES (0, 'location', 'depot', 'x', true)"
        )
        depot = shop.engine.submit(Submission(command=PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE)))
        both = [depot, put_other(second, {"depot": "", "mill": ""})]
        while waiting(shop) < 2:
            assert not any(each.done() for each in both)
        holder.rollback()
    refused = [each.result(30).refused for each in both]
    second.close()
    database.close()
    assert sorted(str(each.code) if each is not None else "" for each in refused) == ["", "EDI_LOCATION_TAKEN"]
    assert_clean(shop.database)
    put_other(shop.engine, {"mill": ""}).result().answer_or_raise()
    shop.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE))


def waiting(shop: EngineShop) -> int:
    """How many wait for locks; asked outside of a transaction, in which the answer would stay the same."""
    text = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    [(count,)] = shop.database.rows(text)
    return count


def test_partners_are_found_by_what_they_were_put_with_also_before_there_was_a_table(shop: EngineShop) -> None:
    text = (resources.files("orderline.store") / "migrations" / "0094_edi_partner_names.sql").read_text()
    with psycopg.connect(shop.database.dsn) as connection:
        connection.execute("DELETE FROM edi_partner_names WHERE kind = 'sender' AND partner = 'depot'")
        connection.execute("UPDATE edi_partner_names SET active = false WHERE kind = 'location' AND partner = 'depot'")
    assert faults_of(verify(shop.database)) == {
        "partners": ("depot, location depot: is found in another state", "depot, sender DEPOT: is not found by it"),
    }
    with psycopg.connect(shop.database.dsn) as connection:
        connection.execute("DELETE FROM edi_partner_names")
        connection.execute(text[text.index("INSERT INTO") :].encode())
    assert_clean(shop.database)


def test_what_a_warehouse_sent_is_picked_packed_and_shipped_once_and_the_rest_is_short(shop: EngineShop) -> None:
    order = ordered(shop, "A-1", ("TEE-M", 3, 2_000), ("MUG", 12, 500), ("TEE-M", 2, 2_000))
    asked(shop, order)
    details = (
        "LX*1", "MAN*GM*00354107380000001051**CP*1Z1", "W12*CC*4*4*0*EA**VN*TEE-M", "LX*2", "N9*2I*1Z2",
        "W12*CP*12*6*6*EA**UP*012345678905",
    )  # fmt: skip
    document = wsa_945(f"{order.number}-1", *details)
    before = shop.order(order.id)
    taken = take(shop, x12_945(1, document))
    assert (results(taken), taken.documents[0].order, taken.faults) == ([("taken", ())], order.id, ())
    assert "AK1*SW*1~" in taken.acknowledgement
    assert "AK5*A~" in taken.acknowledgement
    sent = shop.order(order.id)
    assert sent.version == before.version + 1
    # One of the shirts and half of the mugs were not there: they are looked for elsewhere, or wait.
    assert [line.get("shipped", 0) for line in units(sent)] == [3, 6, 1]
    assert [line.excluded for line in sent.lines] == [(), ("depot",), ("depot",)]
    assert [(p.ref, p.tracking_number, p.carrier, [(i.line, i.quantity) for i in p.items]) for p in sent.parcels] == [
        ("00354107380000001051", "1Z1", "ups", [(1, 3), (3, 1)]), ("1Z2", "1Z2", "ups", [(2, 6)]),
    ]  # fmt: skip
    assert (sent.shipments[0].carrier, sent.shipments[0].handed_over_at.date().isoformat()) == ("ups", "2026-11-21")

    # Sent again, under another control number, it is known; told otherwise, it is refused.
    again = take(shop, x12_945(2, document))
    assert (results(again), shop.order(order.id)) == ([("known", ())], sent)
    other = take(shop, x12_945(3, document.replace("W12*CC*4*4", "W12*CC*4*3").replace("*0*EA", "*1*EA")))
    assert (results(other), shop.order(order.id)) == ([("rejected", ("EDI_ADVICE_REPEATED",))], sent)
    with pytest.raises(Refused, match="EDI_NOTHING_TO_SAY"):
        asked(shop, order)


def test_what_follows_comes_by_another_advice_and_goods_that_are_not_named_stay(shop: EngineShop) -> None:
    order = ordered(shop, "A-2", ("TEE-M", 5, 2_000), ("MUG", 12, 500))
    asked(shop, order)
    number = f"{order.number}-1"
    first = wsa_945(number, "LX*1", "W12*BP*5*2*3*EA**VN*TEE-M", header="N9*CN*PRO1~")
    assert results(take(shop, x12_945(11, first))) == [("taken", ())]
    assert units(shop.order(order.id)) == [{"released": 3, "shipped": 2}, {"released": 12}]
    second = wsa_945(number, "LX*1", "W12*CC*5*3**EA**VN*TEE-M", "LX*2", "W12*CC*2*2**CA**VN*MUG", shipment="S2")
    assert results(take(shop, x12_945(12, second))) == [("taken", ())]
    done = shop.order(order.id)
    assert (units(done), [parcel.ref for parcel in done.parcels]) == ([{"shipped": 5}, {"shipped": 12}], ["PRO1", "S2"])
    assert [parcel.tracking_number for parcel in done.parcels] == ["PRO1", ""]
    # Nobody buys a label for what has left.
    jobs = shop.database.rows("SELECT count(*) FROM outbox WHERE kind = 'label'", {})
    assert jobs == [(0,)]


def test_what_was_not_asked_for_is_a_fault_by_its_place_and_nothing_of_the_document_is_taken(shop: EngineShop) -> None:
    order = ordered(shop, "A-3", ("TEE-M", 3, 2_000))
    asked(shop, order)
    number, whole = f"{order.number}-1", "W12*CC*3*3*0*EA**VN*TEE-M"
    cases = [
        # what it says                                                       code, tag, element, value
        (wsa_945(number, whole, "W12*CC*1*1*0*EA**VN*MUG"),                  ("CODE_UNKNOWN", "W12", 8, "VN:MUG")),
        (wsa_945(number, "W12*CC*4*4*0*EA**VN*TEE-M"),                       ("NUMBER_INVALID", "W12", 3, "4")),
        (wsa_945(number, "W12*CC*1*1*0*XX**VN*TEE-M"),                       ("CODE_UNKNOWN", "W12", 5, "XX")),
        (wsa_945(number, "W12*CC*3*2*2*EA**VN*TEE-M"),                       ("TOTAL_DIFFERS", "W12", 4, "2")),
        (wsa_945(number, "W12*CC*3*x**EA**VN*TEE-M"),                        ("NUMBER_INVALID", "W12", 3, "x")),
        (wsa_945(number, "W12*CC*3***EA"),                                   ("ELEMENT_MISSING", "W12", 3, "")),
        (wsa_945(number, "LX*1", "MAN*CP*1Z1", "MAN*CP*1Z2", whole),         ("CODE_UNKNOWN", "MAN", 2, "1Z2")),
        (wsa_945("SO-0-1", whole),                                           ("CODE_UNKNOWN", "W06", 2, "SO-0-1")),
        (wsa_945(number),                                                    ("SEGMENT_MISSING", "W12", 0, "")),
        (wsa_945(number, whole).replace("20261121", "20261331"),             ("DATE_INVALID", "W06", 3, "20261331")),
    ]  # fmt: skip
    before = shop.order(order.id)
    taken = take(shop, x12_945(21, *(document for document, _ in cases)))
    assert {each.result for each in taken.documents} == {"rejected"}
    first: dict[int, tuple[str, str, int, str]] = {}
    starts = [
        message.at for message in read_edi(x12_945(21, *(document for document, _ in cases))).interchanges[0].messages
    ]
    for fault in taken.faults:
        place = max(start for start in starts if start <= fault.at)
        first.setdefault(place, (fault.code.value, fault.tag, fault.element, fault.value))
    assert [first[start] for start in starts] == [expected for _, expected in cases]
    assert f"AK9*R*{len(cases)}*{len(cases)}*0~" in taken.acknowledgement
    assert shop.order(order.id) == before
    test = take(shop, x12_945(22, wsa_945(number, whole)).replace(b"*0*P*>~", b"*0*T*>~"))
    assert results(test) == [("rejected", ("CODE_UNKNOWN",))]
    assert results(take(shop, x12_945(23, wsa_945(number, whole).replace("W06", "BEG"))))[0][0] == "rejected"
    # A warehouse does not order, and whoever orders is no warehouse.
    wrong = take(shop, x12_945(24, wsa_945(number, whole)).replace(b"ST*945", b"ST*850"))
    assert results(wrong) == [("rejected", ("KIND_NOT_TAKEN",))]
    assert results(take(shop, x12_945(25, wsa_945(number, whole)))) == [("taken", ())]


def test_two_who_bring_the_same_advice_at_once_have_it_taken_once(shop: EngineShop) -> None:
    order = ordered(shop, "A-5", ("TEE-M", 1, 2_000))
    asked(shop, order)
    document = wsa_945(f"{order.number}-1", "W12*CC*1*1*0*EA**VN*TEE-M")
    others: list[TakenInterchange] = []

    def overtaken(submission: Submission) -> Outcome:
        if isinstance(submission.command, TakeShippingAdvice):
            others.append(take(shop, x12_945(32, document)))
        return shop.engine.submit(submission).result()

    taken = desk(shop, overtaken).take_in(x12_945(31, document), datetime.now(UTC)).interchanges[0]
    assert [results(each) for each in (*others, taken)] == [[("taken", ())], [("known", ())]]
    assert units(shop.order(order.id)) == [{"shipped": 1}]


def test_units_that_are_told_apart_are_named_by_their_serial_numbers(shop: EngineShop) -> None:
    shop.do(PutSkus(skus=(Sku("CAM", "Camera", tracking=Tracking.SERIAL),)))
    lots = tuple(LotUnits(serial, 1) for serial in ("S-1", "S-2", "S-3"))
    shop.do(AdjustStock(sku="CAM", location="depot", quantity=3, reason="received", lots=lots))
    order = ordered(shop, "A-6", ("CAM", 2, 9_000))
    asked(shop, order)
    details = ("LX*1", "W12*CC*2*2*0*EA**VN*CAM")
    unnamed = take(shop, x12_945(41, wsa_945(f"{order.number}-1", *details)))
    assert results(unnamed) == [("rejected", ("LOTS_REQUIRED",))]
    assert units(shop.order(order.id)) == [{"released": 2}]
    named = take(shop, x12_945(42, wsa_945(f"{order.number}-1", *details, "N9*SE*S-3", "N9*SE*S-1")))
    assert results(named) == [("taken", ())]
    [item] = shop.order(order.id).fulfillments[0].items
    assert sorted(each.lot for each in item.sent) == ["S-1", "S-3"]
