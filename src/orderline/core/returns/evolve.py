"""Returns as facts about them come in. It cannot fail for an event that `decide` made."""

from msgspec.structs import replace

from orderline.core.orders.credited import Destination
from orderline.core.returns.events import (
    AnyReturnEvent,
    ItemStep,
    ReturnLabeled,
    ReturnOpened,
    ReturnProgressed,
    ReturnSent,
    ReturnTracked,
    WrongGoodsCame,
)
from orderline.core.returns.state import RefundAt, Return, ReturnItem, ReturnTerms


def evolve_returns(returns: tuple[Return, ...], event: AnyReturnEvent) -> tuple[Return, ...]:
    """The returns of an order after a fact."""
    match event:
        case ReturnOpened():
            return (*returns, event.opened)
        case ReturnProgressed():
            return _changed(returns, _progressed(returns[event.number - 1], event))
        case ReturnSent():
            known = returns[event.number - 1]
            return _changed(returns, replace(known, carrier=event.carrier, tracking_number=event.tracking_number))
        case ReturnLabeled():
            known, label = returns[event.number - 1], event.label
            return _changed(
                returns, replace(known, label=label, carrier=label.carrier, tracking_number=label.tracking_number)
            )
        case ReturnTracked():
            return _changed(returns, replace(returns[event.number - 1], way=event.way, tracked_at=event.at))
        case WrongGoodsCame():
            known = returns[event.number - 1]
            return _changed(returns, replace(known, wrong=(*known.wrong, event.goods)))


def _changed(returns: tuple[Return, ...], changed: Return) -> tuple[Return, ...]:
    return tuple(changed if each.number == changed.number else each for each in returns)


def _progressed(known: Return, event: ReturnProgressed) -> Return:
    items = known.items
    for step in event.steps:
        items = _stepped(items, step)
    moved = any(step.custody is not None for step in event.steps)
    return replace(
        known,
        items=items,
        moved_at=event.at if moved else known.moved_at,
        expires_at=event.expires_at or known.expires_at,
        to=event.to or known.to,
        exchange=event.exchange or known.exchange,
        destination=Destination.EXCHANGE if event.exchange is not None else known.destination,
        receipts=(*known.receipts, event.receipt) if event.receipt else known.receipts,
    )


def _stepped(items: tuple[ReturnItem, ...], step: ItemStep) -> tuple[ReturnItem, ...]:
    made: list[ReturnItem] = []
    for each in items:
        if each.item != step.item:
            made.append(each)
            continue
        went = replace(
            each,
            quantity=step.quantity,
            custody=step.custody or each.custody,
            money=step.money or each.money,
            location=step.location or each.location,
            grade=step.grade or each.grade,
            disposition=step.disposition or each.disposition,
            credit=step.credit or each.credit,
            terms=_terms(each, step),
            quote=step.quote or each.quote,
            note=step.note or each.note,
            photos=(*each.photos, *step.photos),
        )
        if step.quantity < each.quantity:
            made.append(replace(each, quantity=each.quantity - step.quantity))
            went = replace(went, item=max(item.item for item in items) + 1)
        made.append(went)
    return tuple(made)


def _terms(item: ReturnItem, step: ItemStep) -> ReturnTerms:
    terms = replace(item.terms, service=False) if step.ours else item.terms
    return replace(terms, keep=True, refund_at=RefundAt.APPROVED) if step.keep else terms
