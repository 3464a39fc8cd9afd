"""Examples in the description: requests that work as they stand, once their SKUs and channels exist."""

from typing import Any, Final

_ORDER: Final[dict[str, Any]] = {
    "channel": "web",
    "external_id": "W-10042",
    "currency": "EUR",
    "customer": {"name": "Ann Lee", "email": "ann@example.com"},
    "groups": [
        {
            "address": {
                "name": "Ann Lee",
                "lines": ["1 Rue de la Paix"],
                "city": "Lyon",
                "postal_code": "69001",
                "country": "FR",
            }
        }
    ],
    "lines": [
        {
            "sku": "TEE-M",
            "quantity": 3,
            "unit_price_minor": 2000,
            "description": "Tee, medium",
            "taxes": [{"name": "VAT", "rate_ppm": 200000, "amount_minor": 1000}],
        }
    ],
    "charges": [{"kind": "shipping", "amount_minor": 500}],
    "taxes_included": True,
    "total_minor": 6500,
    "tenders": [{"provider": "sandbox_payments", "token": "tok_visa", "amount_minor": 6500}],
}

_LINES: Final = [{"line": 1, "quantity": 2}]


def _example(summary: str, **value: Any) -> dict[str, Any]:
    return {"example": {"summary": summary, "value": value}}


EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "place_order": {"three_shirts": {"summary": "Three shirts, paid by card", "value": _ORDER}},
    "cancel_units": {
        "whole": {"summary": "The whole order", "value": {"reason": "customer_request"}},
        "part": {
            "summary": "One unit of line 1",
            "value": {"reason": "mistake", "lines": [{"line": 1, "quantity": 1}]},
        },
    },
    "place_hold": {"address": {"summary": "Stop for a doubtful address", "value": {"type": "address"}}},
    "annotate_order": _example("Tag it, and say why", tags=["gift"], note="Customer called: wrap it"),
    "reject_units": _example("The shelf is empty", lines=_LINES, reason="not found", shelf="missing"),
    "pick_units": _example("Two found, one not", lines=_LINES, short=[{"line": 1, "quantity": 1}]),
    "pack_units": _example("One parcel", parcels=[{"items": _LINES, "ref": "BOX-1", "weight_g": 450}]),
    "ship_parcels": _example(
        "Handed over, with the location's own label",
        handed=[{"ref": "BOX-1", "carrier": "acme", "tracking_number": "AC123456789"}],
    ),
    "label_parcel": _example("Bought elsewhere", carrier="acme", service="standard", tracking_number="AC123456789"),
    "track_parcel": _example("At the door", state="delivered", place="Lyon"),
    "answer_cancel": _example("The location has let go", accepted=True),
    "adjust_stock": _example("One was broken", sku="TEE-M", location="lyon", quantity=-1, reason="damaged"),
    "set_safety": _example("Keep two back", safety=2),
    "hold_cart": _example(
        "For ten minutes, at checkout", channel="web", lines=[{"sku": "TEE-M", "quantity": 1}], ttl_s=600
    ),
    "put_skus": _example("Two products", skus=[{"code": "TEE-M", "name": "Tee, medium"}, {"code": "MUG", "name": "Mug"}]),
    "put_pool": _example("A pool", name="Europe"),
    "put_location": _example(
        "A warehouse that a partner runs", name="Lyon", kind="warehouse", pool="eu",
        place={"country": "FR", "postal_code": "69001", "city": "Lyon"}, partner="sandbox_warehouses",
    ),
    "put_channel": _example("A web shop", name="Web shop", pools=["eu"], currencies=["EUR"]),
    "subscribe": _example("Shipments", url="https://shop.example/hooks/orderline", events=["shipment_handed_over"]),
    "create_key": _example(
        "For one shop", name="shop", scopes=["orders:write", "orders:read"], channels=["web"], per_minute=600
    ),
    "bulk_cancel": _example("Two orders", items=[{"order": "SO-1001", "reason": "mistake"}, {"order": "SO-1002", "reason": "mistake"}]),
}  # fmt: skip
