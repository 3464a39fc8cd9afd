"""What became of a command that was kept on a device while it had no connection, told to the script that sends it at last."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Final, Literal

import msgspec

from orderline.console.languages import word
from orderline.console.visits import Failed, Gone, Sent, Shown, Visit, sent_whole

Act = Callable[[Visit], Awaitable[Shown | Gone]]
# The field by which the script says that it wants a verdict and no page.
LATER: Final = "later"
_REUSED: Final = "IDEMPOTENCY_KEY_REUSED"
_GONE: Final = 404
_FAULT: Final = 500
# What it was about has gone on meanwhile, so that the command has lost its sense rather than been wrong.
_STALE: Final = frozenset({"FULFILLMENT_NOT_OPEN", "QUANTITY_NOT_AVAILABLE", "PARCEL_NOT_PACKED", "PARCEL_UNKNOWN"})
_ADVICE: Final = {
    "refused": word("Nothing was changed by it."),
    "stale": word("It has changed meanwhile: open it, and go by what it says now."),
}


class Verdict(msgspec.Struct, frozen=True):
    """told: why not, in words. advice: what to do about it. to: the page that shows what came of it."""

    verdict: Literal["done", "refused", "stale"]
    told: str = ""
    advice: str = ""
    to: str = ""


def judged(act: Act) -> Callable[[Visit], Awaitable[Shown | Gone | Sent]]:
    """The same page; with `later=yes` a verdict as JSON in its place. What may pass (503) is none: it is sent again."""

    @wraps(act)
    async def answer(visit: Visit) -> Shown | Gone | Sent:
        if visit.form.get(LATER) != "yes":
            return await act(visit)
        try:
            shown = await act(visit)
        except Failed as failed:
            if failed.status >= _FAULT:
                raise
            return _sent(visit, "stale" if failed.status == _GONE else "refused", _words(visit, failed.problem))
        if isinstance(shown, Gone):
            return sent_whole(msgspec.json.encode(Verdict("done", to=shown.to)), "application/json", "verdict.json")
        if shown.status >= _FAULT:
            return shown
        wrong = shown.about.get("wrong", "")
        told = " ".join(wrong.values()) if isinstance(wrong, Mapping) else str(wrong)
        return _sent(visit, "stale" if is_stale(shown.about.get("code", "")) else "refused", told)

    return answer


def was_done(visit: Visit, status: int, answer: Any) -> bool:
    """Was it done, now or by the same key before? What a scan means is read from the work, which has gone on since."""
    return status < 400 or (visit.form.get(LATER) == "yes" and bool(answer) and answer.get("code") == _REUSED)


def refused(shown: Shown, answer: Mapping[str, Any]) -> Shown:
    """The page that tells a refusal, with what the verdict needs of it."""
    shown.about["code"] = str(answer.get("code", ""))
    return shown


def is_stale(code: str) -> bool:
    """Was it refused since what it is about has gone on?"""
    return code in _STALE or code.endswith(("_STATE", "_UNKNOWN"))


def _sent(visit: Visit, verdict: Literal["refused", "stale"], told: str) -> Sent:
    made = Verdict(verdict, told, visit.say(_ADVICE[verdict]))
    return sent_whole(msgspec.json.encode(made), "application/json", "verdict.json")


def _words(visit: Visit, problem: Mapping[str, Any]) -> str:
    return ": ".join(visit.say(str(problem[each])) for each in ("title", "detail") if problem.get(each))
