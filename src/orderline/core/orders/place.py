"""Accept an order: check what was sent, freeze it as agreement 1, claim stock, ask for the money."""

import msgspec

from orderline.core.companies import intake
from orderline.core.context import Context
from orderline.core.decisions.asking import UNFILLABLE
from orderline.core.drafts.ordering import commit_draft
from orderline.core.holds.rules import new_hold
from orderline.core.holds.scheduled import keep_schedule
from orderline.core.holds.state import SCREENING
from orderline.core.moves import Units
from orderline.core.orders.agreeing import NOWHERE, check_lines, check_totals
from orderline.core.orders.claims import claim_stock
from orderline.core.orders.commands import GroupInput, HoldInput, PlaceOrder, TenderInput
from orderline.core.orders.custom import check_fields
from orderline.core.orders.events import (
    HoldPlaced,
    OrderPlaced,
    Person,
)
from orderline.core.orders.guards import check_line, check_text
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import (
    AgreedLine,
    Agreement,
    DemandGroup,
    Line,
    LineKind,
    Note,
    Order,
    PaymentKind,
    Tender,
    person_token,
)
from orderline.core.promises.quoting import commit_quote
from orderline.core.stock.custom_fields import FieldPlace
from orderline.core.stock.events import CartReleased
from orderline.core.stock.state import Channel
from orderline.core.tenders.deposits import Bought, deposit_of
from orderline.core.tenders.own_credit import check_own_credit
from orderline.core.tenders.rules import TERMS, DepositRule
from orderline.core.tenders.scheduled import wanted_minor
from orderline.core.tenders.scheduling import ask, put_schedule
from orderline.core.tenders.sums import request_payment
from orderline.core.world import Draft, World
from orderline.values.address import Address, AddressRefusal, Place, check_address
from orderline.values.address_rules import find_country
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, OrderId, PersonToken
from orderline.values.money import MAX_MINOR, check_currency
from orderline.values.time import utc

MAX_GROUPS = 100
# What an address of the past may lack; a parcel could not be sent there, but none is.
_BEARABLE = frozenset(
    {
        AddressRefusal.FIELD_MISSING,
        AddressRefusal.REGION_UNKNOWN,
        AddressRefusal.POSTAL_CODE_INVALID,
        AddressRefusal.POSTAL_CODE_NOT_IN_REGION,
    }
)


def decide_place_order(draft: Draft, command: PlaceOrder, context: Context) -> None:
    """Accept the order or refuse it whole; OrderRefusal lists what it may be refused for, in the order of checks."""
    world = draft.world
    order_id = context.new_order
    channel = check_header(world, command)
    buying = intake.check_buying(world, command) if command.company is not None else None
    groups = check_groups(draft, command, order_id, intake.location_of(world, buying) if buying is not None else None)
    agreed = check_lines(world, command, groups)
    check_totals(command, agreed)
    at = utc(command.placed_at, field="placed_at") if command.placed_at is not None else context.now
    differing = intake.differences_of(world, command, buying, at) if buying is not None else ()
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
            person=person_token(order_id, 0) if buying is not None else groups[0].recipient,
            agreement=Agreement(
                number=1,
                agreed_at=at,
                lines=tuple(agreed),
                groups=tuple(groups),
                total_minor=command.total_minor,
                charges=command.charges,
                taxes_included=command.taxes_included,
            ),
            lines=tuple(_line(each, command) for each in agreed),
            tenders=_tenders(command),
            is_test=command.is_test,
            history=command.history,
            priority=command.priority,
            tags=command.tags,
            custom=command.custom,
            notes=(Note(note, context.actor.name, context.now),) if note else (),
            cart_hold=command.cart_hold,
            company=buying,
        ),
    )
    _keep_people(draft, command, world.order(order_id).person)
    if command.history:
        return
    _give_back_cart(draft, command)
    lacking = claim_stock(draft, order_id, channel, command.demand, sold=command.sold)
    commit_quote(draft, command, order_id, context)
    commit_draft(draft, command, order_id, context)
    asked = tuple(HoldInput(type=UNFILLABLE, reason=reason, line=line) for line, reason in lacking)
    if world.settings.screened and any(
        each.looks_at(command.channel, context.now) for each in world.settings.screened.values()
    ):
        asked = (*asked, HoldInput(type=SCREENING, reason="waits to be looked at by the hold policy"))
    for number, hold in enumerate((*asked, *command.holds) if asked else command.holds, 1):
        if hold.line is not None:
            check_line(_placed(world, order_id), hold.line)
        draft.tell(order_id, HoldPlaced(new_hold(hold, number, context)))
    if any(each.release_at is not None for each in command.groups):
        keep_schedule(draft, order_id, context)
    if buying is not None:
        intake.hold_company_order(draft, order_id, differing, context)
    schedule = command.schedule
    if channel.money.deposits and (rule := _deposit_of(channel, command)) is not None:
        schedule = rule.schedule
        put_schedule(draft, order_id, schedule, context, rule=rule.name)
    elif schedule is not None:
        put_schedule(draft, order_id, schedule, context)
    order = _placed(world, order_id)
    left = wanted_minor(order) if schedule is not None else MAX_MINOR
    for tender, asked in zip(order.tenders, command.tenders, strict=True):
        amount = min(tender.amount_minor, left)
        if amount > 0 and _is_asked_for(command, asked):
            request_payment(draft, order, tender, PaymentKind.AUTHORIZE, amount, context)
            left -= amount
    if schedule is not None:
        ask(draft, order_id, context)
    settle(draft, order_id, context)


