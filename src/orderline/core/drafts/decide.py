"""Rules of draft orders. Nothing is promised by them but what an offer says: prices, and units where they are kept."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.drafts import commands as c
from orderline.core.drafts.ordering import check_live
from orderline.core.drafts.refusals import DraftRefusal as R
from orderline.core.drafts.state import (
    DRAFT_ORDER,
    ENDED,
    KIND,
    LIVE,
    DraftGroup,
    DraftOrder,
    DraftOrderEnded,
    DraftOrderOffered,
    DraftOrderPut,
    DraftState,
    link_of,
)
from orderline.core.orders.agreeing import NOWHERE, agreed_lines, charge_total
from orderline.core.orders.claims import pools_of
from orderline.core.orders.commands import PlaceOrder
from orderline.core.orders.guards import check_text
from orderline.core.orders.place import MAX_GROUPS, check_header
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import STOCKED, AgreedLine, DemandGroup
from orderline.core.stock.checks import check_code
from orderline.core.stock.events import CartHeld, CartReleased
from orderline.core.stock.refusals import StockRefusal
from orderline.core.stock.state import CartHold, CartLine
from orderline.core.tenders.deposits import Bought, deposit_of
from orderline.core.world import Draft, World
from orderline.values.address import AddressRefusal
from orderline.values.address_rules import find_country
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, PersonToken
from orderline.values.money import MAX_MINOR
from orderline.values.time import utc

LONGEST: Final = timedelta(days=366)
LONGEST_KEPT: Final = timedelta(days=30)


def decide_put(draft: Draft, command: c.PutDraftOrder, context: Context) -> None:
    """Refused as an order with these lines would be, but for what is there: that is seen when it is offered or ordered.

    Refused DRAFT_STATE: it is an order, or was discarded; VERSION_STALE: somebody else has put it since.
    """
    check_code(command.draft_order, "draft_order")
    command = replace(command, groups=tuple(map(_timed, command.groups)) or (DraftGroup(),))
    known = draft.world.records.get((KIND, command.draft_order))
    if isinstance(known, DraftOrder):
        if known.state in ENDED or known.channel != command.channel:
            raise Refused(R.DRAFT_STATE, field="draft_order", value=known.id, state=known.state, channel=known.channel)
        if command.revision not in (None, known.revision):
            raise Refused(OrderRefusal.VERSION_STALE, field="revision", value=command.revision, current=known.revision)
        _release(draft, known)
    customer = check_text(command.customer, "customer", 200)
    note = check_text(command.note, "note", 5_000)
    header = PlaceOrder(
        channel=command.channel, external_id=command.draft_order, currency=command.currency, lines=(), total_minor=0
    )
    channel = check_header(draft.world, header)
    total = _total(command, _agreed(draft.world, command, unfinished=True))
    schedule, rule = command.schedule, None
    if schedule is None:
        company = command.company.company if command.company is not None else ""
        bought = Bought(total, command.currency, company, tuple(each.sku for each in command.lines))
        rule = deposit_of(channel.money, bought)
    put = DraftOrderPut(
        id=command.draft_order, channel=command.channel, currency=command.currency, lines=command.lines,
        total_minor=total, at=context.now, by=context.actor.name, charges=command.charges, groups=command.groups,
        taxes_included=command.taxes_included, customer=customer, company=command.company, note=note,
        schedule=rule.schedule if rule is not None else schedule,
        deposit=rule.name if rule is not None else "",
    )  # fmt: skip
    draft.tell_record(DRAFT_ORDER, command.draft_order, put)


def decide_offer(draft: Draft, command: c.OfferDraftOrder, context: Context) -> None:
    """Refused DRAFT_UNTIL: the time is past or too far; STOCK_NOT_AVAILABLE: not all of the units can be kept.

    Refused ADDRESS_MISSING: nothing is known of where goods go that are sent; and else as an order with its lines would be.
    """
    drafted = _known(draft, command)
    if drafted.state not in LIVE:
        raise Refused(R.DRAFT_STATE, field="draft_order", value=drafted.id, state=drafted.state)
    until = utc(command.until, field="until")
    longest = LONGEST_KEPT if command.keep_stock else LONGEST
    if not context.now < until <= context.now + longest:
        raise Refused(R.DRAFT_UNTIL, field="until", value=until, allowed=f"within {longest.days} days")
    agreed = _agreed(draft.world, drafted)
    _release(draft, drafted)
    kept = _keep(draft, drafted, agreed, CartHold(CartHoldId(link_of(drafted.id)), drafted.channel, until, ())) \
        if command.keep_stock else None  # fmt: skip
    offered = DraftOrderOffered(
        at=context.now,
        by=context.actor.name,
        until=until,
        nonce=command.nonce,
        token_hash=command.token_hash,
        kept=kept,
    )
    draft.tell_record(DRAFT_ORDER, drafted.id, offered)


def decide_decline(draft: Draft, command: c.DeclineDraftOrder, context: Context) -> None:
    """Refused DRAFT_UNKNOWN: by another link; DRAFT_STATE, DRAFT_EXPIRED; FIELD_REQUIRED: staff say why."""
    drafted = _known(draft, command)
    if command.token_hash and command.token_hash != drafted.token_hash:
        raise Refused(R.DRAFT_UNKNOWN, field="token")
    check_live(drafted, context, (DraftState.OFFERED,))
    reason = check_text(command.reason, "reason", 500, required=not command.token_hash)
    _end(draft, drafted, DraftState.DECLINED, reason, context)


def decide_discard(draft: Draft, command: c.DiscardDraftOrder, context: Context) -> None:
    """Refused DRAFT_STATE: it is an order, or was discarded before."""
    drafted = _known(draft, command)
    if drafted.state in ENDED:
        raise Refused(R.DRAFT_STATE, field="draft_order", value=drafted.id, state=drafted.state, order=drafted.order)
    _end(draft, drafted, DraftState.DISCARDED, check_text(command.reason, "reason", 500, required=True), context)


def decide_expire(draft: Draft, command: c.ExpireDraftOrder, context: Context) -> None:
    """Refused NOTHING_TO_DO: it is not offered like this any more; DRAFT_NOT_DUE: it is, and its time is not over."""
    drafted = _known(draft, command)
    if drafted.state is not DraftState.OFFERED or drafted.revision != command.revision or drafted.until is None:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="draft_order", value=drafted.id)
    if context.now < drafted.until:
        raise Refused(R.DRAFT_NOT_DUE, field="draft_order", value=drafted.id, until=drafted.until)
    _end(draft, drafted, DraftState.EXPIRED, "", context)


def _known(draft: Draft, command: c.DraftOrderCommand) -> DraftOrder:
    drafted = draft.world.records.get((KIND, command.draft_order))
    if not isinstance(drafted, DraftOrder):
        raise Refused(R.DRAFT_UNKNOWN, field="draft_order", value=command.draft_order[:100])
    return drafted


def _end(draft: Draft, drafted: DraftOrder, state: DraftState, reason: str, context: Context) -> None:
    _release(draft, drafted)
    ended = DraftOrderEnded(state=state, at=context.now, by=context.actor.name, reason=reason)
    draft.tell_record(DRAFT_ORDER, drafted.id, ended)


def _release(draft: Draft, drafted: DraftOrder) -> None:
    """Give back what is kept, unless its time was over before."""
    cart = draft.world.carts.get(drafted.kept) if drafted.kept is not None else None
    if cart is not None:
        draft.tell_stock(CartReleased(cart.id))


def _timed(group: DraftGroup) -> DraftGroup:
    """Its times in UTC. Refused TIME_NOT_AWARE, TIME_OUT_OF_RANGE."""
    times = {name: getattr(group, name) for name in ("promised_by", "release_at")}
    return replace(group, **{name: utc(at, field=f"groups.{name}") for name, at in times.items() if at is not None})


def _agreed(world: World, command: c.PutDraftOrder | DraftOrder, *, unfinished: bool = False) -> list[AgreedLine]:
    """The lines as an order would have them. Refused GROUP_DUPLICATE, PICKUP_LOCATION_UNKNOWN, and as `agreed_lines` says."""
    if not command.lines:
        raise Refused(OrderRefusal.LINES_MISSING, field="lines", value=[])
    groups = demand_groups(world, command)
    included = command.taxes_included
    return agreed_lines(world, command.lines, groups, taxes_included=included, unfinished=unfinished)


def demand_groups(world: World, command: c.PutDraftOrder | DraftOrder) -> list[DemandGroup]:
    """The groups as far as they are known; nobody is named yet."""
    groups: list[DemandGroup] = []
    if len(command.groups) > MAX_GROUPS:
        raise Refused(OrderRefusal.TOO_MANY_LINES, field="groups", value=len(command.groups), allowed=MAX_GROUPS)
    for index, each in enumerate(command.groups):
        field = f"groups[{index}]"
        if any(group.group == each.group for group in groups):
            raise Refused(OrderRefusal.GROUP_DUPLICATE, field=f"{field}.group", value=each.group)
        place = each.place or NOWHERE
        if each.pickup_location is not None:
            location = world.settings.locations.get(each.pickup_location)
            if location is None or not location.pickup:
                raise Refused(
                    OrderRefusal.PICKUP_LOCATION_UNKNOWN, field=f"{field}.pickup_location", value=each.pickup_location
                )
            place = location.place
        elif each.place is not None:
            _check_country(each.place.country, f"{field}.place.country")
        groups.append(
            DemandGroup(
                group=each.group, recipient=PersonToken(link_of("nobody")), place=place, method=each.method,
                pickup_location=each.pickup_location, ship_complete=each.ship_complete, gift=each.gift,
                promised_by=each.promised_by, release_at=each.release_at,
            )
        )  # fmt: skip
    return groups


def _check_country(code: str, field: str) -> None:
    rules = find_country(code)
    if rules is None or rules.country != code:
        raise Refused(AddressRefusal.COUNTRY_UNKNOWN, field=field, value=code[:20])


def _total(command: c.PutDraftOrder, agreed: list[AgreedLine]) -> int:
    total = sum(each.total_minor for each in agreed if each.parent is None)
    total += sum(
        charge_total(each, f"charges[{index}]", command.taxes_included) for index, each in enumerate(command.charges)
    )
    if not 0 <= total <= MAX_MINOR:
        raise Refused(OrderRefusal.AMOUNT_OUT_OF_RANGE, field="charges", value=total)
    return total


def _keep(draft: Draft, drafted: DraftOrder, lines: Sequence[AgreedLine], cart: CartHold) -> CartHoldId | None:
    """Keep units of the pools that the order would be served from; bundles by their components."""
    world, channel = draft.world, draft.world.settings.channels[drafted.channel]
    groups = {each.group: each for each in demand_groups(world, drafted)}
    taken: Counter[tuple[str, str]] = Counter()
    for agreed in lines:
        if agreed.kind not in STOCKED:
            continue
        left = agreed.quantity
        for pool in pools_of(world, channel, False, groups[agreed.group]):
            take = min(left, max(0, world.pool_level(agreed.sku, pool).atp - taken[agreed.sku, pool]))
            taken[agreed.sku, pool] += take
            left -= take
        if left:
            raise Refused(
                StockRefusal.STOCK_NOT_AVAILABLE, field="keep_stock", value=agreed.quantity, sku=agreed.sku,
                available=agreed.quantity - left,
            )  # fmt: skip
    kept = tuple(CartLine(sku, pool, units) for (sku, pool), units in sorted(taken.items()) if units)
    if not kept:
        return None
    draft.tell_stock(CartHeld(CartHold(cart.id, cart.channel, cart.expires_at, kept), world.carts.get(cart.id)))
    return cart.id


RULES: Final[dict[type, Callable[[Draft, Any, Context], Any]]] = {
    c.PutDraftOrder: decide_put,
    c.OfferDraftOrder: decide_offer,
    c.DeclineDraftOrder: decide_decline,
    c.DiscardDraftOrder: decide_discard,
    c.ExpireDraftOrder: decide_expire,
}
