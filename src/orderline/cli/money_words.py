"""Events of returns, credits and postings in words."""

from collections.abc import Iterable
from typing import Final

from orderline.cli.plain import instant, plain
from orderline.cli.telling import Words, both, with_before, with_reason
from orderline.core.disputes.events import (
    AnyDisputeEvent,
    DisputeAccepted,
    DisputeTold,
    EvidenceAnswered,
    EvidenceRequested,
)
from orderline.core.ledger.state import Posted
from orderline.core.orders.buying_events import PriceDifference, PricesDiffered
from orderline.core.orders.credited import Credit
from orderline.core.orders.state import Order
from orderline.core.returns import events as r
from orderline.core.returns.standing import Waiting
from orderline.core.returns.state import Return, ReturnItem, ReturnMoney
from orderline.core.tenders.installments import PERCENT_PPM, Due, Installment, PaymentSchedule
from orderline.core.tenders.schedule_events import AnyScheduleEvent, InstallmentCalled

# What was decided of the money of units that come back.
MONEY: Final[dict[ReturnMoney, str]] = {
    ReturnMoney.NOT_DUE: "no money due for %(units)s",
    ReturnMoney.CREDITED: "credited %(units)s",
    ReturnMoney.DENIED: "no money for %(units)s",
    ReturnMoney.RECOVERED: "money claimed back for %(units)s",
    ReturnMoney.UPHELD: "still no money for %(units)s",
    ReturnMoney.WAIVED: "money let go of for %(units)s",
}
# When a part of what is owed is to be paid, but for days after an invoice.
DUE: Final[dict[Due, str]] = {
    Due.ORDER: "%(part)s due order",
    Due.DATE: "%(part)s due date",
    Due.RELEASE: "%(part)s due release",
    Due.SHIPMENT: "%(part)s due shipment",
}


def tell_return(event: r.AnyReturnEvent, words: Words) -> str:
    """One event of a return in words."""
    say = words.say
    match event:
        case r.ReturnOpened():
            return _opened(event.opened, words)
        case r.ReturnProgressed():
            steps = "; ".join(_steps(event.steps, words)) or say("goods came")
            return with_reason(
                words, say("return %(number)s: %(steps)s", number=event.number, steps=steps), event.reason
            )
        case r.ReturnSent():
            named = " ".join(filter(None, (event.carrier, event.tracking_number)))
            if not named:
                return say("return %(number)s sent", number=event.number)
            return say("return %(number)s sent by %(carrier)s", number=event.number, carrier=named)
        case r.ReturnLabeled():
            label = f"{event.label.carrier} {event.label.tracking_number}"
            if not event.label.code:
                return say("return %(number)s: label %(label)s", number=event.number, label=label)
            return say(
                "return %(number)s: label %(label)s, code %(code)s",
                number=event.number,
                label=label,
                code=event.label.code,
            )
        case r.ReturnTracked():
            said = {"number": event.number, "state": words.plain(event.way)}
            if not event.place:
                return say("return %(number)s: parcel %(state)s", **said)
            return say("return %(number)s: parcel %(state)s at %(place)s", place=event.place, **said)
        case r.WrongGoodsCame():
            goods = event.goods
            return say(
                "return %(number)s: %(quantity)s x %(sku)s came to %(place)s, not expected",
                number=event.number, quantity=goods.quantity, sku=goods.sku, place=goods.location,
            )  # fmt: skip


def _opened(opened: Return, words: Words) -> str:
    items = ", ".join(
        words.say(
            "%(number)s of line %(line)s (%(reason)s)",
            number=each.quantity,
            line=each.line,
            reason=words.plain(each.reason),
        )
        for each in opened.items
    )
    said = {
        "number": opened.number, "source": words.plain(opened.source), "goods": items or words.say("nothing known"),
    }  # fmt: skip
    if not opened.to:
        return words.say("return %(number)s asked for by %(source)s: %(goods)s", **said)
    return words.say("return %(number)s asked for by %(source)s: %(goods)s, to %(place)s", place=opened.to, **said)


def _steps(steps: Iterable[r.ItemStep], words: Words) -> Iterable[str]:
    for each in steps:
        units = words.ngettext(
            "%(num)s unit of item %(item)s", "%(num)s units of item %(item)s", each.quantity, item=each.item
        )
        if each.money is not None and each.custody is None:
            yield words.say(MONEY[each.money], units=units)
        elif each.custody is not None:
            said = {"units": units, "state": words.plain(each.custody)}
            told = (
                words.say("%(units)s %(state)s at %(place)s", place=each.location, **said)
                if each.location
                else words.say("%(units)s %(state)s", **said)
            )
            if each.grade is not None:
                told = f"{told}: {words.plain(each.grade)}"
            if each.disposition is not None:
                told = words.say("%(what)s, to %(disposition)s", what=told, disposition=words.plain(each.disposition))
            yield told


def tell_buying(event: PricesDiffered, currency: str, words: Words) -> str:
    """`prices differ from list acme: line 1 9.00 EUR, by the list 10.00 EUR`."""
    lines = "; ".join(_differs(each, currency, words) for each in event.differences[:5])
    return words.say("prices differ from list %(price_list)s: %(lines)s", price_list=event.price_list, lines=lines)


def _differs(each: PriceDifference, currency: str, words: Words) -> str:
    sent = words.amount(each.sent_minor, currency)
    if each.expected_minor is None:
        return words.say("line %(line)s %(sent)s, by the list none", line=each.line, sent=sent)
    expected = words.amount(each.expected_minor, currency)
    return words.say("line %(line)s %(sent)s, by the list %(expected)s", line=each.line, sent=sent, expected=expected)


