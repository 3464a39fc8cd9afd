"""Accept an order: check what was sent, freeze it as agreement 1, claim stock, ask for the money."""

from collections.abc import Sequence

import msgspec

from orderline.core.context import Context
from orderline.core.holds.rules import new_hold
from orderline.core.moves import Bucket, Move, Units
from orderline.core.orders.commands import GroupInput, LineInput, PlaceOrder
from orderline.core.orders.events import (
    HoldPlaced,
    MovedItem,
    OrderPlaced,
    Person,
    UnitsBackordered,
    UnitsMoved,
)
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import (
    STOCKED,
    AgreedLine,
    Agreement,
    Charge,
    DemandGroup,
    Line,
    LineKind,
    Note,
    PaymentKind,
    TaxLine,
    Tender,
    person_token,
)
from orderline.core.stock.events import CartReleased
from orderline.core.stock.state import Channel, ShortPolicy, Sku, SkuKind
from orderline.core.tenders.sums import request_payment
from orderline.core.world import Draft, World
from orderline.values.address import Address, Place, check_address
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, OrderId
from orderline.values.money import MAX_MINOR, check_currency, split_minor
from orderline.values.quantity import check_quantity
from orderline.values.time import utc

MAX_LINES = 2_000
MAX_GROUPS = 100
TEST_POOL = "test"
NOWHERE = Place(country="")

_KINDS = {
    SkuKind.STOCKED: LineKind.SHIP,
    SkuKind.DIGITAL: LineKind.DIGITAL,
    SkuKind.SERVICE: LineKind.SERVICE,
    SkuKind.BUNDLE: LineKind.BUNDLE,
}


def decide_place_order(draft: Draft, command: PlaceOrder, context: Context) -> None:
    """Accept the order or refuse it whole; OrderRefusal lists what it may be refused for, in the order of checks."""
    world = draft.world
    order_id = context.new_order
    channel = check_header(world, command)
    groups = check_groups(draft, command, order_id)
    agreed = check_lines(world, command, groups)
    check_totals(command, agreed)
    at = utc(command.placed_at, field="placed_at") if command.placed_at is not None else context.now
    note = check_text(command.note, "note", 5_000)
    draft.tell(
        order_id,
        OrderPlaced(
            id=order_id,
            number=context.number,
            channel=command.channel,
            external_id=command.external_id,
            currency=command.currency,
            placed_at=at,
            accepted_at=context.now,
            person=person_token(order_id, 0),
            agreement=Agreement(
                number=1,
                agreed_at=at,
                lines=tuple(agreed),
                groups=tuple(groups),
                total_minor=command.total_minor,
                charges=command.charges,
                taxes_included=command.taxes_included,
            ),
            lines=tuple(_line(each, command.history) for each in agreed),
            tenders=_tenders(command),
            is_test=command.is_test,
            history=command.history,
            priority=command.priority,
            tags=command.tags,
            custom=command.custom,
            notes=(Note(note, context.actor.name, context.now),) if note else (),
            cart_hold=command.cart_hold,
        ),
    )
    _keep_people(draft, command, order_id)
    if command.history:
        return
    if command.cart_hold:
        _give_back_cart(draft, command)
    claim_stock(draft, order_id, channel)
    for number, hold in enumerate(command.holds, 1):
        draft.tell(order_id, HoldPlaced(new_hold(hold, number, context)))
    order = world.orders[order_id]
    assert order is not None
    for tender, asked in zip(order.tenders, command.tenders, strict=True):
        if asked.state == "requested" and tender.amount_minor > 0:
            request_payment(draft, order, tender, PaymentKind.AUTHORIZE, tender.amount_minor, context)
    settle(draft, order_id, context)


