"""What a change set makes of an agreement: its next lines, groups and charges, and what becomes of units and people."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from orderline.core.changes import actions as a
from orderline.core.changes.refusals import ChangeRefusal as C
from orderline.core.context import Context
from orderline.core.orders.agreeing import agreed_lines, charge_total, check_taxes, terms_of
from orderline.core.orders.events import Person
from orderline.core.orders.guards import check_fulfillment, check_line, check_text
from orderline.core.orders.priced import TaxLine
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import (
    STOCKED,
    AgreedLine,
    Agreement,
    Charge,
    DemandGroup,
    LineKind,
    LineQuantity,
    Order,
    Part,
    derived_id,
    is_canceled,
)
from orderline.core.orders.swapping import agreed_of, check_sold, substitutes_of, swapped_line
from orderline.core.world import World
from orderline.values.address import Address, check_address
from orderline.values.failures import Refused
from orderline.values.ids import PersonToken
from orderline.values.money import MAX_MINOR, split_minor
from orderline.values.quantity import check_quantity
from orderline.values.time import utc

MOST_ACTIONS: Final = 500
_RECIPIENTS: Final = 1 << 13  # persons of an order above this number came in with an amendment


class Amending:
    """A change set while it is put together; nothing has been told yet.

    removed: units by line that are given up. at_once: lines whose units must be canceled at once. added, swapped: new lines
    that are claimed as at the intake, or where units are there. moved: groups whose units are claimed anew; elsewhere:
    groups whose units must not be at a location as they were. away: fulfillment orders taken away, with who is to serve.
    gives, returns: what follows once the rest is agreed. undone: it takes back what was given or asked for, if nothing else.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        agreement = order.agreement
        self.lines = list(agreement.lines)
        self.groups = list(agreement.groups)
        self.charges: list[Charge | None] = list(agreement.charges)
        self.removed: dict[int, int] = {}
        self.at_once: set[int] = set()
        self.added: list[int] = []
        self.swapped: list[int] = []
        self.moved: set[int] = set()
        self.elsewhere: set[int] = set()
        self.away: dict[int, str] = {}
        self.people: list[Person] = []
        self.gives: list[a.Appease] = []
        self.returns: list[a.ReturnUnits] = []
        self.undone = False

    def agreement(self, reason: str, context: Context) -> Agreement | None:
        """What is agreed next; None: nothing of it is new. Refused AMOUNT_OUT_OF_RANGE: it would come to less than nothing."""
        before = self.order.agreement
        included = before.taxes_included
        charges = tuple(each for each in self.charges if each is not None)
        total = sum(line.total_minor for line in self.lines if line.parent is None)
        total += sum(each.amount_minor + (0 if included else _tax(each.taxes)) for each in charges)
        if not 0 <= total <= MAX_MINOR:
            raise Refused(R.AMOUNT_OUT_OF_RANGE, field="actions", value=total, allowed=f"a total from 0 to {MAX_MINOR}")
        lines, groups = tuple(map(self._kind, self.lines)), tuple(self.groups)
        same = (lines, groups, charges) == (before.lines, before.groups, before.charges)
        if same and not (self.removed or self.gives or self.returns or self.undone):
            return None
        return Agreement(
            number=before.number + 1,
            agreed_at=context.now,
            lines=lines,
            groups=groups,
            total_minor=total,
            charges=charges,
            taxes_included=included,
            removed=tuple(LineQuantity(line, quantity) for line, quantity in self.removed.items()),
            reason=reason,
            given=_next(self.order.credits, self.gives),
            returned=_next(self.order.returns, self.returns),
        )

    def group_of(self, number: int) -> DemandGroup:
        """The group of that number, as it is to be. Refused GROUP_UNKNOWN."""
        found = next((each for each in self.groups if each.group == number), None)
        if found is None:
            allowed = [each.group for each in self.groups]
            raise Refused(R.GROUP_UNKNOWN, field="group", value=number, allowed=allowed)
        return found

    def put_group(self, changed: DemandGroup) -> None:
        """Have a group as it is to be, and see what follows for its units."""
        at = next(index for index, each in enumerate(self.groups) if each.group == changed.group)
        was = self.groups[at]
        self.groups[at] = changed
        if changed.pickup_location != was.pickup_location:
            self.moved.add(changed.group)
        if (changed.recipient, changed.method, changed.pickup_location) != (
            was.recipient,
            was.method,
            was.pickup_location,
        ):
            self.elsewhere.add(changed.group)

    def append(self, agreed: AgreedLine, *, strictly: bool = False) -> None:
        """One more line."""
        self.lines.append(agreed)
        (self.swapped if strictly else self.added).append(agreed.line)

    def remove(self, line: int, quantity: int) -> None:
        """Give units of a line up."""
        self.removed[line] = self.removed.get(line, 0) + quantity

    def _kind(self, line: AgreedLine) -> AgreedLine:
        if line.kind not in STOCKED or line.group not in self.moved:
            return line
        pickup = self.group_of(line.group).pickup_location
        return replace(line, kind=LineKind.SHIP if pickup is None else LineKind.PICKUP)


