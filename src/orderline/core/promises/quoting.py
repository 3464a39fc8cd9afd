"""An order placed by a quote is promised what its customer was told, in the transaction that accepts it."""

from collections import Counter
from typing import Final

from orderline.core.context import Context
from orderline.core.orders.commands import PlaceOrder
from orderline.core.orders.promised import LineWindowInput
from orderline.core.orders.state import STOCKED, Order
from orderline.core.promises.keeping import promise_lines
from orderline.core.promises.model import Option
from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.core.promises.settings import QUOTE, Quote, QuoteCommitted, QuoteState
from orderline.core.promises.transit import end_of
from orderline.core.world import Draft
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_QUOTED: Final = "quote "


def commit_quote(draft: Draft, command: PlaceOrder, order_id: OrderId, context: Context) -> None:
    """Promise what was quoted. A quote that has expired, or was ordered by, says nothing: the route will promise.

    Refused QUOTE_UNKNOWN: there is none, or not of that option. QUOTE_OF_OTHER_GOODS: the order is for something else,
    or to be had in another way or elsewhere.
    """
    if not command.quote:
        return
    quote = draft.world.records.get(("quote", command.quote))
    if not isinstance(quote, Quote):
        raise Refused(R.QUOTE_UNKNOWN, field="quote", value=command.quote[:100])
    option = next((each for each in quote.options if each.id == (command.quote_option or "1")), None)
    if option is None:
        allowed = [each.id for each in quote.options]
        raise Refused(R.QUOTE_UNKNOWN, field="quote_option", value=command.quote_option[:100], allowed=allowed)
    order = draft.world.order(order_id)
    _check_goods(quote, option, order, command)
    if quote.state is not QuoteState.OPEN or quote.expires_at <= context.now:
        return
    promise_lines(
        draft,
        order,
        _windows(option, order),
        context,
        policy=option.policy,
        source=f"{_QUOTED}{quote.id} {option.id}",
    )
    draft.tell_record(QUOTE, quote.id, QuoteCommitted(order.number, option.id))


def quotes_of(order: Order) -> set[str]:
    """The quotes by which an order was promised."""
    sources = (promise.first.source for promise in order.promises)
    return {source.removeprefix(_QUOTED).split()[0] for source in sources if source.startswith(_QUOTED)}


def _check_goods(quote: Quote, option: Option, order: Order, command: PlaceOrder) -> None:
    if quote.channel != command.channel:
        raise Refused(R.QUOTE_OF_OTHER_GOODS, field="channel", value=command.channel, allowed=quote.channel)
    quoted: Counter[str] = Counter()
    for line in quote.lines:
        if line.stocked:
            quoted[line.sku] += line.quantity
    ordered: Counter[str] = Counter()
    for line in order.lines:
        if line.kind in STOCKED:
            ordered[line.sku] += line.units.total()
    if quoted != ordered:
        other = sorted(sku for sku in {*quoted, *ordered} if quoted[sku] != ordered[sku])
        raise Refused(R.QUOTE_OF_OTHER_GOODS, field="lines", value=other[:20], allowed=dict(sorted(quoted.items())))
    for group in order.agreement.groups:
        told = group.method if group.pickup_location is None else "pickup"
        if told != option.method:
            raise Refused(R.QUOTE_OF_OTHER_GOODS, field="groups.method", value=told, allowed=option.method)
        if (group.pickup_location or "") != option.pickup_location:
            about = {"value": group.pickup_location, "allowed": option.pickup_location}
            raise Refused(R.QUOTE_OF_OTHER_GOODS, field="groups.pickup_location", **about)
        sent = group.pickup_location is None and any(
            each.group == group.group for each in order.lines if each.kind in STOCKED
        )
        if sent and not _same_end(quote.place, group.place):
            about = {"value": _told(group.place), "allowed": _told(quote.place)}
            raise Refused(R.QUOTE_OF_OTHER_GOODS, field="groups.address", **about)


def _same_end(quoted: Place, place: Place) -> bool:
    """Is the place where the quote was for: in its country, and under its postal code, where one was told?"""
    postal_code = place.postal_code if quoted.postal_code else ""
    return end_of(quoted.country, quoted.postal_code) == end_of(place.country, postal_code)


def _told(place: Place) -> str:
    return f"{place.country} {place.postal_code}".strip()


def _windows(option: Option, order: Order) -> list[LineWindowInput]:
    """By SKU: a line is there when the last parcel with its SKU is."""
    windows: list[LineWindowInput] = []
    for line in order.lines:
        parts = [part for part in option.parts if any(item.sku == line.sku for item in part.items)]
        if line.kind in STOCKED and parts:
            windows.append(
                LineWindowInput(
                    line=line.line,
                    earliest_at=min(part.earliest_at for part in parts),
                    latest_at=max(part.latest_at for part in parts),
                    handover_at=max(part.handover_at for part in parts),
                    locations=tuple(dict.fromkeys(part.location for part in parts)),
                    services=tuple(dict.fromkeys(f"{part.carrier} {part.service}" for part in parts)),
                    supply=next((part.supply for part in parts if part.supply), ""),
                )
            )
    return windows