def _deposit_of(channel: Channel, command: PlaceOrder) -> DepositRule | None:
    """The rule by which it is paid; none, where it says so itself, was drafted without, is paid, or nothing pays it."""
    paid = sum(each.amount_minor for each in command.tenders if each.state == "captured")
    if command.schedule is not None or command.draft or not command.tenders or paid >= command.total_minor:
        return None
    company = command.company.company if command.company is not None else ""
    skus = tuple(each.sku for each in command.lines)
    return deposit_of(channel.money, Bought(command.total_minor, command.currency, company, skus))


def _placed(world: World, order_id: OrderId) -> Order:
    return world.order(order_id)


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
    check_fields(world.settings.fields, FieldPlace.ORDER, command.custom, "custom", history=command.history)
    if not -1_000 <= command.priority <= 1_000:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="priority", value=command.priority, allowed="from -1000 to 1000")
    return channel


def check_groups(
    draft: Draft, command: PlaceOrder, order_id: OrderId, otherwise: DemandGroup | None = None
) -> list[DemandGroup]:
    """The demand groups, their addresses checked; street and name go to `people` behind the group's token.

    otherwise: where those go that do not say where to.
    """
    groups: list[DemandGroup] = []
    if len(command.groups) > MAX_GROUPS:
        raise Refused(
            R.TOO_MANY_LINES, field="groups", value=len(command.groups), allowed=f"at most {MAX_GROUPS} groups"
        )
    for index, asked in enumerate(command.groups or (GroupInput(),)):
        field = f"groups[{index}]"
        if any(group.group == asked.group for group in groups):
            raise Refused(R.GROUP_DUPLICATE, field=f"{field}.group", value=asked.group)
        groups.append(_group(draft, asked, field, index, order_id, otherwise, history=command.history))
    return groups


def _group(
    draft: Draft, asked: GroupInput, field: str, index: int, order_id: OrderId, otherwise: DemandGroup | None, *,
    history: bool,
) -> DemandGroup:  # fmt: skip
    check_text(asked.method, f"{field}.method", 60)
    check_text(asked.email, f"{field}.email", 254)
    fields = draft.world.settings.fields
    if fields or asked.custom:
        check_fields(fields, FieldPlace.GROUP, asked.custom, f"{field}.custom", history=history)
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
        address = _checked_address(asked.address, f"{field}.address", history=history)
        draft.keep(Person(token=recipient, name=address.name, email=asked.email, phone=address.phone, address=address))
        place = address.place()
    elif location is not None:
        place = location.place
    elif otherwise is not None:
        place, recipient = otherwise.place, otherwise.recipient
    elif asked.place is not None and history:
        place = _known_place(asked.place, f"{field}.place")
    else:
        place = NOWHERE
    if (
        index and asked.address is None and otherwise is None
    ):  # the first recipient is the customer, who is kept in any case
        draft.keep(Person(token=recipient, email=asked.email))
    return DemandGroup(
        group=asked.group,
        recipient=recipient,
        place=place,
        method=asked.method,
        pickup_location=asked.pickup_location,
        ship_complete=asked.ship_complete,
        promised_by=utc(asked.promised_by, field=f"{field}.promised_by") if asked.promised_by else None,
        release_at=utc(asked.release_at, field=f"{field}.release_at") if asked.release_at else None,
        gift=asked.gift,
        custom=asked.custom,
    )


