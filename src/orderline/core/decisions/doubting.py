"""What is doubted about an address, for the question whether goods are to be sent there. The address itself is kept nowhere here."""

from collections.abc import Mapping
from typing import Final

import msgspec

from orderline.core.holds.rules import ADDRESS
from orderline.core.orders.cancel import cancelable_units
from orderline.core.orders.state import DemandGroup, Hold, LineKind, Order
from orderline.core.people.checking import problems_of, suggested
from orderline.values.address import Address
from orderline.values.ids import PersonToken

# What is odd, as customers read it.
SAID: Final[dict[str, str]] = {
    "street_too_short": "the street seems to lack something",
    "house_number_missing": "a house number is missing",
    "post_office_box": "parcels are not delivered to post office boxes",
    "name_odd": "the name does not look like one",
    "city_odd": "the town does not look like one",
    "written_otherwise": "something in it is said twice",
}


class Doubt(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A doubted address. recipient: whose it is. problems: codes of what is odd; suggests: it would rather be written otherwise."""

    group: int
    recipient: PersonToken
    problems: tuple[str, ...] = ()
    suggests: bool = False


def doubted_hold(order: Order, number: int | None) -> Hold | None:
    """The hold on a doubted address of that number; the first, when none is given."""
    return next((each for each in order.holds if each.type == ADDRESS and number in (None, each.number)), None)


def doubted_groups(order: Order, hold: Hold) -> list[DemandGroup]:
    """The groups whose address may be meant: those that are sent; that of its line, of a hold on a line."""
    lines = [each for each in order.lines if each.kind is LineKind.SHIP and hold.line in (None, each.line)]
    wanted = {each.group for each in lines if cancelable_units(each)}
    return [each for each in order.agreement.groups if each.group in wanted and each.pickup_location is None]


def doubt_of(order: Order, number: int | None, addresses: Mapping[PersonToken, Address]) -> Doubt | None:
    """What is doubted, by what is known of recipients: of several addresses the first that is odd. None: nothing."""
    hold = doubted_hold(order, number)
    found: list[Doubt] = []
    for group in doubted_groups(order, hold) if hold is not None else ():
        address = addresses.get(group.recipient)
        suggests = address is not None and suggested(address) != address
        problems = problems_of(order, address)
        found.append(Doubt(group=group.group, recipient=group.recipient, problems=problems, suggests=suggests))
    return next((each for each in found if each.problems), found[0] if found else None)


def suggestion_for(doubt: Doubt | None, address: Address | None) -> Address | None:
    """The doubted address as it would rather be written; None: it is written well, or nobody knows it any more."""
    return suggested(address) if doubt is not None and doubt.suggests and address is not None else None


def doubted_units(order: Order, number: int | None, doubt: Doubt | None) -> dict[int, int]:
    """Units by line that are still to be sent to a doubted address; none, once another is agreed or the hold is gone."""
    hold = doubted_hold(order, number)
    if hold is None or doubt is None:
        return {}
    groups = {each.group for each in doubted_groups(order, hold) if each.recipient == doubt.recipient}
    return {
        each.line: cancelable_units(each) for each in order.lines if each.group == doubt.group and doubt.group in groups
    }
