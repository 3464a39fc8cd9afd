"""Where the units of an order go: the same in words and in a picture that is drawn when it is asked for."""

from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest

from console.conftest import Site
from orderline.console.journeys import spoken_point
from orderline.console.maps import HEIGHT, WIDTH, Spot, Way, draw
from orderline.core.orders.commands import (
    AcceptFulfillment,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock
from orderline.values.ids import OrderId

LYON, LILLE, PARIS = (45.749, 4.848), (50.633, 3.059), (48.853, 2.349)


def sent(site: Site, name: str) -> dict[str, Any]:
    """An order of which Lyon has sent a parcel that was seen in Nantes, and Lille is to send the rest."""
    order = site.stage.place(name, 3)
    site.stage.allocate(order["id"], 2)
    site.stage.engine.run(AdjustStock(sku="TEE-M", location="lille", quantity=1, reason="received"))
    site.stage.allocate(order["id"], 1, "lille")
    id_, items = OrderId(UUID(order["id"])), (LineQuantity(1, 2),)
    for command in (
        AcceptFulfillment(order=id_, fulfillment=1),
        PickUnits(order=id_, fulfillment=1, lines=items),
        PackUnits(order=id_, fulfillment=1, parcels=(ParcelInput(items=items, tracking_number=f"1Z{name}"),)),
        ShipParcels(order=id_, fulfillment=1),
        TrackParcel(order=id_, parcel=1, state="in_transit", place="<Hub> 7"),
        TrackParcel(order=id_, parcel=1, state="out_for_delivery", place="Nantes FR"),
    ):
        site.stage.engine.run(command)
    return order


def test_the_way_of_each_parcel_is_told_and_drawn_with_the_same_marks(site: Site) -> None:
    number, visitor = sent(site, "journey-1")["number"], site.person("journeys", "orders:read")
    page = visitor.get(f"/orders/{number}").text.partition('id="where"')[2].partition("</section>")[0]
    assert f'<img src="/orders/{number}/map" width="{WIDTH}" height="{HEIGHT}"' in page
    for told in (
        "A</span> <bdi>lyon</bdi>",
        "B</span> <bdi>lille</bdi>",
        "Parcel 1 from <bdi>lyon</bdi>: out for delivery, <bdi>Nantes FR</bdi>",
        "◆</span> <bdi>69001 Lyon, FR</bdi>",
    ):
        assert told in page
    picture = visitor.get(f"/orders/{number}/map")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'; style-src 'unsafe-inline'; sandbox" in picture.headers["content-security-policy"]
    drawn = ElementTree.fromstring(picture.content)
    kinds = [each.get("class") for each in drawn.findall(".//{*}g")]
    assert sorted(map(str, kinds)) == ["mark parcel", "mark serves", "mark serves", "mark target"]
    assert {each.text for each in drawn.findall(".//{*}g/{*}text")} == {"A", "B", "1"}
    # the parcel has come from Lyon to Nantes and goes on; what is at Lille has not left
    ways = [each.get("class") for each in drawn.findall(".//{*}path") if "way" in each.get("class", "")]
    assert ways == ["way gone", "way ahead", "way ahead"]
    assert "--accent" in drawn.findtext("{*}style", "")
    assert "Ann" not in picture.text


def test_the_map_of_an_order_is_for_those_who_may_see_it(site: Site) -> None:
    number = sent(site, "journey-2")["number"]
    assert site.person("journey-none", "stock:read").get(f"/orders/{number}/map").status_code == 403
    elsewhere = site.person("journey-shop", "orders:read", channels=["shop"])
    assert elsewhere.get(f"/orders/{number}/map").status_code == 404


def test_an_order_without_a_location_has_no_map(site: Site) -> None:
    number = site.stage.place("journey-3")["number"]
    visitor = site.person("journey-early", "orders:read")
    assert 'id="where"' not in visitor.get(f"/orders/{number}").text
    assert ElementTree.fromstring(visitor.get(f"/orders/{number}/map").content).find(".//{*}g") is None


@pytest.mark.parametrize(
    ("text", "country", "near"),
    [
        ("Lyon FR", "", LYON),
        ("Lille", "FR", LILLE),
        ("Hub 7", "FR", None),
        ("Nowhereville XX", "", None),
        pytest.param("Brussels BE", "DE", (50.85, 4.35), marks=pytest.mark.slow),
        pytest.param("MEMPHIS TN", "US", (35.15, -90.05), marks=pytest.mark.slow),
        pytest.param("Memphis, TN, US", "FR", (35.15, -90.05), marks=pytest.mark.slow),
        pytest.param("San Jose CA", "US", (37.34, -121.89), marks=pytest.mark.slow),
    ],
)
def test_a_place_is_found_as_carriers_name_it(text: str, country: str, near: tuple[float, float] | None) -> None:
    found = spoken_point(text, country)
    assert (found and (round(found[0], 1), round(found[1], 1))) == (near and (round(near[0], 1), round(near[1], 1)))


def test_marks_of_one_place_stand_side_by_side_and_ways_lead_where_they_are() -> None:
    spots = [Spot("", "", "target", *PARIS), *(Spot("", str(at), "parcel", *PARIS) for at in range(1, 4))]
    drawn = draw([Spot("lyon", "A", "serves", *LYON), *spots], [Way("gone", (LYON, PARIS))])
    assert drawn is not None
    assert len({(each.x, each.y) for each in drawn.marks}) == 5
    assert [each.moved for each in drawn.marks if each.spot.kind == "parcel"] == [True] * 3
    places = {each.spot.kind: f"{each.at_x:g} {each.at_y:g}" for each in drawn.marks}
    assert drawn.ways == [("gone", f"M{places['serves']}L{places['target']}")]


def test_a_map_of_the_whole_world_is_small_and_goes_over_the_date_line() -> None:
    far = draw([Spot("sydney", "A", "serves", -33.9, 151.2), Spot("", "", "target", *PARIS)])
    assert far is not None
    assert 5_000 < len(far.land + far.borders) < 120_000
    pacific = draw([Spot("auckland", "A", "serves", -36.8, 174.8), Spot("", "", "target", -14.3, -170.7)])
    assert pacific is not None
    assert [each[2] for each in pacific.degrees if each[2].endswith(("E", "W"))][-1].endswith("W")
    ends = {each.spot.kind: each.x for each in pacific.marks}
    assert ends["serves"] < ends["target"], "American Samoa is east of New Zealand"