def _checked_address(address: Address, field: str, *, history: bool) -> Address:
    """History keeps an address that lacks a part or has a wrong one as it stood: nothing is sent there any more."""
    try:
        return check_address(address)
    except Refused as refused:
        if history and refused.code in _BEARABLE:
            return address
        refused.facts["field"] = f"{field}.{refused.facts.get('field', '')}".rstrip(".")
        raise


def _known_place(place: Place, field: str) -> Place:
    """What is known of where history went. Refused COUNTRY_UNKNOWN, TEXT_NOT_ACCEPTABLE."""
    rules = find_country(place.country)
    if rules is None:
        raise Refused(AddressRefusal.COUNTRY_UNKNOWN, field=f"{field}.country", value=place.country[:60])
    for name in ("region", "postal_code", "city"):
        check_text(getattr(place, name), f"{field}.{name}", 120)
    return msgspec.structs.replace(place, country=rules.country)


def cart_of(command: PlaceOrder) -> CartHoldId | None:
    """The cart hold an order gives back. Refused TEXT_NOT_ACCEPTABLE: what it names is no UUID."""
    if not command.cart_hold:
        return None
    try:
        return msgspec.convert(command.cart_hold, CartHoldId)
    except msgspec.ValidationError:
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field="cart_hold", value=command.cart_hold, allowed="a UUID") from None


def _give_back_cart(draft: Draft, command: PlaceOrder) -> None:
    cart_id = cart_of(command)
    cart = draft.world.carts.get(cart_id) if cart_id is not None else None
    if cart is None:
        return  # it has expired: the order stands on what is available now
    if cart.channel != command.channel:
        raise Refused(R.CART_OF_OTHER_CHANNEL, field="cart_hold", value=command.cart_hold, allowed=cart.channel)
    draft.tell_stock(CartReleased(cart.id))


def _keep_people(draft: Draft, command: PlaceOrder, token: PersonToken) -> None:
    """Keep the customer, who is also the first recipient."""
    customer = command.customer
    check_text(customer.name, "customer.name", 200)
    check_text(customer.email, "customer.email", 254)
    check_text(customer.phone, "customer.phone", 50)
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


def _line(agreed: AgreedLine, command: PlaceOrder) -> Line:
    if agreed.kind is LineKind.BUNDLE:
        units = Units()
    elif command.history:
        asked = command.lines[(agreed.parent or agreed.line) - 1]
        canceled = asked.canceled * agreed.quantity // asked.quantity if asked.canceled else 0
        units = Units(delivered=agreed.quantity - canceled, canceled=canceled)
    else:
        units = Units(unplanned=agreed.quantity)
    return Line(agreed.line, agreed.sku, units, agreed.kind, agreed.group, agreed.parent)


def _is_asked_for(command: PlaceOrder, tender: TenderInput) -> bool:
    """Has somebody to promise the money first? What a company pays by invoice is promised by its terms."""
    return tender.state == "requested" and (command.company is None or tender.provider != TERMS)


def _tenders(command: PlaceOrder) -> tuple[Tender, ...]:
    for number, asked in enumerate(command.tenders, 1):
        check_own_credit(asked, f"tenders[{number - 1}]")
    return tuple(
        Tender(
            number=number,
            provider=asked.provider,
            method=asked.method,
            amount_minor=asked.amount_minor,
            token=asked.token,
            reference=asked.reference,
            authorized_minor=0 if _is_asked_for(command, asked) else asked.amount_minor,
            captured_minor=asked.amount_minor if asked.state == "captured" else 0,
            refunded_minor=asked.refunded_minor,
            expires_at=utc(asked.expires_at, field=f"tenders[{number - 1}].expires_at") if asked.expires_at else None,
        )
        for number, asked in enumerate(command.tenders, 1)
    )