def check_header(world: World, command: PlaceOrder) -> Channel:
    """The channel, when everything outside of lines and groups is acceptable."""
    check_text(command.external_id, "external_id", 100, required=True)
    known = world.externals.get((command.channel, command.external_id))
    if known is not None:
        raise Refused(R.EXTERNAL_ID_TAKEN, field="external_id", value=command.external_id, order=str(known))
    channel = world.settings.channels.get(command.channel)
    if channel is None:
        allowed = sorted(world.settings.channels)[:50]
        raise Refused(R.CHANNEL_UNKNOWN, field="channel", value=command.channel, allowed=allowed)
    if not channel.active:
        raise Refused(R.CHANNEL_NOT_ACTIVE, field="channel", value=command.channel)
    check_currency(command.currency)
    if channel.currencies and command.currency not in channel.currencies:
        raise Refused(R.CURRENCY_NOT_SOLD, field="currency", value=command.currency, allowed=list(channel.currencies))
    for index, tag in enumerate(command.tags):
        check_text(tag, f"tags[{index}]", 60, required=True)
    if len(command.tags) > 50:
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field="tags", value=len(command.tags), allowed="at most 50 tags")
    check_custom(command.custom, "custom")
    if not -1_000 <= command.priority <= 1_000:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="priority", value=command.priority, allowed="from -1000 to 1000")
    return channel


def check_custom(custom: dict[str, str | int | bool], field: str) -> None:
    """Custom fields are few, short and plain. Refused TEXT_NOT_ACCEPTABLE, AMOUNT_OUT_OF_RANGE."""
    if not custom:
        return
    if len(custom) > 50:
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field=field, value=len(custom), allowed="at most 50 fields")
    for name, value in custom.items():
        check_text(name, field, 60, required=True)
        if isinstance(value, str):
            check_text(value, f"{field}.{name}", 1_000)
        elif not -(2**53) < value < 2**53:
            raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.{name}", value=str(value))


def check_groups(draft: Draft, command: PlaceOrder, order_id: OrderId) -> list[DemandGroup]:
    """The demand groups, their addresses checked; street and name go to `people` behind the group's token."""
    groups: list[DemandGroup] = []
    if len(command.groups) > MAX_GROUPS:
        raise Refused(
            R.TOO_MANY_LINES, field="groups", value=len(command.groups), allowed=f"at most {MAX_GROUPS} groups"
        )
    for index, asked in enumerate(command.groups or (GroupInput(),)):
        field = f"groups[{index}]"
        if any(group.group == asked.group for group in groups):
            raise Refused(R.GROUP_DUPLICATE, field=f"{field}.group", value=asked.group)
        groups.append(_group(draft, asked, field, index, order_id))
    return groups


def _group(draft: Draft, asked: GroupInput, field: str, index: int, order_id: OrderId) -> DemandGroup:
    check_text(asked.method, f"{field}.method", 60)
    check_text(asked.email, f"{field}.email", 254)
    if not 0 < asked.group <= 1_000_000:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.group", value=asked.group, allowed="from 1 to 1000000")
    location = None
    if asked.pickup_location is not None:
        location = draft.world.settings.locations.get(asked.pickup_location)
        if location is None or not location.pickup:
            allowed = sorted(code for code, each in draft.world.settings.locations.items() if each.pickup)[:50]
            raise Refused(
                R.PICKUP_LOCATION_UNKNOWN,
                field=f"{field}.pickup_location",
                value=asked.pickup_location,
                allowed=allowed,
            )
    recipient = person_token(order_id, index)
    if asked.address is not None:
        address = _checked_address(asked.address, f"{field}.address")
        draft.keep(Person(token=recipient, name=address.name, email=asked.email, phone=address.phone, address=address))
        place = address.place()
    elif location is not None:
        place = location.place
    else:
        place = NOWHERE
    return DemandGroup(
        group=asked.group,
        recipient=recipient,
        place=place,
        method=asked.method,
        pickup_location=asked.pickup_location,
        ship_complete=asked.ship_complete,
        promised_by=utc(asked.promised_by, field=f"{field}.promised_by") if asked.promised_by else None,
        gift=asked.gift,
    )


def _checked_address(address: Address, field: str) -> Address:
    try:
        return check_address(address)
    except Refused as refused:
        refused.facts["field"] = f"{field}.{refused.facts.get('field', '')}".rstrip(".")
        raise


