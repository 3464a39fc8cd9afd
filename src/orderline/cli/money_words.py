"""Events of returns, credits and postings in words."""

from collections.abc import Iterable

from orderline.cli.plain import amount, count, instant, plain
from orderline.core.disputes.events import (
    AnyDisputeEvent,
    DisputeAccepted,
    DisputeTold,
    EvidenceAnswered,
    EvidenceRequested,
)
from orderline.core.ledger.state import Posted
from orderline.core.orders.buying_events import PricesDiffered
from orderline.core.orders.credited import Credit
from orderline.core.returns import events as r
from orderline.core.returns.standing import Waiting
from orderline.core.returns.state import Return, ReturnItem, ReturnMoney
from orderline.core.tenders.installments import PERCENT_PPM, Due, Installment
from orderline.core.tenders.schedule_events import AnyScheduleEvent, InstallmentCalled

_MONEY = {
    ReturnMoney.CREDITED: "credited",
    ReturnMoney.DENIED: "no money for",
    ReturnMoney.RECOVERED: "money claimed back for",
    ReturnMoney.UPHELD: "still no money for",
    ReturnMoney.WAIVED: "money let go of for",
}


def tell_return(event: r.AnyReturnEvent) -> str:
    """One event of a return in words."""
    match event:
        case r.ReturnOpened():
            opened = event.opened
            lines = ", ".join(f"{each.quantity} of line {each.line} ({plain(each.reason)})" for each in opened.items)
            to = f", to {opened.to}" if opened.to else ""
            return f"return {opened.number} asked for by {plain(opened.source)}: {lines or 'nothing known'}{to}"
        case r.ReturnProgressed():
            return f"return {event.number}: {'; '.join(_steps(event.steps)) or 'goods came'}{_why(event.reason)}"
        case r.ReturnSent():
            named = " ".join(filter(None, (event.carrier, event.tracking_number)))
            return f"return {event.number} sent{f' by {named}' if named else ''}"
        case r.ReturnLabeled():
            code = f", code {event.label.code}" if event.label.code else ""
            return f"return {event.number}: label {event.label.carrier} {event.label.tracking_number}{code}"
        case r.ReturnTracked():
            place = f" at {event.place}" if event.place else ""
            return f"return {event.number}: parcel {plain(event.way)}{place}"
        case r.WrongGoodsCame():
            goods = event.goods
            return f"return {event.number}: {goods.quantity} x {goods.sku} came to {goods.location}, not expected"


def tell_buying(event: PricesDiffered, currency: str) -> str:
    """`prices differ from list acme: line 1 9.00 EUR, by the list 10.00 EUR`."""
    lines = "; ".join(
        f"line {each.line} {amount(each.sent_minor, currency)}, by the list "
        f"{'none' if each.expected_minor is None else amount(each.expected_minor, currency)}"
        for each in event.differences[:5]
    )
    return f"prices differ from list {event.price_list}: {lines}"


def tell_schedule(event: AnyScheduleEvent, currency: str) -> str:
    """`to be paid in installments: 30% order, the rest release`; `installment 2 has fallen due, to be paid by ...`."""
    if isinstance(event, InstallmentCalled):
        return f"installment {event.installment} has fallen due, to be paid by {instant(event.pay_by)}"
    if event.schedule is None:
        return "paid in no installments any more"
    parts = ", ".join(_installment(each, currency) for each in event.schedule.installments)
    return f"to be paid in installments: {parts}"


def _installment(each: Installment, currency: str) -> str:
    part = "the rest"
    if each.share_ppm is not None:
        whole, rest = divmod(each.share_ppm, PERCENT_PPM)
        part = f"{whole}{f'.{rest:04}'.rstrip('0') if rest else ''}%"
    elif each.amount_minor is not None:
        part = amount(each.amount_minor, currency)
    when = f"{each.days} days after each invoice" if each.due is Due.INVOICE else f"due {plain(each.due)}"
    return f"{part} {when}{f' {instant(each.on)}' if each.on is not None else ''}"


def tell_credit(credit: Credit, currency: str) -> str:
    """`credit 1 of 20.00 EUR for return 1, over the tenders`."""
    to = "over the tenders" if credit.destination == "tenders" else f"as {plain(credit.destination)}"
    kept = sum(fee.total_minor for fee in credit.fees)
    less = f", after {amount(kept, currency)} kept back" if kept else ""
    about = f" for {credit.refers_to}" if credit.refers_to else f" ({plain(credit.reason)})"
    return f"credit {credit.number} of {amount(credit.total_minor, currency)}{about}{less}, {to}"


def tell_posted(posted: Posted) -> str:
    """`booked: captured, 20.00 EUR from deposits to psp clearing`."""
    gave = sorted({plain(each.account) for each in posted.entries if each.amount_minor < 0})
    took = sorted({plain(each.account) for each in posted.entries if each.amount_minor > 0})
    whole = sum(each.amount_minor for each in posted.entries if each.amount_minor > 0)
    way = f", from {' and '.join(gave)} to {' and '.join(took)}" if gave and took else ""
    return f"booked: {plain(posted.cause)}, {amount(whole, posted.currency)}{way}"


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


def _steps(steps: Iterable[r.ItemStep]) -> Iterable[str]:
    for each in steps:
        units = f"{count(each.quantity, 'unit')} of item {each.item}"
        if each.money is not None and each.custody is None:
            yield f"{_MONEY[each.money]} {units}"
        elif each.custody is not None:
            how = f": {plain(each.grade)}" if each.grade is not None else ""
            then = f", to {plain(each.disposition)}" if each.disposition is not None else ""
            at = f" at {each.location}" if each.location else ""
            yield f"{units} {plain(each.custody)}{at}{how}{then}"


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""


def tell_dispute(event: AnyDisputeEvent, currency: str) -> str:
    """What has happened to a dispute."""
    match event:
        case DisputeTold():
            reason = f" ({plain(event.reason)})" if event.reason else ""
            until = f", answer by {instant(event.respond_by)}" if event.respond_by is not None else ""
            sum_ = amount(event.amount_minor, currency)
            return f"dispute {event.number} of {sum_}: {plain(event.stage.value)}{reason}{until}"
        case EvidenceRequested():
            return f"dispute {event.number} to be answered, by {event.by}"
        case EvidenceAnswered():
            said = f"evidence refused: {event.refused}" if event.refused else "evidence taken"
            return f"dispute {event.number}: {said}"
        case DisputeAccepted():
            return f"dispute {event.number} let stand, by {event.by}{_why(event.note)}"
