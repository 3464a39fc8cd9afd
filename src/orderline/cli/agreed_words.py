"""What was agreed anew, in words: the total, and what of lines, charges and deliveries is another than before."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from orderline.cli.telling import Words, with_before
from orderline.core.orders.state import AgreedLine, Agreement, DemandGroup, Order

# What of a line or of a group of them is another than before.
OF_LINE: Final = {
    "quantity": "line %(line)s quantity %(value)s",
    "price": "line %(line)s price %(value)s",
    "discount": "line %(line)s discount %(value)s",
}
OF_GROUP: Final = {
    "to": "delivered to %(value)s",
    "method": "delivery method %(value)s",
    "promised": "promised by %(value)s",
    "released": "released from %(value)s",
}


def tell_amended(agreement: Agreement, currency: str, words: Words, order: Order | None) -> str:
    """`amended: agreement 2, 40.00 EUR (before: 60.00 EUR); line 1 quantity 2 (before: 3)`."""
    amount = words.amount(agreement.total_minor, currency)
    told = words.say("amended: agreement %(number)s, %(amount)s", number=agreement.number, amount=amount)
    if order is None:
        return told
    before = order.agreement
    parts = (
        with_before(words, told, words.amount(before.total_minor, currency), amount),
        *_lines(before, agreement, currency, words),
        *_charges(before, agreement, currency, words),
        *_groups(before, agreement, words),
    )
    return "; ".join(parts)


def _lines(before: Agreement, after: Agreement, currency: str, words: Words) -> Iterator[str]:
    say, were = words.say, {each.line: each for each in before.lines}
    for line in after.lines:
        was = were.get(line.line)
        if was is None:
            price = words.amount(line.unit_price_minor, currency)
            yield say(
                "line %(line)s new: %(quantity)s x %(sku)s at %(price)s",
                line=line.line, quantity=words.number(line.quantity), sku=line.sku, price=price,
            )  # fmt: skip
            continue
        values, then = _of_line(line, currency, words), _of_line(was, currency, words)
        for name, text in OF_LINE.items():
            if values[name] != then[name]:
                told = say(text, line=line.line, value=values[name])
                yield with_before(words, told, then[name], values[name])
        if line.gift_message != was.gift_message:
            yield say("another gift message for line %(line)s", line=line.line)
    for each in after.removed:
        yield words.ngettext(
            "%(num)s unit of line %(line)s given up",
            "%(num)s units of line %(line)s given up",
            each.quantity,
            line=each.line,
        )


def _of_line(line: AgreedLine, currency: str, words: Words) -> dict[str, str]:
    return {
        "quantity": words.number(line.quantity),
        "price": words.amount(line.unit_price_minor, currency),
        "discount": words.amount(line.discount_minor, currency),
    }


def _charges(before: Agreement, after: Agreement, currency: str, words: Words) -> Iterator[str]:
    sums = defaultdict[str, list[int]](lambda: [0, 0])
    for at, agreement in enumerate((before, after)):
        for each in agreement.charges:
            sums[each.kind][at] += each.amount_minor
    for kind, (then, now) in sums.items():
        if now != then:
            told = f"{words.plain(kind)} {words.amount(now, currency)}"
            yield with_before(words, told, words.amount(then, currency), "")


def _groups(before: Agreement, after: Agreement, words: Words) -> Iterator[str]:
    were = {each.group: each for each in before.groups}
    for group in after.groups:
        was = were.get(group.group)
        parts = list(_of_group(group, was, words)) if was is not None else []
        if parts and len(after.groups) > 1:
            yield words.say("group %(number)s: %(what)s", number=group.group, what=", ".join(parts))
        else:
            yield from parts


def _of_group(group: DemandGroup, was: DemandGroup, words: Words) -> Iterator[str]:
    say, none = words.say, words.say("none")
    values, then = _values(group, words), _values(was, words)
    for name, text in OF_GROUP.items():
        if values[name] != then[name]:
            told = say(text, value=values[name] or none)
            yield with_before(words, told, then[name] or none, values[name])
    if group.recipient != was.recipient and values["to"] == then["to"]:
        yield say("another recipient or street")
    if group.ship_complete is not was.ship_complete:
        yield say("all in one shipment") if group.ship_complete else say("in more than one shipment, if need be")
    if group.gift is not was.gift:
        yield say("it is a gift") if group.gift else say("it is no gift")


def _values(group: DemandGroup, words: Words) -> dict[str, str]:
    """to: as far as it is known, since the journal keeps no street."""
    place = group.place
    address = " ".join(filter(None, (place.postal_code, place.city, place.region, place.country)))
    collected = group.pickup_location
    return {
        "to": words.say("pickup at %(place)s", place=collected) if collected else address,
        "method": words.plain(group.method),
        "promised": words.instant(group.promised_by),
        "released": words.instant(group.release_at),
    }
