"""Lists for hands: the parcels a driver signs for, and what is picked together."""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from orderline.core.documents.paper import Code, Column, Paper, Party, Table, Text
from orderline.core.documents.slips import scan_text
from orderline.core.fulfillments.waves import Stop, Wave, WaveList
from orderline.core.moves import StockBucket
from orderline.core.shipments.carrier_pickups import CarrierPickup
from orderline.core.shipments.manifests import Manifest
from orderline.core.stock.lots import LotLevel, LotUnits, proposed
from orderline.core.stock.state import Location, Sku


def manifest_paper(manifest: Manifest, location: Location, visit: CarrierPickup | None = None) -> Paper:
    """The manifest as a paper, with how many parcels and how heavy, and when the carrier was to come."""
    place = location.place
    sender = Party(
        "From", tuple(filter(None, (location.name, f"{place.postal_code} {place.city}".strip(), place.country)))
    )
    rows = tuple(
        (str(index), each.tracking_number, each.order_number, each.service, str(each.weight_g))
        for index, each in enumerate(manifest.parcels, 1)
    )
    columns = (
        Column("No", 8, "right"), Column("Tracking number", 40), Column("Order", 20), Column("Service", 18),
        Column("Weight, g", 14, "right"),
    )  # fmt: skip
    weight_g = sum(each.weight_g for each in manifest.parcels)
    about = (
        ("Carrier", manifest.carrier),
        ("Day", manifest.day.isoformat()),
        ("Reference", manifest.reference or "-"),
        ("Parcels", str(len(manifest.parcels))),
        ("Weight", f"{weight_g} g"),
        *(_visit(visit, location) if visit is not None else ()),
    )
    signature = Text("Taken over by the carrier (name, date, signature): ______________________________")
    blocks = (Table(columns, rows), signature, Code(manifest.id))
    return Paper("Manifest", manifest.id, about, (sender, Party("To", (manifest.carrier,))), blocks)


def _visit(visit: CarrierPickup, location: Location) -> tuple[tuple[str, str], ...]:
    zone = ZoneInfo(location.time_zone)
    begins, ends = (at.astimezone(zone) for at in (visit.from_at or visit.ready_at, visit.until_at or visit.close_at))
    return (("Pick-up", visit.reference or visit.id), ("Comes", f"{begins:%Y-%m-%d %H:%M} - {ends:%H:%M}"))


def wave_paper(
    wave: Wave,
    found: WaveList,
    location: Location,
    skus: Mapping[str, Sku],
    lots: Sequence[LotLevel] = (),
    on: date | None = None,
) -> Paper:
    """A list of a wave: one stop per SKU, with the orders that it is for; and which lots to take, the first to expire."""
    rows = tuple(
        (
            stop.sku,
            skus[stop.sku].description if stop.sku in skus else "",
            str(stop.quantity),
            ", ".join(f"{share.order_number} x {share.quantity}" for share in stop.shares),
            scan_text(stop.sku, skus),
        )
        for stop in found.stops
    )
    columns = (
        Column("SKU", 16), Column("Description", 24), Column("Quantity", 10, "right"), Column("For", 24),
        Column("Scan", 26, "center", code=True),
    )  # fmt: skip
    chosen = tuple(
        (stop.sku, each.lot, each.expires_on.isoformat() if each.expires_on is not None else "-", str(each.quantity))
        for stop in found.stops
        for each in _to_take(stop, lots, on)
    )
    columns_of_lots = (
        Column("SKU", 30), Column("Lot or serial number", 30), Column("Expires", 20), Column("Take", 20, "right")
    )  # fmt: skip
    by_lot = (Table(columns_of_lots, chosen, "Take these first"),) if chosen else ()
    about = (
        ("Wave", wave.id),
        ("List", f"{found.number} of {len(wave.lists)}"),
        ("Location", location.name or location.code),
        ("Zone", found.zone or "-"),
    )
    return Paper(
        "Pick list",
        f"{wave.id}-{found.number}",
        about,
        (),
        (Table(columns, rows), *by_lot, Code(f"{wave.id}-{found.number}")),
    )


def _to_take(stop: Stop, lots: Sequence[LotLevel], on: date | None) -> tuple[LotUnits, ...]:
    """What is still to be taken at a stop, by lot; nothing of units whose lots nobody knows."""
    levels = [level for level in lots if level.sku == stop.sku]
    left = stop.quantity - stop.picked
    taken = {each.lot: each.quantity for each in stop.lots}
    return proposed(levels, StockBucket.SELLABLE, left, taken, on=on) if levels and left > 0 else ()
