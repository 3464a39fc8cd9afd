"""What stops an order, and what somebody is asked about it, in words."""

from typing import Final

from orderline.cli.telling import ENGLISH, Words, with_before, with_reason
from orderline.cli.telling import lines as lines_of
from orderline.core.decisions.asking import DecisionCause, DelayStage, OpenDecision
from orderline.core.holds.events import (
    AnyHoldEvent,
    HoldConfirming,
    HoldEscalated,
    HoldPlaced,
    HoldReleased,
    OrderScreened,
)
from orderline.core.holds.state import Outcome
from orderline.core.orders.agreed_events import DecisionClosed, DecisionOpened, DelayConsented
from orderline.core.orders.state import Order

# What somebody is asked about.
ASKED_ABOUT: Final[dict[DecisionCause, str]] = {
    DecisionCause.UNFILLABLE: "units that can't be had",
    DecisionCause.DELAY: "a delay",
    DecisionCause.UNCOLLECTED: "goods that were not collected",
    DecisionCause.LATE_WORK: "late work",
    DecisionCause.APPROVAL: "an approval",
    DecisionCause.CHANGE: "a change",
    DecisionCause.ADDRESS: "a doubted address",
}

# How a hold came to its end, or would, once a second person agrees.
ENDED: Final[dict[Outcome, tuple[str, str]]] = {
    Outcome.RELEASED: (
        "hold %(number)s released", "hold %(number)s to be released, said %(by)s; somebody else has to confirm it",
    ),
    Outcome.REJECTED: (
        "hold %(number)s rejected", "hold %(number)s to be rejected, said %(by)s; somebody else has to confirm it",
    ),
}  # fmt: skip

# To what delay somebody has agreed: until a day, or without end.
CONSENTED: Final[dict[DelayStage, tuple[str, str]]] = {
    DelayStage.FIRST: (
        "first delay until %(day)s agreed to (%(how)s)", "first delay without end agreed to (%(how)s)",
    ),
    DelayStage.NEXT: (
        "next delay until %(day)s agreed to (%(how)s)", "next delay without end agreed to (%(how)s)",
    ),
    DelayStage.INDEFINITE: (
        "indefinite delay until %(day)s agreed to (%(how)s)", "indefinite delay without end agreed to (%(how)s)",
    ),
}  # fmt: skip

# How a decision came about, by whom nothing more is known of it, and what it was about.
DECIDED: Final[dict[str, tuple[str, str]]] = {
    "silence": (
        "nobody answered, so by default: %(answer)s",
        "nobody answered about %(what)s, so by default: %(answer)s",
    ),
    "link": ("%(who)s decided, by link: %(answer)s", "%(who)s decided about %(what)s, by link: %(answer)s"),
    "staff": (
        "%(who)s decided, told to staff: %(answer)s",
        "%(who)s decided about %(what)s, told to staff: %(answer)s",
    ),
    "": ("%(who)s decided: %(answer)s", "%(who)s decided about %(what)s: %(answer)s"),
}


def tell_hold(event: AnyHoldEvent, words: Words, order: Order | None = None) -> str:
    """One event of a hold, or of what holds are placed by."""
    say = words.say
    match event:
        case HoldPlaced():
            told = say(
                "hold %(number)s placed (%(type)s), %(owner)s to resolve it",
                number=event.hold.number, type=words.code(event.hold.type), owner=words.code(event.hold.owner),
            )  # fmt: skip
            return with_reason(words, told, event.hold.reason)
        case HoldReleased():
            return with_reason(words, say(ENDED[event.outcome][0], number=event.hold), event.reason)
        case HoldConfirming():
            return say(ENDED[event.confirming.outcome][1], number=event.hold, by=event.confirming.by)
        case HoldEscalated():
            owner = words.code(event.owner)
            told = say(
                "hold %(number)s was not resolved in time, %(owner)s to resolve it", number=event.hold, owner=owner
            )
            known = (each for each in (order.holds if order is not None else ()) if each.number == event.hold)
            return with_before(words, told, next((words.code(each.owner) for each in known), ""), owner)
        case OrderScreened() if event.placed:
            return say(
                "looked at by %(policy)s: score %(score)s, held by %(rules)s",
                policy=event.policy, score=event.score, rules=", ".join(event.placed),
            )  # fmt: skip
        case OrderScreened():
            return say(
                "looked at by %(policy)s: score %(score)s, nothing found", policy=event.policy, score=event.score
            )


def tell_decision(
    event: DecisionOpened | DelayConsented | DecisionClosed, words: Words, order: Order | None = None
) -> str:
    """One event of a decision request."""
    match event:
        case DecisionOpened():
            known = order.asked if order is not None else ()
            before = (each.due_at for each in known if each.id == event.decision.id and each.sent)
            told = _asked(event.decision, words)
            return with_before(words, told, words.instant(next(before, None)), words.instant(event.decision.due_at))
        case DelayConsented():
            return _consented(event, words)
        case DecisionClosed():
            return _decided(event, words)


def about_decision(decision: OpenDecision, words: Words = ENGLISH) -> str:
    """What a decision request is about: `units that can't be had, line 2`."""
    what = words.say(ASKED_ABOUT[decision.cause])
    return f"{what}, {lines_of(words, decision.lines)}" if decision.lines else what


def _asked(decision: OpenDecision, words: Words) -> str:
    who, what = words.plain(decision.to), about_decision(decision, words)
    if decision.sent:
        return words.say(
            "%(who)s asked about %(what)s, until %(time)s", who=who, what=what, time=words.instant(decision.due_at)
        )
    return words.say("a question about %(what)s is drafted, for %(who)s to send", what=what, who=who)


def _consented(event: DelayConsented, words: Words) -> str:
    consent = event.consent
    until, without_end = CONSENTED[consent.stage]
    if consent.latest_at is None:
        return words.say(without_end, how=words.plain(consent.how))
    return words.say(until, day=words.day(consent.latest_at), how=words.plain(consent.how))


def _decided(event: DecisionClosed, words: Words) -> str:
    say = words.say
    about = {"what": say(ASKED_ABOUT[event.cause])} if event.cause is not None else {}
    if event.reason:
        reason = words.code(event.reason)
        if about:
            return say("question about %(what)s withdrawn: %(reason)s", reason=reason, **about)
        return say("question withdrawn: %(reason)s", reason=reason)
    if not event.answer:  # told before answers were noted here
        return say("question about %(what)s decided", **about) if about else say("question decided")
    answer = f"{event.title} ({event.answer})" if event.title else event.answer
    text = DECIDED.get(event.how, DECIDED[""])[1 if about else 0]
    return say(text, who=words.plain(event.to), answer=answer, **about)
