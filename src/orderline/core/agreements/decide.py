"""Rules of agreements: put and ended by us, called off by orders, never more than was agreed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from orderline.core.agreements.refusals import AgreementRefusal as R
from orderline.core.agreements.state import (
    AGREEMENT,
    CALL_OFF,
    CALL_OFF_NAME,
    NAME,
    Agreement,
    AgreementEnded,
    AgreementPut,
    AgreementState,
    CalledOffBy,
    CallOff,
    NotedCall,
    OrderCalledOff,
    SkuUnits,
    UnitsCalledOff,
    units_by_sku,
)
from orderline.core.companies.decide import known_company
from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.orders.state import Order
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.checks import check_code, check_sku_code
from orderline.core.tenders.sums import canceled_of, priced_lines
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.quantity import check_quantity

MOST_LINES: Final = 1_000


class AgreementCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on an agreement. `agreement` is the caller's own name for it, which orders name."""

    agreement: str

    def records(self) -> Iterable[RecordKey]:
        """The agreement."""
        return ((NAME, self.agreement),)


class PutAgreement(AgreementCommand, frozen=True, gc=False, kw_only=True, tag="put_agreement"):
    """Agree with a company on units of SKUs from a day to another, or change what was agreed; its company is kept."""

    company: str
    lines: tuple[SkuUnits, ...]
    from_on: date
    until_on: date
    note: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The agreement and the company."""
        return ((NAME, self.agreement), ("company", self.company))


class EndAgreement(AgreementCommand, frozen=True, gc=False, kw_only=True, tag="end_agreement"):
    """Nothing is called off any more; orders that were placed go on."""

    reason: str


class ReviewCallOff(AgreementCommand, frozen=True, gc=False, kw_only=True, tag="review_call_off"):
    """Units of an order were canceled: what it has called off is as much less."""

    caller: OrderId

    def records(self) -> Iterable[RecordKey]:
        """The agreement, and what the order has of it."""
        return ((NAME, self.agreement), (CALL_OFF_NAME, str(self.caller)))

    def orders(self) -> Iterable[OrderId]:
        """The order."""
        return (self.caller,)


def decide_put(draft: Draft, command: PutAgreement, context: Context) -> None:
    """Refused COMPANY_UNKNOWN; AGREEMENT_STATE: it has ended; AGREEMENT_EXCEEDED: more was called off already.

    Refused AGREEMENT_NOT_ACCEPTABLE: another company, days the wrong way round, no line, too many, or a SKU twice.
    """
    check_code(command.agreement, "agreement")
    known_company(draft.world, command.company)
    before = draft.world.records.get((NAME, command.agreement))
    if isinstance(before, Agreement):
        if before.state is not AgreementState.OPEN:
            raise Refused(R.AGREEMENT_STATE, field="agreement", value=before.state)
        if before.company != command.company:
            _refuse("company", command.company, before.company)
    if command.until_on < command.from_on:
        _refuse("until_on", str(command.until_on), f"from {command.from_on} on")
    skus = [each.sku for each in command.lines]
    if not 1 <= len(skus) <= MOST_LINES or len(set(skus)) < len(skus):
        _refuse("lines", len(skus), f"1 to {MOST_LINES}, each SKU once")
    for index, each in enumerate(command.lines):
        check_sku_code(each.sku, f"lines[{index}].sku")
        check_quantity(each.quantity, field=f"lines[{index}].quantity")
    put = AgreementPut(
        id=command.agreement, company=command.company, lines=command.lines, from_on=command.from_on,
        until_on=command.until_on, note=check_text(command.note, "note", 500), by=context.actor.name, at=context.now,
    )  # fmt: skip
    if isinstance(before, Agreement):
        agreed = {each.sku: each.quantity for each in command.lines}
        for line in before.lines:
            if line.called > agreed.get(line.sku, 0):
                raise Refused(
                    R.AGREEMENT_EXCEEDED, field="lines", value=agreed.get(line.sku, 0), sku=line.sku,
                    allowed=f"at least {line.called}, which were called off",
                )  # fmt: skip
    draft.tell_record(AGREEMENT, command.agreement, put)


def decide_end(draft: Draft, command: EndAgreement, context: Context) -> None:
    """Refused AGREEMENT_UNKNOWN; AGREEMENT_STATE: it has ended."""
    agreement = known_agreement(draft.world, command.agreement, "agreement")
    if agreement.state is not AgreementState.OPEN:
        raise Refused(R.AGREEMENT_STATE, field="agreement", value=agreement.state)
    reason = check_text(command.reason, "reason", 500, required=True)
    draft.tell_record(AGREEMENT, agreement.id, AgreementEnded(by=context.actor.name, at=context.now, reason=reason))


def decide_review(draft: Draft, command: ReviewCallOff, context: Context) -> None:
    """What an order calls off never grows again. Refused AGREEMENT_UNKNOWN."""
    agreement = known_agreement(draft.world, command.agreement, "agreement")
    order = draft.world.orders.get(command.caller)
    noted = agreement.noted_by(command.caller)
    known = draft.world.records.get((CALL_OFF_NAME, str(command.caller)))
    own = known.units if isinstance(known, CallOff) and known.agreement == agreement.id else ()
    called = units_by_sku(noted or own)
    if order is None or not called:
        return
    now = units_of(order)
    left = {sku: min(units, now.get(sku, 0)) for sku, units in called.items()}
    if left == called:
        return
    if noted:
        call = NotedCall(order=order.id, order_number=order.number, units=_sorted(left))
        draft.tell_record(AGREEMENT, agreement.id, UnitsCalledOff(call=call, by=context.actor.name, at=context.now))
    else:
        _tell(draft, agreement, order, called, left, context)


def call_off(draft: Draft, order: Order, context: Context) -> None:
    """An order takes its units from the agreement it names. History takes nothing, and a test order is only held to it.

    Refused AGREEMENT_UNKNOWN: there is none, or it is with another company; AGREEMENT_STATE: it has ended, or this is none
    of its days; AGREEMENT_EXCEEDED: a SKU is not in it, or so much of it is not left.
    """
    bought = order.company
    assert bought is not None
    agreement = known_agreement(draft.world, bought.agreement, "company.agreement")
    if agreement.company != bought.company:
        raise Refused(R.AGREEMENT_UNKNOWN, field="company.agreement", value=bought.agreement[:100])
    if not agreement.runs_on(context.now.date()):
        days = f"open, from {agreement.from_on} to {agreement.until_on}"
        raise Refused(R.AGREEMENT_STATE, field="company.agreement", value=agreement.state, allowed=days)
    wanted = units_of(order)
    for sku, units in wanted.items():
        line = agreement.line_of(sku)
        left = line.left if line is not None else 0
        if units > left:
            raise Refused(R.AGREEMENT_EXCEEDED, field="lines", value=units, sku=sku, allowed=left)
    if not order.is_test:
        _tell(draft, agreement, order, {}, wanted, context)


def check_not_raised(before: Order, after: Order) -> None:
    """More than was called off is called off by another order. Refused AGREEMENT_EXCEEDED: a change wants more of a SKU."""
    if before.company is None or not before.company.agreement:
        return
    known = units_of(before)
    for sku, units in units_of(after).items():
        if units > known.get(sku, 0):
            raise Refused(R.AGREEMENT_EXCEEDED, field="quantity", value=units, sku=sku, allowed=known.get(sku, 0))


def units_of(order: Order) -> dict[str, int]:
    """What of an order is not canceled, by SKU. What is sent in exchange for units of the same SKU takes no more of it."""
    units: dict[str, int] = {}
    back = _exchanged(order) if order.returns else Counter[tuple[int, str]]()
    for each in priced_lines(order):
        living = each.quantity - canceled_of(order, each)
        if each.exchanged:
            replaced = min(living, back[each.exchanged, each.sku])
            back[each.exchanged, each.sku] -= replaced
            living -= replaced
        if living > 0:
            units[each.sku] = units.get(each.sku, 0) + living
    return units


def _exchanged(order: Order) -> Counter[tuple[int, str]]:
    """Units that come back, or have, to be exchanged; by return and SKU."""
    back = Counter[tuple[int, str]]()
    for returned in order.returns:
        for item in returned.items if returned.exchange is not None else ():
            line = order.line_of(item.line)
            back[returned.number, line.sku if line is not None else ""] += item.quantity
    return back


def known_agreement(world: World, code: str, field: str) -> Agreement:
    """The agreement of that name. Refused AGREEMENT_UNKNOWN: there is none."""
    found = world.records.get((NAME, code))
    if not isinstance(found, Agreement):
        raise Refused(R.AGREEMENT_UNKNOWN, field=field, value=code[:100])
    return found


def _tell(
    draft: Draft,
    agreement: Agreement,
    order: Order,
    before: Mapping[str, int],
    units: Mapping[str, int],
    context: Context,
) -> None:
    """An order has these units of the agreement from now on, and had those before."""
    more = Counter(units)
    more.subtract(before)
    by, at = context.actor.name, context.now
    counted = CalledOffBy(order=order.id, order_number=order.number, units=_sorted(more), by=by, at=at)
    draft.tell_record(AGREEMENT, agreement.id, counted)
    call = OrderCalledOff(
        id=str(order.id), agreement=agreement.id, order_number=order.number, units=_sorted(units), by=by, at=at
    )
    draft.tell_record(CALL_OFF, call.id, call)


def _sorted(units: Mapping[str, int]) -> tuple[SkuUnits, ...]:
    return tuple(SkuUnits(sku, quantity) for sku, quantity in sorted(units.items()) if quantity)


def _refuse(field: str, value: object, allowed: str) -> None:
    raise Refused(R.AGREEMENT_NOT_ACCEPTABLE, field=field, value=value, allowed=allowed)


RULES: Final[dict[type, Any]] = {PutAgreement: decide_put, EndAgreement: decide_end, ReviewCallOff: decide_review}
