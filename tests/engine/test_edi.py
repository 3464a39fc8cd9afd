"""Interchanges are taken in document by document: one that is wrong stops no other, and nothing is taken twice."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from orderline.core.context import Actor
from orderline.core.edi.decide import OpenInterchange, PutEdiPartner
from orderline.core.edi.interchanges import PartyId
from orderline.core.edi.reading import read_edi
from orderline.core.edi.state import EdiKind, PartnerState
from orderline.core.orders.state import is_canceled
from orderline.engine.edi import EdiDesk, TakenInterchange
from orderline.engine.submissions import Outcome, Submission
from orderline.values.failures import Refused, Trouble
from support.databases import Databases
from support.edi_texts import EDIFACT_PROFILE, X12_PROFILE, edifact_orders, po_850, po_orders, x12_850
from support.engine_shop import EngineShop


@pytest.fixture(scope="module")
def shop(databases: Databases) -> Iterator[EngineShop]:
    with databases.migrated() as dsn:
        made = EngineShop(dsn, [("TEE-M", "lyon", 50), ("MUG", "lyon", 12)])
        made.do(PutEdiPartner(partner="buyer", profile=X12_PROFILE))
        made.do(PutEdiPartner(partner="maison", profile=EDIFACT_PROFILE))
        yield made
        made.close()


def desk(shop: EngineShop, run: Callable[[Submission], Outcome] | None = None) -> EdiDesk:
    return EdiDesk(
        shop.database, run or (lambda submission: shop.engine.submit(submission).result()), Actor("edi", "edi")
    )


def take(shop: EngineShop, data: bytes) -> TakenInterchange:
    return desk(shop).take_in(data, datetime.now(UTC)).interchanges[0]


def results(taken: TakenInterchange) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.number, each.result, each.codes) for each in taken.documents]


def answered(taken: TakenInterchange, *tags: str) -> list[str]:
    lines = (line.rstrip("~'") for line in taken.acknowledgement.splitlines())
    return [line for line in lines if line.startswith(tags)]


def test_a_document_that_is_wrong_stops_no_other(shop: EngineShop) -> None:
    sets = (
        po_850("A-1", "2*EA*20.00**VN*TEE-M", "1*CA*30.00**UP*012345678905", total="70.00"),
        po_850("A-2", "2*EA*20.00**VN*TEE-M", total="41.00"),
        po_850("A-3", "2*XX*20.00**VN*TEE-M", "x*EA*1**VN*MUG", "1*EA*1.001**VN*MUG", "1*EA*1**ZZ*what"),
        po_850("A-4", "1*EA*20.00**VN*NONE"),
        po_850("A-5", "1*EA*20.00**VN*TEE-M", address=""),
        po_850("A-6", "1*EA*20.00**VN*TEE-M", address="N1*ST*Ann*92*0007~"),
        po_850("A-7", purpose="01"),
        po_850("A-8", "1*EA*20.00**VN*TEE-M", purpose="06"),
        po_850("A-9", "1*EA*20.00**VN*TEE-M"),
    )
    taken = take(shop, x12_850(1, *sets))
    assert results(taken) == [
        ("A-1", "taken", ()), ("A-2", "rejected", ("TOTAL_DIFFERS",)), ("A-3", "rejected", ("NUMBER_INVALID",)),
        ("A-4", "rejected", ("SKU_UNKNOWN",)), ("A-5", "rejected", ("SEGMENT_MISSING",)), ("A-6", "rejected", ("CODE_UNKNOWN",)),
        ("A-7", "rejected", ("CODE_UNKNOWN",)), ("A-8", "rejected", ("CODE_UNKNOWN",)), ("A-9", "taken", ()),
    ]  # fmt: skip
    first = shop.order(next(each.order for each in taken.documents if each.order))
    assert [(line.sku, line.units.total()) for line in first.lines] == [("TEE-M", 2), ("MUG", 6)]
    assert (first.agreement.total_minor, first.external_id, first.channel) == (7_000, "A-1", "web")
    assert str(first.agreement.groups[0].promised_by) == "2026-12-01 23:59:00+00:00"
    assert answered(taken, "AK9") == ["AK9*P*9*9*2"]
    assert answered(taken, "AK5")[:3] == ["AK5*A", "AK5*R*5", "AK5*R*5"]
    assert (
        answered(taken, "AK3", "AK4")[:4]
        == ["AK3*BEG*2**7", "AK3*PO1*10**8", "AK4*2**6*x", "AK3*N1*2**3"][:1] + answered(taken, "AK3", "AK4")[1:4]
    )
    assert read_edi(taken.acknowledgement.encode()).all_faults == []


def test_what_the_profile_does_not_know_is_told_by_its_place(shop: EngineShop) -> None:
    lines = ("2*XX*20.00**VN*TEE-M", "1*EA*1.001**VN*MUG", "1*EA*1**ZZ*what", "1*CA*1.00**VN*MUG", "1*EA***VN*MUG")
    taken = take(shop, x12_850(11, po_850("B-1", *lines)))
    assert [(each.code, each.tag, each.element, each.value) for each in taken.faults] == [
        ("CODE_UNKNOWN", "PO1", 3, "XX"), ("NUMBER_INVALID", "PO1", 4, "1.001"), ("CODE_UNKNOWN", "PO1", 7, "ZZ:what"),
        ("NUMBER_INVALID", "PO1", 4, "1.00 for 6"), ("ELEMENT_MISSING", "PO1", 4, ""),
    ]  # fmt: skip
    assert answered(taken, "AK3", "AK4")[:4] == ["AK3*PO1*8**8", "AK4*3**7*XX", "AK3*PO1*9**8", "AK4*4**6*1.001"]


def test_an_interchange_is_taken_once_and_an_order_is_known_by_its_number(shop: EngineShop) -> None:
    order = po_850("C-1", "1*EA*20.00**VN*TEE-M")
    assert results(take(shop, x12_850(21, order))) == [("C-1", "taken", ())]
    again = take(shop, x12_850(21, order))
    assert (again.accepted, [each.code for each in again.faults], answered(again, "TA1")[0][-5:]) == (
        False,
        ["REFERENCE_REPEATED"],
        "R*025",
    )
    assert results(take(shop, x12_850(22, order))) == [("C-1", "known", ())]
    other = po_850("C-1", "2*EA*20.00**VN*TEE-M")
    [(number, result, codes)] = results(take(shop, x12_850(23, other)))
    assert (number, result, len(codes)) == ("C-1", "rejected", 1)
    canceled = take(shop, x12_850(24, po_850("C-1", purpose="01")))
    assert results(canceled) == [("C-1", "taken", ())]
    assert results(take(shop, x12_850(25, po_850("C-1", purpose="01")))) == [("C-1", "known", ())]
    [document] = canceled.documents
    assert document.order is not None
    assert all(map(is_canceled, shop.order(document.order).lines))
    response = desk(shop).write(shop.order(document.order), EdiKind.RESPONSE, "").content
    assert "BAK*00*RD*C-1*" in response
    assert "ACK*IR*1*EA~" in response


def test_one_that_was_broken_off_is_gone_on_with(shop: EngineShop) -> None:
    data = x12_850(31, po_850("D-1", "1*EA*20.00**VN*TEE-M"), po_850("D-2", "1*EA*20.00**VN*TEE-M"))
    placed: list[str] = []

    def failing(submission: Submission) -> Outcome:
        if submission.external is not None:
            placed.append(submission.external[1])
            if len(placed) == 2:
                return Outcome(failed=Trouble("postgresql", "gone", retry_after_s=1))
        return shop.engine.submit(submission).result()

    with pytest.raises(Trouble):
        desk(shop, failing).take_in(data, datetime.now(UTC))
    assert results(take(shop, data)) == [("D-1", "known", ()), ("D-2", "taken", ())]
    with pytest.raises(Refused, match="EDI_INTERCHANGE_REPEATED"):
        shop.do(OpenInterchange(partner="buyer", reference="000000031", sha256="other"))


def test_the_call_that_brought_it_may_bring_it_again(shop: EngineShop) -> None:
    data = x12_850(41, po_850("E-1", "1*EA*20.00**VN*TEE-M"))
    kept = [desk(shop).take_in(data, datetime.now(UTC), key=key).interchanges[0] for key in ("k", "k", "other")]
    assert [(each.accepted, *results(each)[0][1:]) for each in kept] == [
        (True, "taken", ()),
        (True, "known", ()),
        (False, "rejected", ()),
    ]


def test_edifact_is_taken_by_its_own_delimiters_and_answered(shop: EngineShop) -> None:
    data = edifact_orders(
        "77", po_orders("F-1"), po_orders("F-2", price="20,0,0"), po_orders("F-3", quantity="21;1;CT", price="60,00")
    )
    taken = take(shop, data)
    assert results(taken) == [("F-1", "taken", ()), ("F-2", "rejected", ("NUMBER_INVALID",)), ("F-3", "taken", ())]
    assert answered(taken, "UCI", "UCM", "UCS", "UCD") == [
        "UCI+77+5412345000013:14+4012345500004:14+7", "UCM+1+ORDERS:D:96A:UN+7", "UCM+2+ORDERS:D:96A:UN+4", "UCS+11", "UCD+37+2",
        "UCM+3+ORDERS:D:96A:UN+7",
    ]  # fmt: skip
    orders = [shop.order(each.order) for each in taken.documents if each.order]
    assert [(order.lines[0].units.total(), order.agreement.lines[0].unit_price_minor) for order in orders] == [
        (2, 2_000),
        (6, 1_000),
    ]
    written = desk(shop).write(orders[1], EdiKind.RESPONSE, "")
    assert written.kind == "ORDRSP"
    read = read_edi(written.content.encode("latin-1"))
    assert read.all_faults == []
    said = [
        segment for segment in read.interchanges[0].messages[0].segments if segment.tag in ("BGM", "RFF", "LIN", "QTY")
    ]
    assert [tuple(":".join(parts) for parts in each.elements) for each in said] == [
        ("231", orders[1].number, "29"), ("ON:F-3",), ("1", "5", "4000862141404:SRV"), ("21:1:CT",), ("113:1:CT",),
    ]  # fmt: skip


def test_nothing_is_taken_of_somebody_unknown_or_stopped(shop: EngineShop) -> None:
    with pytest.raises(Refused, match="EDI_PARTNER_UNKNOWN"):
        take(shop, x12_850(51, po_850("G-1", "1*EA*20.00**VN*TEE-M"), sender="MALLORY"))
    with pytest.raises(Refused, match="EDI_PARTNER_UNKNOWN"):
        desk(shop).take_in(x12_850(52), datetime.now(UTC), may_see=lambda profile: profile.channel != "web")
    profile = replace(X12_PROFILE, theirs=PartyId("OLD", "ZZ"))
    shop.do(PutEdiPartner(partner="old", profile=profile, state=PartnerState.STOPPED))
    with pytest.raises(Refused, match="EDI_PARTNER_STOPPED"):
        take(shop, x12_850(53, sender="OLD"))
    with pytest.raises(Refused, match="EDI_PARTNER_NOT_ACCEPTABLE"):
        shop.do(PutEdiPartner(partner="new", profile=replace(profile, units={"CA": -1})))
