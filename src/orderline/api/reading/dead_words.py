"""Dead letters in plain words: what was to be done, why it was not, and what a person does now."""

import re
from typing import Final, NamedTuple

from orderline.api.problem_table import PROBLEMS
from orderline.core.job_words import JOBS
from orderline.core.jobs import JobKind


class Advice(NamedTuple):
    """why: what stood in the way. advice: what to do."""

    why: str
    advice: str


_CODE: Final = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?::|$)")
_BUG: Final = re.compile(r"\w*(?:Error|Exception|Group|Exit)\b.*")
# What an error says, by a part of it, and who is meant by {who}; the first that fits is told.
_ROWS: Final[tuple[tuple[str, Advice], ...]] = (
    (
        r"CONNECTOR_UNKNOWN",
        Advice(
            "It names a partner that is not installed here.",
            "Is the name mistyped, correct it where it comes from (the channel, the location, the tender); is it right, install and set up"
            " the connector and try again. Money can be collected another way: add a tender to the order, then give this up.",
        ),
    ),
    (
        r"CONNECTOR_NOT_CONFIGURED",
        Advice("The partner is installed and has no address here.", "Set the partner up, restart, and try again."),
    ),
    (
        r"can't be told; tell it by hand",
        Advice("The channel can't be told this by its connector.", "Tell the channel by hand, then give this up."),
    ),
    (
        r"does not take it|^not sent:",
        Advice(
            "The partner was reached, and turned it down.",
            "What it says is in the error: mend it here or there, then try again. Was it done by hand, give this up.",
        ),
    ),
    (
        r"\b(?:401|403)\b",
        Advice("The partner does not take our key.", "Renew the key in the settings, restart, and try again."),
    ),
    (
        r"not reached|no answer|answer not understood|\b(?:429|5\d\d)\b|did not answer|timed? ?out",
        Advice(
            "{who} did not answer, however often it was asked.",
            "See in the list of partners whether it is well again, then try again: asked twice under one key, it does it once.",
        ),
    ),
    (
        r"answered in [A-Z]{3}, the order is in",
        Advice("The provider answered in another currency.", "See at the provider what it has done; record it by hand, and give this up."),
    ),
)  # fmt: skip
_MOVED_ON: Final = (
    "See where the order stands. Is it still to be done, mend what stands in the way and try again; else give this up."
)
_FAULT: Final = Advice(
    "Something is wrong in Orderline itself.",
    "Tell whoever runs it, with the error. After an update, try again: whatever is done already is not done twice.",
)
_OTHER: Final = Advice("It was given up for the reason in the error.", _MOVED_ON)


def what_of(kind: str) -> str:
    """What a job was to do; the kind itself, when a newer release has written it."""
    known = next((words for each, (words, _) in JOBS.items() if each.value == kind), kind)
    return known[:1].upper() + known[1:]


def advise(kind: str, error: str) -> Advice:
    """Why a job has failed for good, and what to do about it."""
    for pattern, advice in _ROWS:
        if re.search(pattern, error):
            who = JOBS[JobKind(kind)][1] if kind in {each.value for each in JobKind} else "partner"
            named = "Whoever was called" if who == "orderline" else f"The {who}"
            return Advice(advice.why.format(who=named), advice.advice)
    code = _CODE.match(error)
    row = PROBLEMS.get(code.group(1)) if code else None
    if row is not None:
        return Advice(
            f"It was refused: {row.title[:1].lower()}{row.title[1:]}.",
            f"{row.advice}. {_MOVED_ON}" if row.advice else _MOVED_ON,
        )
    return _FAULT if _BUG.fullmatch(error) else _OTHER
