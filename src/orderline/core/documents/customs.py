"""Customs: when a parcel needs a declaration, what is lacking for one, and what it says.

The forms follow the postal declarations CN 22 (up to 2 kg) and CN 23 (above) of the Universal Postal Union, with what a
commercial invoice asks for: per kind of goods its HS code, country of origin, net weight and value without tax.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.documents.paper import Block, Code, Column, Paper, Party, Table, Text
from orderline.core.documents.slips import described, value_in
from orderline.core.orders.state import Order, Parcel
from orderline.core.stock.state import Sku
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.money import Money

CN22_MOST_G: Final = 2_000

# Countries that are one customs territory for goods. European Union: Council Regulation 952/2013, article 4; Monaco is in.
UNIONS: Final[tuple[frozenset[str], ...]] = (
    frozenset(
        [
            "AT",
            "BE",
            "BG",
            "CY",
            "CZ",
            "DE",
            "DK",
            "EE",
            "ES",
            "FI",
            "FR",
            "GR",
            "HR",
            "HU",
            "IE",
            "IT",
            "LT",
            "LU",
            "LV",
            "MC",
            "MT",
            "NL",
            "PL",
            "PT",
            "RO",
            "SE",
            "SI",
            "SK",
        ]
    ),
    frozenset({"CH", "LI"}),
    frozenset({"GB", "IM", "JE", "GG"}),
    frozenset({"AM", "BY", "KG", "KZ", "RU"}),
    frozenset({"BW", "LS", "NA", "SZ", "ZA"}),
)
# Postal codes of places that are of a country, and not of its customs union: Ceuta, Melilla, Livigno, Helgoland, Büsingen.
OUTSIDE: Final = {"ES": ("51", "52"), "IT": ("23041", "23030"), "DE": ("27498", "78266")}


class CustomsRefusal(StrEnum):
    CUSTOMS_NOT_NEEDED = "CUSTOMS_NOT_NEEDED"
    CUSTOMS_DATA_MISSING = "CUSTOMS_DATA_MISSING"


class Lacking(msgspec.Struct, frozen=True):
    """A field of a SKU that is needed and empty."""

    sku: str
    field: str


def needs_customs(origin: Place, destination: Place) -> bool:
    """Does a parcel from there to here cross a customs border?"""
    if _is_outside(origin) or _is_outside(destination):
        return (origin.country, origin.postal_code) != (destination.country, destination.postal_code)
    if origin.country == destination.country:
        return False
    return not any({origin.country, destination.country} <= union for union in UNIONS)


def lacking_of(order: Order, parcel: Parcel, skus: Mapping[str, Sku]) -> tuple[Lacking, ...]:
    """What the SKUs in a parcel lack for its declaration, by SKU."""
    codes = sorted({_sku_of(order, item.line) for item in parcel.items})
    return tuple(
        Lacking(code, field)
        for code in codes
        for field in ("hs_code", "origin", "weight_g")
        if not getattr(skus.get(code), field, None)
    )


def customs_paper(
    order: Order, parcel: Parcel, sender: Party, to: Party, places: tuple[Place, Place], skus: Mapping[str, Sku]
) -> Paper:
    """The declaration of a parcel and its commercial invoice in one. places: where it comes from, and goes.

    Refused CUSTOMS_NOT_NEEDED: no border is crossed. CUSTOMS_DATA_MISSING: SKUs lack what has to be told of them.
    """
    if not needs_customs(*places):
        origin, destination = (place.country for place in places)
        raise Refused(CustomsRefusal.CUSTOMS_NOT_NEEDED, origin=origin, destination=destination)
    lacking = lacking_of(order, parcel, skus)
    if lacking:
        missing = [f"{each.sku}.{each.field}" for each in lacking]
        raise Refused(CustomsRefusal.CUSTOMS_DATA_MISSING, field="skus", value=missing[:20])
    agreed = {line.line: line for line in order.agreement.lines}
    rows: list[tuple[str, ...]] = []
    net_g, value = 0, 0
    for item in parcel.items:
        line, sku = agreed[item.line], skus[_sku_of(order, item.line)]
        worth = value_in(order, parcel, item.line, taxes=False)
        weight_g = sku.weight_g * item.quantity
        rows.append(
            (described(line, skus) or sku.code, sku.hs_code, sku.origin, str(item.quantity), str(weight_g),
             str(Money(worth, order.currency)))
        )  # fmt: skip
        net_g, value = net_g + weight_g, value + worth
    gross_g = max(parcel.weight_g, net_g)
    rows.append(
        ("Total", "", "", str(sum(i.quantity for i in parcel.items)), str(net_g), str(Money(value, order.currency)))
    )
    form = "CN 22" if gross_g <= CN22_MOST_G else "CN 23"
    columns = (
        Column("Contents", 34), Column("HS code", 14), Column("Origin", 9, "center"), Column("Quantity", 11, "right"),
        Column("Net weight, g", 14, "right"), Column("Value", 18, "right"),
    )  # fmt: skip
    about = (
        ("Invoice", f"{order.number}-{parcel.number}"),
        ("Ordered", f"{order.placed_at:%Y-%m-%d}"),
        ("Kind", "Gift" if order.group_of(order.fulfillments[parcel.fulfillment - 1].group).gift else "Sale of goods"),
        ("Gross weight", f"{gross_g} g"),
        ("Terms", "DAP"),
        ("Tracking", parcel.tracking_number or "-"),
    )
    blocks: list[Block] = [
        Table(columns, tuple(rows)),
        Text(
            "I certify that the particulars given in this declaration are correct and that the parcel holds nothing"
            " that is dangerous or that postal or customs rules forbid."
        ),
        Text("Date and signature of the sender: ______________________________"),
    ]
    if parcel.tracking_number:
        blocks.append(Code(parcel.tracking_number))
    return Paper(f"Customs declaration {form} and commercial invoice", about[0][1], about, (sender, to), tuple(blocks))


def _sku_of(order: Order, number: int) -> str:
    line = order.line_of(number)
    assert line is not None, "a parcel holds units of lines"
    return line.sku


def _is_outside(place: Place) -> bool:
    return place.postal_code.startswith(OUTSIDE.get(place.country, ("\x00",)))
