"""Failures as the caller sees them: application/problem+json (RFC 9457), with a code, a field, a value, and facts."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer
from orderline.api.problem_rows import Row
from orderline.api.problem_table import PROBLEMS
from orderline.api.refusals import ApiRefusal
from orderline.values.failures import Refused, Trouble
from orderline.values.ids import new_id
from orderline.values.time import render_instant

MEDIA: Final = "application/problem+json"
# Facts that are words of ours, rather than codes, names or figures; those that help a program and nobody else.
WORDS: Final = frozenset({"because", "hint", "reason", "unblock"})
_NOT_TOLD: Final = frozenset({"actions"})
_CUT: Final = 200
_LONGEST: Final = 1_000
_ITEMS: Final = 50
_UNTITLED: Final = Row(409, "The present state does not allow this")
_logger = logging.getLogger(__name__)
Say = Callable[[str], str]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong. `code` is stable and made for programs, `detail` for people; `field` is a path in the input.

    value: what was sent, cut to a length. facts: what else helps to mend it, such as `allowed` or `available`.
    instance: names this one failure in our log; given for faults of ours.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    value: Any = None
    facts: dict[str, Any] = {}
    instance: str | None = None


def _plain(name: str) -> str:
    return name.replace("_", " ")


def problem_of(refused: Refused) -> Problem:
    """A refusal as a problem."""
    return problem(str(refused.code), refused.facts)


def problem(code: str, facts: Mapping[str, Any], say: Say = str, call: Say = _plain) -> Problem:
    """A refusal as a problem, told in any language. say: our words in it. call: what the name of a fact is called there."""
    row = PROBLEMS.get(code, _UNTITLED)
    told = {name: _cut(value) for name, value in facts.items()}
    field, value = told.pop("field", None), told.pop("value", None)
    detail = _detail(row, field, value, told, say, call)
    return Problem(f"urn:orderline:problem:{code}", say(row.title), row.status, detail, code, field, value, told)


def answer_refused(refused: Refused) -> Answer:
    """The answer to a request that was refused."""
    problem = problem_of(refused)
    headers: dict[str, str] = {}
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    wait = refused.facts.get("retry_after_s")
    if problem.status in (429, 503):
        headers["retry-after"] = str(wait or 1)
    if problem.status == 405:
        headers["allow"] = ", ".join(refused.facts.get("allowed", ()))
    return Answer(problem, problem.status, headers, MEDIA)


def answer_trouble(trouble: Trouble) -> Answer:
    """The answer when a system we need does not answer; what it said is for the log alone."""
    _logger.warning("trouble while answering a request: %s", trouble)
    wait = trouble.retry_after_s or 1
    return answer_refused(Refused(ApiRefusal.SYSTEM_UNAVAILABLE, system=trouble.system, retry_after_s=wait))


def answer_fault(error: BaseException, what: str) -> Answer:
    """The answer to a bug of ours: an id to find it by in the log, and nothing else."""
    instance = new_id()
    _logger.error("fault %s in %s", instance, what, exc_info=error)
    return fault_answer(instance)


def fault_answer(instance: UUID) -> Answer:
    """As `answer_fault`, of something that has been recorded already."""
    problem = msgspec.structs.replace(problem_of(Refused(ApiRefusal.INTERNAL_FAULT)), instance=f"urn:uuid:{instance}")
    return Answer(problem, problem.status, {}, MEDIA)


def _detail(row: Row, field: Any, value: Any, facts: Mapping[str, Any], say: Say, call: Say) -> str:
    about = ": ".join(_shown(each, say) for each in (field, value) if each is not None)
    told = "; ".join(
        f"{call(name)}: {say(fact) if name in WORDS and isinstance(fact, str) else _shown(fact, say)}"
        for name, fact in facts.items()
        if name not in _NOT_TOLD and fact is not None and fact != ""
    )[:_LONGEST]
    title = f"{say(row.title)} ({about})" if about else say(row.title)
    advice = say(row.advice) if row.advice else ""
    return " ".join(f"{each}." for each in (title, f"{told[:1].upper()}{told[1:]}", advice) if each)


def _shown(value: Any, say: Say) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return render_instant(value)
    if isinstance(value, Sequence):
        return ", ".join(_shown(each, say) for each in value) or say("none")
    return msgspec.json.encode(value, enc_hook=str).decode()


def _cut(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value if len(value) <= _CUT else f"{value[:_CUT]}\u2026"
    if isinstance(value, Mapping):
        items = list(value.items())[:_ITEMS]
        return {str(name): _cut(each) for name, each in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cut(each) for each in list(value)[:_ITEMS]]
    return value
