"""How units of an order move, in words."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from orderline.cli.telling import ENGLISH, Words, both, units, with_before, with_reason
from orderline.core.moves import Move
from orderline.core.orders import events as e
from orderline.core.orders.state import Order

# How a move is told, without a place and with one: the location, or the pool.
MOVED: Final[dict[Move, tuple[str, str]]] = {
    Move.UNRESERVE: ("%(units)s no longer reserved", "%(units)s no longer reserved %(place)s"),
    Move.ALLOCATE: ("%(units)s allocated", "%(units)s allocated to %(place)s"),
    Move.PULL_BACK: ("%(units)s pulled back", "%(units)s pulled back from %(place)s"),
    Move.RELEASE: ("%(units)s released", "%(units)s released to %(place)s"),
    Move.REJECT: ("%(units)s rejected", "%(units)s rejected by %(place)s"),
    Move.PICK: ("%(units)s picked", "%(units)s picked at %(place)s"),
    Move.UNPICK: ("%(units)s put back", "%(units)s put back at %(place)s"),
    Move.PACK: ("%(units)s packed", "%(units)s packed at %(place)s"),
    Move.UNPACK: ("%(units)s unpacked", "%(units)s unpacked at %(place)s"),
    Move.SHIP: ("%(units)s shipped", "%(units)s shipped from %(place)s"),
    Move.FULFILL: ("%(units)s fulfilled", "%(units)s fulfilled %(place)s"),
    Move.DELIVER: ("%(units)s delivered", "%(units)s delivered"),
    Move.LOSE: ("%(units)s lost", "%(units)s lost"),
    Move.RETURN: ("%(units)s returned", "%(units)s returned to %(place)s"),
    Move.SEND_BACK: ("%(units)s sent back to the customer", "%(units)s sent back to the customer from %(place)s"),
    Move.CANCEL: ("%(units)s canceled", "%(units)s canceled at %(place)s"),
    Move.SHIP_LATE: ("%(units)s shipped although canceled", "%(units)s shipped although canceled, from %(place)s"),
    Move.UNSHIP: ("%(units)s not shipped after all, packed", "%(units)s not shipped after all, packed at %(place)s"),
    Move.UNSHIP_LATE: (
        "%(units)s not shipped after all, canceled",
        "%(units)s not shipped after all, canceled at %(place)s",
    ),
}


def tell_moved(event: e.UnitsMoved, words: Words, order: Order | None = None) -> str:
    """`3 units of line 1 released to lyon`."""
    say, moved = words.say, items_of(event.items, words)
    pools = sorted({each.pool for each in event.items if each.pool})
    if event.move is Move.RESERVE:
        if not pools:
            return say("%(units)s reserved in stock", units=moved)
        return say("%(units)s reserved in %(pools)s", units=moved, pools=", ".join(pools))
    if event.move is Move.PEG:
        return say("%(units)s waiting for %(supply)s", units=moved, supply=", ".join(_expected(event.items, words)))
    if event.move is Move.UNPEG:
        rows = sorted({supply_row(each.supply, words) for each in event.items if each.supply})
        supply = ", ".join(rows) or say("supply")
        if event.reason == "supply":
            return say(
                "%(units)s no longer waiting for %(supply)s, which is late or does not come", units=moved, supply=supply
            )
        return say("%(units)s no longer waiting for %(supply)s", units=moved, supply=supply)
    if event.move is Move.RECLAIM:
        into = sorted({each.into for each in event.items if each.into})
        said = {"units": moved, "pools": ", ".join(pools)}
        if not into:
            return say("%(units)s found no location in %(pools)s: now waiting for supply", **said)
        return say("%(units)s found no location in %(pools)s: now %(into)s", into=both(words, into), **said)
    alone, placed = MOVED[event.move]
    told = say(placed, units=moved, place=event.location) if event.location else say(alone, units=moved)
    if event.move is Move.ALLOCATE and order is not None:
        told = with_before(words, told, _last_place(event, order), event.location)
    if event.shelf:
        told = say("%(what)s (%(shelf)s on the shelf)", what=told, shelf=words.code(event.shelf))
    return with_reason(words, told, event.reason)


def _last_place(event: e.UnitsMoved, order: Order) -> str:
    """The location that had units of the lines last and has none of them any more; empty: none had."""
    lines = {each.line for each in event.items}
    had = (
        each.location
        for each in reversed(order.fulfillments)
        if any(item.line in lines and not item.units.total() for item in each.items)
    )
    return next(had, "")


def _expected(items: Iterable[e.MovedItem], words: Words) -> list[str]:
    rows = {each.supply: each.promised_at for each in items if each.supply}
    return [
        words.say("%(supply)s (ready %(day)s)", supply=supply_row(row, words), day=words.day(at))
        if at
        else supply_row(row, words)
        for row, at in sorted(rows.items())
    ]


def items_of(items: Iterable[e.MovedItem], words: Words = ENGLISH) -> str:
    """`3 units (2 of line 1, 1 of line 2)`."""
    by_line: Counter[int] = Counter()
    for each in items:
        by_line[each.line] += each.quantity
    total = sum(by_line.values())
    if len(by_line) == 1:
        line = next(iter(by_line))
        return words.ngettext("%(num)s unit of line %(line)s", "%(num)s units of line %(line)s", total, line=line)
    parts = (
        words.say("%(number)s of line %(line)s", number=number, line=line) for line, number in sorted(by_line.items())
    )
    return f"{units(words, total)} ({', '.join(parts)})"


def supply_row(row: str, words: Words = ENGLISH) -> str:
    """`purchase order PO-7, line 2`, of the id of a row of dated supply."""
    kind, _, rest = row.partition(":")
    record, _, line = rest.rpartition(":")
    if not (record and line):
        return row
    return words.say("%(kind)s %(number)s, line %(line)s", kind=words.plain(kind), number=record, line=line)
