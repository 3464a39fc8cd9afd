"""The list a driver signs: the parcels of a manifest."""

from orderline.core.documents.paper import Code, Column, Paper, Party, Table, Text
from orderline.core.shipments.manifests import Manifest
from orderline.core.stock.state import Location


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
