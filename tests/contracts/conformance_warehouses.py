"""What every warehouses connector must do, whatever the partner behind it."""

from typing import Any

import pytest

from orderline.contracts.terms import Recipient
from orderline.contracts.warehouses import (
    CancelDenied,
    CancelRequest,
    FulfillmentRequest,
    NotReceived,
    Received,
    RequestedLine,
    Warehouses,
)
from orderline.values.ids import FulfillmentId, new_id


def request(order_number: str = "SO-1", **changes: Any) -> FulfillmentRequest:
    content: dict[str, Any] = {
        "fulfillment_id": FulfillmentId(new_id()),
        "number": f"{order_number}-1",
        "order_number": order_number,
        "location": "lyon",
        "lines": (RequestedLine(line=1, sku="TEE-M", quantity=3), RequestedLine(line=2, sku="CAP", quantity=1)),
        "recipient": Recipient(name="Ana", lines=("1 Main Street",), city="Lyon", postal_code="69001", country="FR"),
        "service": "standard",
    }
    return FulfillmentRequest(**content | changes)


@pytest.mark.anyio
class WarehousesConformance:
    """To be inherited; needs a fixture `warehouses`."""

    async def test_a_set_has_one_outcome_per_request_in_order(self, warehouses: Warehouses) -> None:
        requests = [request(f"SO-{number}") for number in range(5)]
        requests[2] = request("SO-2", lines=())
        outcomes = await warehouses.request(requests)
        assert [type(each) for each in outcomes] == [Received, Received, NotReceived, Received, Received]
        ids = [each.fulfillment_id for each in outcomes if isinstance(each, Received | NotReceived)]
        assert ids == [each.fulfillment_id for each in requests]

    async def test_an_id_used_again_for_something_else_is_not_received(self, warehouses: Warehouses) -> None:
        first = request()
        await warehouses.request([first])
        [outcome] = await warehouses.request([request(fulfillment_id=first.fulfillment_id, location="lille")])
        assert isinstance(outcome, NotReceived)

    async def test_what_is_unknown_cannot_be_canceled(self, warehouses: Warehouses) -> None:
        asked = CancelRequest(key="x-1", fulfillment_id=FulfillmentId(new_id()))
        [outcome] = await warehouses.request_cancel([asked])
        assert isinstance(outcome, CancelDenied)
        assert outcome.code
