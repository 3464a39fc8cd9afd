"""Orders about which somebody has to be asked, and what is drafted for them, in a shop in memory."""

from typing import Any

import pytest

from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.state import Decision
from orderline.core.orders import commands as c
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.status import status_of
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.shop import MemoryShop, order_of


def drafted(shop: MemoryShop, order: OrderId, cause: DecisionCause, **about: Any) -> str:
    id_ = str(new_id())
    shop.do(d.DraftDecision(decision=id_, order=order, cause=cause, nonce="n", token_hash="h", **about))
    return id_


def decision_of(shop: MemoryShop, id_: str) -> Decision:
    found = shop.world.records["decision", id_]
    assert isinstance(found, Decision)
    return found


def code_of(shop: MemoryShop, command: c.Command) -> str:
    with pytest.raises(Refused) as refused:
        shop.do(command)
    return refused.value.code.value


def step_of(shop: MemoryShop, order: OrderId) -> str:
    found = shop.order(order)
    step = next_step_of(found, status_of(found).phase)
    assert step is not None
    return f"{step.what} {step.owner}"


def unfillable(shop: MemoryShop, quantity: int = 2, **about: Any) -> OrderId:
    """An order whose one location has rejected all of it."""
    order = shop.place(order_of("A-1", ("TEE-M", quantity, 2000), **about))
    location = "paris" if about.get("pickup") else "lyon"
    pool = "stores" if about.get("pickup") else "eu"
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, pool, location, quantity),)))
    shop.do(c.RejectUnits(order=order, fulfillment=1, reason="not found", shelf="missing"))
    assert any(hold.type == "unfillable" for hold in shop.order(order).holds)
    return order