def amend(world: World, change: Amending, action: a.ChangeAction, context: Context, *, probe: bool = False) -> None:
    """Put an action into a change set. Refused for what the same would be refused for at the intake; and see below."""
    match action:
        case a.AddLine():
            _add_line(world, change, action)
        case a.RemoveUnits():
            line = check_line(change.order, action.line)
            change.remove(line.line, check_quantity(action.quantity))
        case a.ChangePrice():
            _change_price(change, action)
        case a.ChangeAddress():
            change_address(change, change.group_of(action.group), action.address, probe=probe)
        case a.ChangeMethod():
            group = change.group_of(action.group)
            method = check_text(action.method, "method", 60) or group.method
            together = group.ship_complete if action.ship_complete is None else action.ship_complete
            change.put_group(replace(group, method=method, ship_complete=together))
        case a.ChangePickup():
            change_pickup(world, change, change.group_of(action.group), action.pickup_location)
        case a.MoveLocation():
            fulfillment = check_fulfillment(change.order, action.fulfillment)
            if action.to and action.to not in world.settings.locations:
                raise Refused(R.LOCATION_UNKNOWN, field="to", value=action.to)
            change.away[fulfillment.number] = action.to
        case a.AddCharge():
            charge = action.charge
            charge_total(charge, "charge", change.order.agreement.taxes_included)
            if charge.amount_minor < 0:
                check_charges_open(change.order)
            change.charges.append(charge)
        case a.ChangeCharge():
            was = _charge(change, action.number)
            charge = replace(was, amount_minor=action.amount_minor, taxes=action.taxes)
            charge_total(charge, "charge", change.order.agreement.taxes_included)
            change.charges[action.number - 1] = charge
        case a.WaiveCharge():
            _charge(change, action.number)
            change.charges[action.number - 1] = None
        case a.Substitute():
            substitute(world, change, action.line, action.sku, action.quantity, context)
        case a.SetGift():
            _set_gift(change, action)
        case a.Reschedule():
            _reschedule(change, action)
        case a.Appease():
            change.gives.append(action)
        case a.ReturnUnits():
            change.returns.append(action)


def change_address(change: Amending, group: DemandGroup, address: Address | None, *, probe: bool = False) -> None:
    """Send a group to an address. Refused ADDRESS_MISSING, and as the intake refuses addresses.

    probe: see whether it could be done, whatever the address is.
    """
    if address is None and not probe:
        raise Refused(R.ADDRESS_MISSING, field="address", value="")
    token = _new_person(change)
    if address is None:
        change.put_group(replace(group, pickup_location=None, recipient=token))
        return
    checked = check_address(address)
    change.people.append(Person(token=token, name=checked.name, phone=checked.phone, address=checked))
    change.put_group(replace(group, pickup_location=None, recipient=token, place=checked.place()))


def change_pickup(world: World, change: Amending, group: DemandGroup, code: str) -> None:
    """Have a group collected at a location. Refused PICKUP_LOCATION_UNKNOWN."""
    location = world.settings.locations.get(code)
    if location is None or not location.pickup or not location.active:
        raise Refused(R.PICKUP_LOCATION_UNKNOWN, field="pickup_location", value=code)
    change.put_group(replace(group, pickup_location=location.code, place=location.place))


def substitute(world: World, change: Amending, number: int, code: str, quantity: int, context: Context) -> None:
    """Units of a line are given up, and a line with what is sent instead is agreed.

    The money of the new line is that of the units it stands for, to the cent, scaled where its price is another.
    Refused SUBSTITUTE_UNKNOWN: the SKU of the line does not allow it here, or the line is a part of a bundle.
    Refused SKU_NOT_ACTIVE, SKU_NOT_FOR_SALE, SKU_NOT_SOLD_HERE: of the substitute.
    """
    order = change.order
    line = check_line(order, number)
    check_quantity(quantity)
    allowed = substitutes_of(world, order, line)
    price = next((price for each, price in allowed if each.sku == code), None)
    if price is None:
        known = [each.sku for each, _ in allowed]
        raise Refused(R.SUBSTITUTE_UNKNOWN, field="sku", value=code[:100], allowed=known)
    sku = check_sold(world, order, line, code, context)
    agreed = agreed_of(order, line.line)
    given_up = line.units.canceled + change.removed.get(line.line, 0)
    included = order.agreement.taxes_included
    if given_up + quantity > agreed.quantity:
        raise Refused(R.QUANTITY_NOT_AVAILABLE, field="quantity", value=quantity, available=agreed.quantity - given_up)
    swapped = swapped_line(agreed, given_up, quantity, price, taxes_included=included)
    swapped = replace(swapped, sku=sku.code, description=sku.description, seller=terms_of(world, sku))
    change.append(replace(swapped, line=len(change.lines) + 1), strictly=True)
    change.remove(line.line, quantity)
    change.at_once.add(line.line)


def check_price_open(order: Order, numbers: set[int]) -> None:
    """Refused PRICE_FINAL: units of the lines have left, or are on an invoice, or money was credited for them."""
    for line in order.lines:
        credited = order.credited_of(line.line)
        billed = any(each.line == line.line for each in order.billed)
        if line.line in numbers and (line.units.gone or credited or billed):
            unblock = "support: grant a credit; or remove what has not left, and add it at another price"
            raise Refused(C.PRICE_FINAL, field="line", value=line.line, units=line.units.gone, unblock=unblock)


