"""What is asked of providers of payments, and what they answer, in words."""

from typing import Final

from orderline.cli.telling import Words, with_reason
from orderline.core.orders import events as e
from orderline.core.orders.state import PaymentKind

AnyTenderEvent = (
    e.TenderAdded
    | e.TenderRetried
    | e.TenderGivenUp
    | e.PaymentRequested
    | e.PaymentAnswered
    | e.PaymentWithdrawn
    | e.RefundReversed
)
# What a provider is asked for, and what it has done.
PAID: Final[dict[PaymentKind, tuple[str, str]]] = {
    PaymentKind.AUTHORIZE: ("authorization of %(amount)s", "%(amount)s authorized"),
    PaymentKind.EXTEND: ("longer authorization of %(amount)s", "%(amount)s authorized for longer"),
    PaymentKind.CAPTURE: ("capture of %(amount)s", "%(amount)s captured"),
    PaymentKind.VOID: ("void of %(amount)s", "%(amount)s voided"),
    PaymentKind.REFUND: ("refund of %(amount)s", "%(amount)s refunded"),
}


def tell_tender(event: AnyTenderEvent, currency: str, words: Words) -> str:
    """One event of a tender or of a payment."""
    say = words.say
    match event:
        case e.TenderAdded():
            return say(
                "tender %(number)s added: %(amount)s by %(method)s",
                number=event.tender.number, amount=words.amount(event.tender.amount_minor, currency),
                method=words.code(event.tender.method),
            )  # fmt: skip
        case e.TenderRetried():
            return say("tender %(number)s to be asked for again, by %(by)s", number=event.tender, by=event.by)
        case e.TenderGivenUp():
            return say("tender %(number)s given up: %(reason)s", number=event.tender, reason=words.code(event.reason))
        case e.PaymentRequested():
            return say(
                "%(what)s asked for (tender %(number)s)",
                what=_asked_for(event, currency, words), number=event.tender,
            )  # fmt: skip
        case e.PaymentAnswered():
            return _answered(event, currency, words)
        case e.PaymentWithdrawn():
            told = say(
                "%(what)s not sent after all",
                what=_asked_for(event, currency, words),
            )  # fmt: skip
            return with_reason(words, told, event.reason)
        case e.RefundReversed():
            said = {
                "amount": words.amount(event.amount_minor, currency), "number": event.tender, "reference": event.reference,
            }  # fmt: skip
            if event.reason:
                return say(
                    "refund of %(amount)s sent back (tender %(number)s, %(reference)s): %(reason)s; it is owed again",
                    reason=words.code(event.reason), **said,
                )  # fmt: skip
            return say("refund of %(amount)s sent back (tender %(number)s, %(reference)s); it is owed again", **said)


def _answered(event: e.PaymentAnswered, currency: str, words: Words) -> str:
    if event.in_doubt:
        return words.say(
            "%(what)s: the answer was lost; the provider will be asked", what=_asked_for(event, currency, words)
        )
    if event.declined:
        return words.say(
            "%(what)s declined: %(code)s", what=_asked_for(event, currency, words), code=words.code(event.declined)
        )
    done = words.say(PAID[event.kind][1], amount=words.amount(event.amount_minor, currency))
    return f"{done} ({event.reference})" if event.reference else done


def _asked_for(event: e.PaymentRequested | e.PaymentAnswered | e.PaymentWithdrawn, currency: str, words: Words) -> str:
    return words.say(PAID[event.kind][0], amount=words.amount(event.amount_minor, currency))
