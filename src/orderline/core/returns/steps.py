"""What the rules of returns share: which return, which items, what may follow what, and what follows at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.guards import known_order
from orderline.core.orders.priced import SoldAs
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import STOCKED, AgreedLine, Line, Order
from orderline.core.policies.state import POLICY, TEXT, Policy, PolicyText, named, text_id
from orderline.core.returns import commands as c
from orderline.core.returns.events import ItemStep, OrderReopened, ReturnProgressed
from orderline.core.returns.policy import NO_POLICY, OUR_FAULT, REASONS, ReturnPolicy, compile_returns
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.state import Custody, Return, ReturnItem, ReturnMoney
from orderline.core.world import Draft
from orderline.values.failures import Refused

# Which custody may follow which. What came all the same is taken in, whatever was said before.
CUSTODY: Final[dict[Custody, frozenset[Custody]]] = {
    # to                 from
    Custody.APPROVED:    frozenset({Custody.REQUESTED}),
    Custody.DECLINED:    frozenset({Custody.REQUESTED}),
    Custody.WITHDRAWN:   frozenset({Custody.REQUESTED, Custody.APPROVED}),
    Custody.IN_TRANSIT:  frozenset({Custody.APPROVED, Custody.EXPIRED}),
    Custody.RECEIVED:    frozenset({Custody.REQUESTED, Custody.APPROVED, Custody.IN_TRANSIT, Custody.EXPIRED,
                                    Custody.DECLINED, Custody.WITHDRAWN}),
    Custody.GRADED:      frozenset({Custody.RECEIVED}),
    Custody.DISPOSED:    frozenset({Custody.GRADED}),
    Custody.EXPIRED:     frozenset({Custody.APPROVED, Custody.IN_TRANSIT}),
    Custody.SENT_BACK:   frozenset({Custody.IN_TRANSIT, Custody.RECEIVED, Custody.GRADED, Custody.DISPOSED,
                                    Custody.REPAIRED, Custody.UNREPAIRED, Custody.UNREPAIRABLE}),
    # of what is here to be repaired
    Custody.QUOTED:      frozenset({Custody.RECEIVED}),
    Custody.REPAIRING:   frozenset({Custody.RECEIVED, Custody.QUOTED}),
    Custody.REPAIRED:    frozenset({Custody.REPAIRING}),
    Custody.UNREPAIRED:  frozenset({Custody.RECEIVED, Custody.QUOTED}),
    Custody.UNREPAIRABLE: frozenset({Custody.RECEIVED, Custody.REPAIRING}),
}  # fmt: skip
# Goods that are to come back: they can't be asked for twice.
COMING: Final = frozenset({Custody.REQUESTED, Custody.APPROVED, Custody.IN_TRANSIT})
IN_REPAIR: Final = frozenset(
    {Custody.QUOTED, Custody.REPAIRING, Custody.REPAIRED, Custody.UNREPAIRED, Custody.UNREPAIRABLE}
)
HERE: Final = frozenset({Custody.RECEIVED, Custody.GRADED, Custody.DISPOSED, *IN_REPAIR})


def known_return(order: Order, number: int) -> Return:
    """The return of that number. Refused RETURN_UNKNOWN: there is none."""
    if not 0 < number <= len(order.returns):
        raise Refused(R.RETURN_UNKNOWN, field="number", value=number, allowed=[each.number for each in order.returns])
    return order.returns[number - 1]


def current_order(draft: Draft, order: Order) -> Order:
    """The order as it stands now, amid a command."""
    current = draft.world.orders[order.id]
    assert current is not None
    return current


def current_return(draft: Draft, order: Order, number: int) -> Return:
    """The return as it stands now, amid a command."""
    return current_order(draft, order).returns[number - 1]


def reopened(draft: Draft, command: OrderCommand, context: Context, reason: str) -> Order:
    """The order, opened again if it was closed. Refused ORDER_UNKNOWN, VERSION_STALE; ORDER_CLOSED: it is history."""
    order = known_order(draft.world, command)
    if order.history:
        raise Refused(OrderRefusal.ORDER_CLOSED, value=order.number, closed_at=order.closed_at)
    if order.closed_at is None:
        return order
    draft.tell(order.id, OrderReopened(reason=reason, by=context.actor.name, at=context.now))
    return current_order(draft, order)


def open_return(draft: Draft, command: c.OneReturnCommand, context: Context) -> tuple[Order, Return]:
    """The order, opened again if it was closed, and the return of a command. Refused RETURN_UNKNOWN; see `reopened`."""
    order = reopened(draft, command, context, f"return {command.number} went on")
    return order, known_return(order, command.number)


def chosen_items(returned: Return, named_: Sequence[int], custody: Custody) -> list[ReturnItem]:
    """The items that go on to a custody: those that are named, or all that can.

    Refused RETURN_ITEM_UNKNOWN, RETURN_ITEM_STATE: one can't, or none can.
    """
    chosen = [item_of(returned, number) for number in dict.fromkeys(named_)]
    if not named_:
        chosen = [each for each in returned.items if each.custody in CUSTODY[custody]]
    for each in chosen:
        check_follows(each, custody)
    if not chosen:
        states = sorted({each.custody.value for each in returned.items})
        raise Refused(
            R.RETURN_ITEM_STATE, field="items", value=states, allowed=sorted(each.value for each in CUSTODY[custody])
        )
    return chosen


def item_of(returned: Return, number: int, field: str = "items") -> ReturnItem:
    """The item of that number. Refused RETURN_ITEM_UNKNOWN: there is none."""
    found = returned.item_of(number)
    if found is None:
        raise Refused(R.RETURN_ITEM_UNKNOWN, field=field, value=number, allowed=[each.item for each in returned.items])
    return found


def check_no_service(items: Iterable[ReturnItem], field: str = "items") -> None:
    """Refused RETURN_SERVICE: the goods of an item are the customer's own, here to be repaired."""
    service = [each.item for each in items if each.terms.service]
    if service:
        raise Refused(R.RETURN_SERVICE, field=field, value=service, unblock="location: assess it, and repair it")