def check_lines(world: World, command: PlaceOrder, groups: Sequence[DemandGroup]) -> list[AgreedLine]:
    """The agreed lines; the components of each bundle follow the lines that were sent, with their share of its price."""
    if not command.lines:
        raise Refused(R.LINES_MISSING, field="lines", value=[])
    if len(command.lines) > MAX_LINES:
        raise Refused(R.TOO_MANY_LINES, field="lines", value=len(command.lines), allowed=f"at most {MAX_LINES} lines")
    by_number = {group.group: group for group in groups}
    agreed: list[AgreedLine] = []
    bundles: list[tuple[AgreedLine, Sku, str]] = []
    for index, asked in enumerate(command.lines):
        group = by_number.get(asked.group)
        if group is None:
            raise Refused(R.GROUP_UNKNOWN, field=f"lines[{index}].group", value=asked.group, allowed=sorted(by_number))
        line, sku = _agreed_line(world, command, asked, index, group)
        agreed.append(line)
        if line.kind is LineKind.BUNDLE:
            bundles.append((line, sku, f"lines[{index}]"))
        elif line.kind is LineKind.SHIP and group.place is NOWHERE and not command.history:
            raise Refused(R.ADDRESS_MISSING, field="groups", value=group.group, line=index)
    for line, sku, field in bundles:
        group = by_number[line.group]
        if group.place is NOWHERE and not command.history:
            raise Refused(R.ADDRESS_MISSING, field="groups", value=group.group, line=field)
        agreed.extend(_components(world, line, sku, group, field, first=len(agreed) + 1))
    return agreed


def _agreed_line(
    world: World, command: PlaceOrder, asked: LineInput, index: int, group: DemandGroup
) -> tuple[AgreedLine, Sku]:
    field = f"lines[{index}]"
    quantity = check_quantity(asked.quantity, field=f"{field}.quantity")
    sku = world.skus.get(asked.sku)
    if sku is None:
        raise Refused(R.SKU_UNKNOWN, field=f"{field}.sku", value=asked.sku[:100])
    if not sku.active and not command.history:
        raise Refused(R.SKU_NOT_ACTIVE, field=f"{field}.sku", value=asked.sku)
    kind = _kind(asked, sku, group, field)
    for name in ("unit_price_minor", "discount_minor"):
        amount: int = getattr(asked, name)
        if amount < 0:
            raise Refused(R.AMOUNT_NEGATIVE, field=f"{field}.{name}", value=amount)
    gross = asked.unit_price_minor * quantity
    if gross > MAX_MINOR:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.unit_price_minor", value=asked.unit_price_minor)
    if asked.discount_minor > gross:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.discount_minor", value=asked.discount_minor, allowed=gross)
    total = gross - asked.discount_minor
    tax = check_taxes(asked.taxes, f"{field}.taxes") if asked.taxes else 0
    if not command.taxes_included:
        total += tax
    if asked.total_minor is not None and asked.total_minor != total:
        raise Refused(R.TOTALS_DO_NOT_ADD_UP, field=f"{field}.total_minor", value=asked.total_minor, expected=total)
    if asked.custom:
        check_custom(asked.custom, f"{field}.custom")
    return AgreedLine(
        line=index + 1,
        sku=asked.sku,
        quantity=quantity,
        unit_price_minor=asked.unit_price_minor,
        total_minor=total,
        description=check_text(asked.description, f"{field}.description", 500) or sku.description,
        kind=kind,
        group=asked.group,
        discount_minor=asked.discount_minor,
        taxes=asked.taxes,
        gift_message=check_text(asked.gift_message, f"{field}.gift_message", 1_000),
        custom=asked.custom,
    ), sku


def _kind(asked: LineInput, sku: Sku, group: DemandGroup, field: str) -> LineKind:
    kind = _KINDS[sku.kind]
    if kind is LineKind.SHIP and group.pickup_location is not None:
        kind = LineKind.PICKUP
    if asked.kind is not None and asked.kind is not kind:
        raise Refused(
            R.LINE_KIND_NOT_POSSIBLE, field=f"{field}.kind", value=asked.kind, allowed=[kind], sku_kind=sku.kind
        )
    return kind


