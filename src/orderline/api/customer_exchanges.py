"""Exchanges by link: what may be chosen in place of goods that come back, and what it costs or gives back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from orderline.api.calls import Call
from orderline.api.customer_orders import SeenInstead
from orderline.api.reading.paging import readers
from orderline.core.customer_links.policy import LinkMay
from orderline.core.customer_links.state import CustomerLink
from orderline.core.orders.state import STOCKED, Order
from orderline.core.orders.swapping import agreed_of
from orderline.core.returns.commands import ExchangeInput, ReturnLineInput
from orderline.core.returns.instead import Instead, exchanged_for, instead_of
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.steps import free_units
from orderline.core.stock.state import Sku
from orderline.store.documents import load_skus_of
from orderline.store.reading.source import Source
from orderline.values.failures import Refused


class InsteadByLinkInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be sent in place of all units of a line that are to go back: one of those that the line names."""

    line: int
    sku: str


class QuoteByLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a return comes to if all goods come back as they went. credit_minor: for them; instead_minor: for what is sent.

    balance_minor: what the customer pays; below zero: gets back.
    """

    currency: str
    credit_minor: int
    instead_minor: int
    balance_minor: int


async def choices_of(call: Call[Any, Any], link: CustomerLink, order: Order) -> dict[int, tuple[SeenInstead, ...]]:
    """What may be chosen in place of each line that may go back; nothing, where the link is not for returns."""
    if LinkMay.RETURN not in link.may:
        return {}
    return {
        line: tuple(
            SeenInstead(sku=e.sku, description=e.description, unit_price_minor=e.unit_price_minor) for e in found
        )
        for line, found in (await _offered(call, order)).items()
    }


async def exchange_by_link(
    call: Call[Any, Any], order: Order, lines: Sequence[ReturnLineInput], asked: Sequence[InsteadByLinkInput]
) -> ExchangeInput | None:
    """What is to be sent instead. Refused RETURN_EXCHANGE: it is none of those that may be, or is for none that goes back."""
    if not asked:
        return None
    offered = await _offered(call, order)
    units: dict[int, int] = {}
    for each in lines:
        units[each.line] = units.get(each.line, 0) + each.quantity
    for index, each in enumerate(asked):
        if each.line not in units or sum(other.line == each.line for other in asked) > 1:
            raise Refused(R.RETURN_EXCHANGE, field=f"instead[{index}].line", value=each.line, allowed=sorted(units))
        skus = [one.sku for one in offered.get(each.line, ())]
        if each.sku not in skus:
            raise Refused(R.RETURN_EXCHANGE, field=f"instead[{index}].sku", value=each.sku[:100], allowed=skus)
    chosen = [(next(one for one in offered[each.line] if one.sku == each.sku), each.line) for each in asked]
    return ExchangeInput(
        lines=tuple(exchanged_for(order, agreed_of(order, line), instead, units[line]) for instead, line in chosen)
    )


async def _offered(call: Call[Any, Any], order: Order) -> dict[int, list[Instead]]:
    lines = [each for each in order.lines if each.kind in STOCKED and free_units(order, each) > 0]
    if not lines:
        return {}
    skus = await readers(call).run(lambda source: _skus(source, {each.sku for each in lines}))
    now = datetime.now(UTC)
    return {each.line: found for each in lines if (found := instead_of(skus, order, each, now))}


def _skus(source: Source, codes: set[str]) -> Mapping[str, Sku]:
    """SKUs, and what may be sent for them."""
    own = load_skus_of(source, codes)
    more = {named.sku for each in own.values() for named in each.substitutes} - codes
    return own | (load_skus_of(source, more) if more else {})
