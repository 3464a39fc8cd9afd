"""Decision requests in scenarios: asked, answered, met by silence, and what was told of them."""

from datetime import timedelta
from typing import Any

from orderline.core.decisions import commands as d
from orderline.core.decisions import state as told
from orderline.core.decisions.asking import DecisionCause
from orderline.core.orders import commands as c
from orderline.core.orders.promised import PromiseCause
from orderline.core.world import Draft
from orderline.values.ids import new_id
from support.shop import HOME


def _ask(player: Any, words: list[str]) -> list[c.Command]:
    """ask SO-1 unfillable | ask SO-1 delay 2 +12 | ask SO-1 delay 2 never"""
    order, cause, *rest = words
    about: dict[str, Any] = {}
    if rest:
        late = None if rest[1] == "never" else player.shop.now + timedelta(days=int(rest[1]))
        about = {"lines": (int(rest[0]),), "latest_at": late, "why": PromiseCause.SUPPLIER}
    cause = DecisionCause(cause)
    asked = d.DraftDecision(decision=str(new_id()), order=player.orders[order], cause=cause, token_hash="h", **about)
    return [asked]


def _answer(player: Any, words: list[str]) -> list[c.Command]:
    decision = _open(player, words[0])
    address = HOME if words[1] == "ship" else None
    order = player.orders[words[0]]
    return [d.AnswerDecision(decision=decision.id, order=order, option=words[1], token_hash="h", address=address)]


def _silence(player: Any, words: list[str]) -> list[c.Command]:
    """Nobody answers until the deadline."""
    decision = _open(player, words[0])
    player.shop.now = max(player.shop.now, decision.deadline_at)
    return [d.LapseDecision(decision=decision.id, order=player.orders[words[0]], sending=decision.sendings)]


def _review(player: Any, words: list[str]) -> list[c.Command]:
    return [d.ReviewDecision(decision=_open(player, words[0]).id, order=player.orders[words[0]])]


def _open(player: Any, name: str) -> Any:
    [asked] = player.shop.order(player.orders[name]).asked
    return player.shop.world.records["decision", asked.id]


def told_of(draft: Draft) -> list[str]:
    """What was told of decision requests, a line for each event."""
    lines: list[str] = []
    for (kind, _), _, event in draft.record_events:
        if kind != "decision":
            continue
        match event:
            case told.DecisionSent():
                offered = " ".join(
                    f"{option.code}{f'({option.preview.money_minor})' if option.preview.money_minor else ''}"
                    for option in event.options
                )
                hours = int((event.deadline_at - event.at).total_seconds() // 3600)
                lines.append(f"asked: {offered}; after {hours} h {event.default}{' (held)' if event.hold else ''}")
            case told.DecisionAnswered() | told.DecisionDefaulted():
                lines.append(f"{event.evidence.channel}: {event.evidence.answer}")
            case told.DecisionFailed():
                lines.append(f"can't be done: {event.code}")
            case _:
                lines.append(str(event.__struct_config__.tag))
    return lines


VERBS = {"ask": _ask, "answer": _answer, "silence": _silence, "review": _review}