def _components(
    world: World, parent: AgreedLine, bundle: Sku, group: DemandGroup, field: str, *, first: int
) -> list[AgreedLine]:
    weights = [component.quantity * component.weight for component in bundle.components]
    totals = split_minor(parent.total_minor, weights)
    discounts = split_minor(parent.discount_minor, weights)
    taxes = [split_minor(tax.amount_minor, weights) for tax in parent.taxes]
    lines: list[AgreedLine] = []
    for index, component in enumerate(bundle.components):
        sku = world.skus.get(component.sku)
        if sku is None:
            raise Refused(R.SKU_UNKNOWN, field=f"{field}.sku", value=component.sku, bundle=bundle.code)
        quantity = check_quantity(component.quantity * parent.quantity, field=f"{field}.quantity")
        kind = _KINDS[sku.kind]
        if kind is LineKind.SHIP and group.pickup_location is not None:
            kind = LineKind.PICKUP
        lines.append(
            AgreedLine(
                line=first + index,
                sku=sku.code,
                quantity=quantity,
                unit_price_minor=totals[index] // quantity,
                total_minor=totals[index],
                description=sku.description,
                kind=kind,
                group=parent.group,
                parent=parent.line,
                discount_minor=discounts[index],
                taxes=tuple(
                    msgspec.structs.replace(tax, amount_minor=parts[index])
                    for tax, parts in zip(parent.taxes, taxes, strict=True)
                ),
            )
        )
    return lines


def check_taxes(taxes: Sequence[TaxLine], field: str) -> int:
    """The sum of tax lines, in minor units. Refused AMOUNT_OUT_OF_RANGE, TEXT_NOT_ACCEPTABLE."""
    for index, tax in enumerate(taxes):
        check_text(tax.name, f"{field}[{index}].name", 100)
        if not 0 <= tax.amount_minor <= MAX_MINOR:
            raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}[{index}].amount_minor", value=tax.amount_minor)
        if not 0 <= tax.rate_ppm <= 10_000_000:
            raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}[{index}].rate_ppm", value=tax.rate_ppm)
    return sum(tax.amount_minor for tax in taxes)


def check_totals(command: PlaceOrder, agreed: Sequence[AgreedLine]) -> None:
    """The total must be the sum of lines and charges, and no more may be tendered than is owed."""
    total = sum(line.total_minor for line in agreed if line.parent is None)
    for index, charge in enumerate(command.charges):
        total += _charge_total(charge, f"charges[{index}]", command.taxes_included)
    if not 0 <= command.total_minor <= MAX_MINOR:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="total_minor", value=command.total_minor)
    if total != command.total_minor:
        raise Refused(R.TOTALS_DO_NOT_ADD_UP, field="total_minor", value=command.total_minor, expected=total)
    for index, tender in enumerate(command.tenders):
        if tender.amount_minor < 0:
            raise Refused(R.AMOUNT_NEGATIVE, field=f"tenders[{index}].amount_minor", value=tender.amount_minor)
        for name in ("provider", "method", "token", "reference"):
            check_text(getattr(tender, name), f"tenders[{index}].{name}", 200, required=name == "provider")
    tendered = sum(tender.amount_minor for tender in command.tenders)
    if tendered > command.total_minor:
        raise Refused(R.TENDERS_EXCEED_TOTAL, field="tenders", value=tendered, allowed=command.total_minor)


def _charge_total(charge: Charge, field: str, taxes_included: bool) -> int:
    check_text(charge.kind, f"{field}.kind", 60, required=True)
    check_text(charge.description, f"{field}.description", 500)
    if abs(charge.amount_minor) > MAX_MINOR:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.amount_minor", value=charge.amount_minor)
    tax = check_taxes(charge.taxes, f"{field}.taxes")
    return charge.amount_minor + (0 if taxes_included else tax)


def claim_stock(draft: Draft, order_id: OrderId, channel: Channel) -> None:
    """Claim the order's units on the channel's pools in their order; what is short follows the SKU's policy.

    Refused STOCK_NOT_AVAILABLE, BACKORDER_CAP_REACHED: naming the line, what was asked and what there is.
    """
    world = draft.world
    order = world.orders[order_id]
    assert order is not None
    items: list[MovedItem] = []
    short: list[UnitsBackordered] = []
    taken: dict[tuple[str, str], int] = {}
    for line in order.lines:
        if line.kind not in STOCKED:
            continue
        pools = pools_of(world, channel, order.is_test, order.group_of(line.group))
        missing = line.units.unplanned
        for pool in pools:
            level = world.pool_level(line.sku, pool)
            already = taken.get((line.sku, pool), 0)
            quantity = min(missing, level.atp - already)
            if quantity > 0:
                items.append(MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, quantity, pool))
                taken[line.sku, pool] = already + quantity
                missing -= quantity
            if not missing:
                break
        if missing:
            waiting = sum(each.quantity for each in short if order.line_of(each.line).sku == line.sku)  # pyright: ignore
            _check_short(world, order.is_test, channel, line, pools[0], missing, waiting)
            short.append(UnitsBackordered(line.line, pools[0], missing))
    if items:
        draft.tell(order_id, UnitsMoved(move=Move.RESERVE, items=tuple(items), at=order.accepted_at))
    for event in short:
        draft.tell(order_id, event)


