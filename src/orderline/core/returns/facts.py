"""What the conditions of return policies may ask of."""

from datetime import datetime
from typing import Any, Final

from orderline.core.orders.state import AgreedLine, Order
from orderline.core.returns.state import CustomerHistory


def facts_of(
    order: Order, agreed: AgreedLine, reason: str, group: str, at: datetime, customer: CustomerHistory
) -> dict[str, dict[str, Any]]:
    """What a condition can ask of."""
    return {
        "order": {
            "channel": order.channel,
            "currency": order.currency,
            "total_minor": order.agreement.total_minor,
            "tags": list(order.tags),
            "custom": dict(order.custom),
            "country": order.group_of(agreed.group).place.country,
            "days": max(0, (at - order.placed_at).days),
            "returns": len(order.returns),
        },
        "line": {
            "sku": agreed.sku,
            "kind": agreed.kind.value,
            "quantity": agreed.quantity,
            "unit_price_minor": agreed.unit_price_minor,
            "total_minor": agreed.total_minor,
            "discount_minor": agreed.discount_minor,
            "custom": dict(agreed.custom),
        },
        "customer": {
            "orders": customer.orders,
            "returned_orders": customer.returned_orders,
            "returned_units": customer.returned_units,
        },
        "request": {"reason": reason, "group": group},
    }


# One of each field, as conditions are tried on.
VOCABULARY: Final[dict[str, dict[str, Any]]] = {
    "order": {
        "channel": "web", "currency": "EUR", "total_minor": 1, "tags": [""], "custom": {"": ""}, "country": "FR",
        "days": 1, "returns": 0,
    },
    "line": {
        "sku": "SKU", "kind": "ship", "quantity": 1, "unit_price_minor": 1, "total_minor": 1, "discount_minor": 0,
        "custom": {"": ""},
    },
    "customer": {"orders": 1, "returned_orders": 0, "returned_units": 0},
    "request": {"reason": "other", "group": "other"},
}  # fmt: skip