def check_follows(item: ReturnItem, custody: Custody, field: str = "items") -> None:
    """Refused RETURN_ITEM_STATE: that custody does not follow the one the item has."""
    if item.custody not in CUSTODY[custody]:
        raise Refused(
            R.RETURN_ITEM_STATE, field=field, value=item.item, state=item.custody,
            allowed=sorted(each.value for each in CUSTODY[custody]),
        )  # fmt: skip


def is_spoken_for(item: ReturnItem) -> bool:
    """Are these units still away, and to come back or credited already? Nobody can ask for them once more."""
    given = item.money in (ReturnMoney.CREDITED, ReturnMoney.WAIVED)
    return item.custody in COMING or (given and item.custody not in HERE)


def free_units(order: Order, line: Line) -> int:
    """Units of a line that have left and are in no return: what may be asked for, or come unannounced."""
    spoken_for = sum(
        item.quantity for each in order.returns for item in each.items if item.line == line.line and is_spoken_for(item)
    )
    return line.units.shipped + line.units.delivered + line.units.lost - spoken_for


def was_sent_back(order: Order, line: int) -> bool:
    """Have goods of a line gone back to the customer, since they were not taken? If they come again, a person decides."""
    return any(
        item.line == line and item.custody is Custody.SENT_BACK and not item.terms.service
        for each in order.returns
        for item in each.items
    )


def stocked_line(order: Order, number: int, field: str) -> tuple[Line, AgreedLine]:
    """A line whose units go to a customer. Refused RETURN_NOT_POSSIBLE: it is none, or has nothing to be sent back."""
    line = order.line_of(number)
    agreed = next((each for each in order.agreement.lines if each.line == number), None)
    if line is None or agreed is None or line.kind not in STOCKED:
        allowed = [each.line for each in order.lines if each.kind in STOCKED]
        raise Refused(R.RETURN_NOT_POSSIBLE, field=f"{field}.line", value=number, allowed=allowed)
    return line, agreed


def check_comes_back(order: Order, agreed: AgreedLine, reason: str, field: str) -> None:
    """Refused RETURN_NOT_POSSIBLE: a gift card that was sent is given back by nobody, unless we did wrong by it."""
    if agreed.sold_as is not SoldAs.GOODS and REASONS.get(reason) not in OUR_FAULT:
        allowed = [each.line for each in order.agreement.lines if each.sold_as is SoldAs.GOODS and each.kind in STOCKED]
        raise Refused(
            R.RETURN_NOT_POSSIBLE, field=f"{field}.line", value=agreed.line, sold_as=agreed.sold_as, allowed=allowed
        )


def policy_for(draft: Draft, order: Order, command: c.PolicyCommand) -> ReturnPolicy:
    """The policy a command names, if it is the one that held when the order was placed.

    Refused RETURN_POLICY_CHANGED: it is not; whoever sent the command looks again.
    """
    named_ = command.policy
    if named_ is None:
        return NO_POLICY
    policy = draft.world.records.get((POLICY, named_.policy))
    text = draft.world.records.get((TEXT, text_id(named_.policy, named_.digest)))
    version = policy.active_at(order.placed_at) if isinstance(policy, Policy) else None
    if version is None or version.number != named_.version or not isinstance(text, PolicyText):
        raise Refused(R.RETURN_POLICY_CHANGED, field="policy", value=named(named_.policy, named_.version))
    policy_ = compile_returns(text.text, named(named_.policy, named_.version))
    return msgspec.structs.replace(policy_, customer=named_.customer)


def progress(
    draft: Draft,
    order: Order,
    number: int,
    items: Sequence[ReturnItem],
    context: Context,
    *,
    custody: Custody | None = None,
    money: ReturnMoney | None = None,
    reason: str = "",
    at: datetime | None = None,
    credit: int = 0,
    expires_at: datetime | None = None,
    to: str = "",
    keep: bool = False,
) -> None:
    """Tell that items went on, all their units."""
    steps = tuple(
        ItemStep(item=each.item, quantity=each.quantity, custody=custody, money=money, credit=credit, keep=keep)
        for each in items
    )
    draft.tell(
        order.id,
        ReturnProgressed(
            number=number, steps=steps, at=at or context.now, by=context.actor.name, reason=reason,
            expires_at=expires_at, to=to,
        ),
    )  # fmt: skip
