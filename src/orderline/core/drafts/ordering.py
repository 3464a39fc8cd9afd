"""Make a draft order an order: placed by the rules of all orders, and as it was drafted or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.drafts.refusals import DraftRefusal as R
from orderline.core.drafts.state import DRAFT_ORDER, KIND, LIVE, DraftGroup, DraftOrder, DraftOrdered, DraftState
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.commands import GroupInput, PlaceOrder
from orderline.core.orders.state import DemandGroup
from orderline.core.world import Draft
from orderline.values.address import Address, Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_SAME: Final = ("channel", "currency", "lines", "charges", "taxes_included", "total_minor")
_SAME_GROUP: Final = ("method", "pickup_location", "ship_complete", "gift", "promised_by", "release_at")


def placing_of(
    drafted: DraftOrder,
    addresses: Mapping[int, Address],
    emails: Mapping[int, str],
    *,
    po_number: str = "",
    **about: Any,
) -> PlaceOrder:
    """The order that a draft order is, with addresses and emails by group. about: what else an order has, such as tenders.

    po_number: the company's own name for it, where it has none yet.
    """
    groups = tuple(
        GroupInput(
            group=each.group, method=each.method, pickup_location=each.pickup_location, ship_complete=each.ship_complete,
            gift=each.gift, address=addresses.get(each.group), email=emails.get(each.group, ""),
            promised_by=each.promised_by, release_at=each.release_at,
        )
        for each in drafted.groups
    )  # fmt: skip
    kept = str(drafted.kept) if drafted.kept is not None else ""
    fields = {name: getattr(drafted, name) for name in _SAME}
    if drafted.company is not None:
        fields["company"] = replace(drafted.company, po_number=po_number or drafted.company.po_number)
    schedule = drafted.schedule if about.get("tenders") or not drafted.deposit else None
    given: dict[str, Any] = {"external_id": drafted.id, "note": drafted.note, "schedule": schedule} | about
    return PlaceOrder(**fields, groups=groups, draft=drafted.id, cart_hold=kept, **given)


def stand_in(place: Place) -> Address:
    """An address at a place, to see what an order to it would come to before the real one is known."""
    return Address(
        country=place.country, region=place.region, postal_code=place.postal_code, city=place.city or "-", name="-",
        lines=("-",),
    )  # fmt: skip


def commit_draft(draft: Draft, command: PlaceOrder, order_id: OrderId, context: Context) -> None:
    """Note that a draft order has become this order.

    Refused DRAFT_UNKNOWN: there is none in the channel. DRAFT_STATE: it has become one already, or was declined or given up.
    DRAFT_EXPIRED: its offer is over.
    Refused DRAFT_OF_OTHER_GOODS: the order is not what was drafted.
    """
    if not command.draft:
        return
    drafted = draft.world.records.get((KIND, command.draft))
    if not isinstance(drafted, DraftOrder) or drafted.channel != command.channel:
        raise Refused(R.DRAFT_UNKNOWN, field="draft", value=command.draft[:100])
    check_live(drafted, context)
    for name in _SAME:
        if getattr(command, name) != getattr(drafted, name):
            raise Refused(R.DRAFT_OF_OTHER_GOODS, field=name, value=drafted.id)
    if not _same_company(command.company, drafted.company):
        raise Refused(R.DRAFT_OF_OTHER_GOODS, field="company", value=drafted.id)
    unpaid = drafted.deposit and not command.tenders
    if drafted.schedule is not None and command.schedule != drafted.schedule and not unpaid:
        raise Refused(R.DRAFT_OF_OTHER_GOODS, field="schedule", value=drafted.id)
    if drafted.kept is not None and command.cart_hold != str(drafted.kept):
        raise Refused(R.DRAFT_OF_OTHER_GOODS, field="cart_hold", value=drafted.id, allowed=str(drafted.kept))
    order = draft.world.order(order_id)
    _check_groups(drafted, order.agreement.groups)
    by = context.actor.name
    draft.tell_record(DRAFT_ORDER, drafted.id, DraftOrdered(order=order.number, at=context.now, by=by))


def check_live(drafted: DraftOrder, context: Context, states: Iterable[DraftState] = LIVE) -> None:
    """Refused DRAFT_STATE: it is in none of the states; DRAFT_EXPIRED: it was offered until a time that is over."""
    known: dict[str, Any] = {"field": "draft_order", "value": drafted.id, "state": drafted.state}
    if drafted.state is DraftState.EXPIRED or (
        drafted.state is DraftState.OFFERED and drafted.until is not None and drafted.until <= context.now
    ):
        raise Refused(R.DRAFT_EXPIRED, **known, until=drafted.until, unblock="support: put it anew and offer it again")
    if drafted.state not in states:
        raise Refused(R.DRAFT_STATE, **known, order=drafted.order, allowed=[str(each) for each in states])


def _same_company(given: CompanyInput | None, drafted: CompanyInput | None) -> bool:
    """Does the same company buy, under the number that was drafted, or any where none was?"""
    if given is None or drafted is None or drafted.po_number:
        return given == drafted
    return replace(given, po_number="") == drafted


def _check_groups(drafted: DraftOrder, groups: Sequence[DemandGroup]) -> None:
    known = {group.group: group for group in groups}
    if set(known) != {each.group for each in drafted.groups}:
        raise Refused(R.DRAFT_OF_OTHER_GOODS, field="groups", value=drafted.id)
    for each in drafted.groups:
        group = known[each.group]
        if any(getattr(group, name) != getattr(each, name) for name in _SAME_GROUP) or not _is_there(each, group):
            raise Refused(R.DRAFT_OF_OTHER_GOODS, field="groups", value=drafted.id, group=each.group)


def _is_there(drafted: DraftGroup, group: DemandGroup) -> bool:
    """Does the group go where it was said to go, in its country, and to its postal code where that was told?"""
    place = drafted.place
    if place is None or drafted.pickup_location is not None:
        return True
    code = _plain(place.postal_code)
    return group.place.country == place.country and (not code or _plain(group.place.postal_code) == code)


def _plain(code: str) -> str:
    return code.replace(" ", "").upper()
