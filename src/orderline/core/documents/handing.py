"""Lists for hands: the parcels a driver signs for, and what is picked together."""

from collections.abc import Mapping

from orderline.core.documents.paper import Code, Column, Paper, Party, Table, Text
from orderline.core.documents.slips import scan_text
from orderline.core.fulfillments.waves import Wave, WaveList
from orderline.core.shipments.manifests import Manifest
from orderline.core.stock.state import Location, Sku


def manifest_paper(manifest: Manifest, location: Location) -> Paper:
    """The manifest as a paper, with how many parcels and how heavy."""
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
    )
    signature = Text("Taken over by the carrier (name, date, signature): ______________________________")
    blocks = (Table(columns, rows), signature, Code(manifest.id))
    return Paper("Manifest", manifest.id, about, (sender, Party("To", (manifest.carrier,))), blocks)


def wave_paper(wave: Wave, found: WaveList, location: Location, skus: Mapping[str, Sku]) -> Paper:
    """A list of a wave: one stop per SKU, with the orders that it is for."""
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
    about = (
        ("Wave", wave.id),
        ("List", f"{found.number} of {len(wave.lists)}"),
        ("Location", location.name or location.code),
        ("Zone", found.zone or "-"),
    )
    return Paper(
        "Pick list", f"{wave.id}-{found.number}", about, (), (Table(columns, rows), Code(f"{wave.id}-{found.number}"))
    )