def pools_of(world: World, channel: Channel, is_test: bool, group: DemandGroup) -> tuple[str, ...]:
    """The pools a demand group is served from: the pickup location's own, the test pool, or the channel's."""
    if is_test:
        return (TEST_POOL,)
    if group.pickup_location is not None:
        return (world.settings.locations[group.pickup_location].pool,)
    return channel.pools


def _check_short(
    world: World, is_test: bool, channel: Channel, line: Line, pool: str, missing: int, waiting: int
) -> None:
    sku = world.skus[line.sku]
    policy = ShortPolicy.BACKORDER if is_test else channel.short_policy or sku.short_policy
    facts = {"field": f"lines[{line.line - 1}].quantity", "value": line.units.unplanned, "sku": line.sku}
    if policy is ShortPolicy.DENY:
        raise Refused(R.STOCK_NOT_AVAILABLE, **facts, available=line.units.unplanned - missing)
    if policy is ShortPolicy.CAP:
        room = sku.backorder_cap - world.pool_level(line.sku, pool).backordered - waiting
        if missing > room:
            available = line.units.unplanned - missing + max(0, room)
            raise Refused(R.BACKORDER_CAP_REACHED, **facts, available=available, cap=sku.backorder_cap)


def _give_back_cart(draft: Draft, command: PlaceOrder) -> None:
    try:
        cart_id = CartHoldId(msgspec.convert(command.cart_hold, CartHoldId))
    except msgspec.ValidationError:
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field="cart_hold", value=command.cart_hold, allowed="a UUID") from None
    cart = draft.world.carts.get(cart_id)
    if cart is None:
        return  # it has expired: the order stands on what is available now
    if cart.channel != command.channel:
        raise Refused(R.CART_OF_OTHER_CHANNEL, field="cart_hold", value=command.cart_hold, allowed=cart.channel)
    draft.tell_stock(CartReleased(cart.id))


def _keep_people(draft: Draft, command: PlaceOrder, order_id: OrderId) -> None:
    customer = command.customer
    check_text(customer.name, "customer.name", 200)
    check_text(customer.email, "customer.email", 254)
    check_text(customer.phone, "customer.phone", 50)
    token = person_token(order_id, 0)
    first = next((person for person in draft.people if person.token == token), None)
    if first is None:
        draft.keep(Person(token=token, name=customer.name, email=customer.email, phone=customer.phone))
        return
    draft.people.remove(first)
    draft.keep(
        Person(
            token=token,
            name=customer.name or first.name,
            email=customer.email or first.email,
            phone=customer.phone or first.phone,
            address=first.address,
        )
    )


def _line(agreed: AgreedLine, history: bool) -> Line:
    if agreed.kind is LineKind.BUNDLE:
        units = Units()
    elif history:
        units = Units(delivered=agreed.quantity)
    else:
        units = Units(unplanned=agreed.quantity)
    return Line(agreed.line, agreed.sku, units, agreed.kind, agreed.group, agreed.parent)


def _tenders(command: PlaceOrder) -> tuple[Tender, ...]:
    return tuple(
        Tender(
            number=number,
            provider=asked.provider,
            method=asked.method,
            amount_minor=asked.amount_minor,
            token=asked.token,
            reference=asked.reference,
            authorized_minor=0 if asked.state == "requested" else asked.amount_minor,
            captured_minor=asked.amount_minor if asked.state == "captured" else 0,
            expires_at=asked.expires_at,
        )
        for number, asked in enumerate(command.tenders, 1)
    )
