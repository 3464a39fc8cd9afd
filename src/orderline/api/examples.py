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
    "tenders": [{"provider": "sandbox", "token": "tok_visa", "amount_minor": 6500}],
}

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
}