def tell_schedule(event: AnyScheduleEvent, currency: str, words: Words, order: Order | None = None) -> str:
    """`to be paid in installments: 30% order, the rest release`; `installment 2 has fallen due, to be paid by ...`."""
    if isinstance(event, InstallmentCalled):
        return words.say(
            "installment %(number)s has fallen due, to be paid by %(time)s",
            number=event.installment, time=words.instant(event.pay_by),
        )  # fmt: skip
    parts = _installments(event.schedule, currency, words)
    told = words.say("to be paid in installments: %(parts)s", parts=parts)
    if not parts:
        told = words.say("paid in no installments any more")
    before = _installments(order.schedule if order is not None else None, currency, words)
    return with_before(words, told, before, parts)


def _installments(schedule: PaymentSchedule | None, currency: str, words: Words) -> str:
    return ", ".join(_installment(each, currency, words) for each in (schedule.installments if schedule else ()))


def _installment(each: Installment, currency: str, words: Words) -> str:
    if each.share_ppm is not None:
        whole, rest = divmod(each.share_ppm, PERCENT_PPM)
        part = f"{whole}{f'.{rest:04}'.rstrip('0') if rest else ''}%"
    elif each.amount_minor is not None:
        part = words.amount(each.amount_minor, currency)
    else:
        part = words.say("the rest")
    if each.due is Due.INVOICE:
        when = words.say("%(part)s %(days)s days after each invoice", part=part, days=each.days)
    else:
        when = words.say(DUE[each.due], part=part)
    return f"{when} {words.instant(each.on)}" if each.on is not None else when


def tell_credit(credit: Credit, currency: str, words: Words) -> str:
    """`credit 1 of 20.00 EUR for return 1, over the tenders`."""
    say = words.say
    said = {"number": credit.number, "amount": words.amount(credit.total_minor, currency)}
    if credit.refers_to:
        told = say("credit %(number)s of %(amount)s for %(about)s", about=_referred(credit.refers_to, words), **said)
    else:
        told = say("credit %(number)s of %(amount)s (%(reason)s)", reason=words.plain(credit.reason), **said)
    if kept := sum(fee.total_minor for fee in credit.fees):
        told = say("%(what)s, after %(amount)s kept back", what=told, amount=words.amount(kept, currency))
    if credit.destination == "tenders":
        return say("%(what)s, over the tenders", what=told)
    return say("%(what)s, as %(destination)s", what=told, destination=words.plain(credit.destination))


def _referred(record: str, words: Words) -> str:
    kind, _, number = record.partition(" ")
    return words.say("return %(number)s", number=number) if kind == "return" else record


def tell_posted(posted: Posted, words: Words) -> str:
    """`booked: captured, 20.00 EUR from deposits to psp clearing`."""
    gave = sorted({words.plain(each.account) for each in posted.entries if each.amount_minor < 0})
    took = sorted({words.plain(each.account) for each in posted.entries if each.amount_minor > 0})
    whole = sum(each.amount_minor for each in posted.entries if each.amount_minor > 0)
    said = {"cause": words.plain(posted.cause), "amount": words.amount(whole, posted.currency)}
    if not (gave and took):
        return words.say("booked: %(cause)s, %(amount)s", **said)
    return words.say(
        "booked: %(cause)s, %(amount)s, from %(gave)s to %(took)s",
        gave=both(words, gave),
        took=both(words, took),
        **said,
    )


def tell_dispute(event: AnyDisputeEvent, currency: str, words: Words) -> str:
    """What has happened to a dispute."""
    say = words.say
    match event:
        case DisputeTold():
            told = say(
                "dispute %(number)s of %(amount)s: %(stage)s",
                number=event.number, amount=words.amount(event.amount_minor, currency), stage=words.plain(event.stage),
            )  # fmt: skip
            if event.reason:
                told = f"{told} ({words.plain(event.reason)})"
            if event.respond_by is None:
                return told
            return say("%(what)s, answer by %(time)s", what=told, time=words.instant(event.respond_by))
        case EvidenceRequested():
            return say("dispute %(number)s to be answered, by %(by)s", number=event.number, by=event.by)
        case EvidenceAnswered() if event.refused:
            return say("dispute %(number)s: evidence refused: %(reason)s", number=event.number, reason=event.refused)
        case EvidenceAnswered():
            return say("dispute %(number)s: evidence taken", number=event.number)
        case DisputeAccepted():
            told = say("dispute %(number)s let stand, by %(by)s", number=event.number, by=event.by)
            return with_reason(words, told, event.note)


def told_return(returned: Return) -> str:
    """`by portal, 2026-03-01 12:04 UTC, to lyon by dhl 123`."""
    to = f", to {returned.to}" if returned.to else ""
    way = " ".join(filter(None, (returned.carrier, returned.tracking_number)))
    told = f"by {plain(returned.source)}, {instant(returned.requested_at)}{to}{f' by {way}' if way else ''}"
    return f"{told}, in exchange for line {', '.join(map(str, returned.exchange.lines))}" if returned.exchange else told


def told_custody(item: ReturnItem) -> str:
    """`graded at lyon: worn, refurbish`."""
    how = ", ".join(plain(each) for each in (item.grade, item.disposition) if each is not None)
    at = f" at {item.location}" if item.location else ""
    return f"{plain(item.custody)}{at}{f': {how}' if how else ''}"


def told_money(item: ReturnItem) -> str:
    """`credited (credit 1)`."""
    return f"{plain(item.money)}{f' (credit {item.credit})' if item.credit else ''}"


def told_waiting(waiting: Waiting | None) -> str:
    """`grade return: lyon, due 2026-03-01 12:04 UTC`; empty: it waits for nothing."""
    return f"{plain(waiting.what)}: {waiting.owner}, due {instant(waiting.due_at)}" if waiting is not None else ""