def check_charges_open(order: Order) -> None:
    """Refused PRICE_FINAL: charges are earned with the first of the goods, and shared by what is credited."""
    if order.credits or order.billed or any(line.units.gone for line in order.lines):
        raise Refused(C.PRICE_FINAL, field="charges", value=order.number, unblock="support: grant a credit")


def priced_anew(change: Amending, number: int, unit: int, discount: int, taxes: tuple[TaxLine, ...]) -> None:
    """Give a line another price; a bundle's is shared over its components as the one before was."""
    at = next((index for index, each in enumerate(change.lines) if each.line == number), None)
    was = change.lines[at] if at is not None else None
    if at is None or was is None or was.parent is not None:
        allowed = [each.line for each in change.lines if each.parent is None]
        raise Refused(R.LINE_UNKNOWN, field="line", value=number, allowed=allowed)
    gross = unit * was.quantity
    if unit < 0 or discount < 0:
        raise Refused(R.AMOUNT_NEGATIVE, field="unit_price_minor", value=min(unit, discount))
    if gross > MAX_MINOR or discount > gross:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="discount_minor", value=discount, allowed=gross)
    tax = check_taxes(taxes, "taxes")
    total = gross - discount + (0 if change.order.agreement.taxes_included else tax)
    parts = [index for index, each in enumerate(change.lines) if each.parent == number]
    priced = {number, *(change.lines[index].line for index in parts)}
    lines = [line for line in change.order.lines if line.line in priced]
    if lines and all(map(is_canceled, lines)):
        raise Refused(C.PRICE_FINAL, field="line", value=number, canceled=True, unblock="support: add it anew")
    check_price_open(change.order, priced)
    change.lines[at] = replace(was, unit_price_minor=unit, discount_minor=discount, taxes=taxes, total_minor=total)
    if not parts:
        return
    weights = [change.lines[index].total_minor for index in parts]
    if not any(weights):
        weights = [change.lines[index].quantity for index in parts]
    totals, discounts = split_minor(total, weights), split_minor(discount, weights)
    shared = [split_minor(each.amount_minor, weights) for each in taxes]
    for place, index in enumerate(parts):
        part = change.lines[index]
        change.lines[index] = replace(
            part,
            unit_price_minor=totals[place] // part.quantity,
            discount_minor=discounts[place],
            total_minor=totals[place],
            taxes=tuple(
                replace(each, amount_minor=amounts[place]) for each, amounts in zip(taxes, shared, strict=True)
            ),
        )


def _change_price(change: Amending, action: a.ChangePrice) -> None:
    priced_anew(change, action.line, action.unit_price_minor, action.discount_minor, action.taxes)


def _add_line(world: World, change: Amending, action: a.AddLine) -> None:
    included = change.order.agreement.taxes_included
    for agreed in agreed_lines(world, (action.line,), change.groups, taxes_included=included, after=len(change.lines)):
        change.append(agreed)


def _charge(change: Amending, number: int) -> Charge:
    found = change.charges[number - 1] if 0 < number <= len(change.order.agreement.charges) else None
    if found is None:
        allowed = list(range(1, len(change.order.agreement.charges) + 1))
        raise Refused(C.CHARGE_UNKNOWN, field="number", value=number, allowed=allowed)
    check_charges_open(change.order)
    return found


def _set_gift(change: Amending, action: a.SetGift) -> None:
    group = change.group_of(action.group)
    if action.gift is not None:
        change.put_group(replace(group, gift=action.gift))
    places = {str(each.line): index for index, each in enumerate(change.lines) if each.group == group.group}
    for number, message in action.messages.items():
        if number not in places:
            raise Refused(R.LINE_UNKNOWN, field="messages", value=number[:60], allowed=list(places))
        text = check_text(message, f"messages.{number}", 1_000)
        change.lines[places[number]] = replace(change.lines[places[number]], gift_message=text)


def _reschedule(change: Amending, action: a.Reschedule) -> None:
    group = change.group_of(action.group)
    release_at = utc(action.release_at, field="release_at") if action.release_at is not None else None
    promised_by = utc(action.promised_by, field="promised_by") if action.promised_by is not None else group.promised_by
    change.put_group(replace(group, release_at=release_at, promised_by=promised_by))


def _new_person(change: Amending) -> PersonToken:
    order = change.order
    known = {group.recipient for each in order.agreements for group in each.groups}
    known.update(group.recipient for group in change.groups)
    number = _RECIPIENTS + len(order.agreements)
    while (token := PersonToken(derived_id(order.id, Part.PERSON, number))) in known:
        number += 1
    return token


def _next(known: Sequence[object], more: Sequence[object]) -> tuple[int, ...]:
    """The numbers that come next."""
    return tuple(range(len(known) + 1, len(known) + len(more) + 1))


def _tax(taxes: tuple[TaxLine, ...]) -> int:
    return sum(each.amount_minor for each in taxes)
