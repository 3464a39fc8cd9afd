"""All texts of pages that are to be translated: those of templates, those that code marks, and the words of codes."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract

from orderline.api.operations import OPERATIONS
from orderline.api.queues import QUEUES
from orderline.console import customer_words
from orderline.console.acting import ACTIONS
from orderline.console.languages import CUSTOMERS
from orderline.console.listings import SECTIONS
from orderline.console.orders import BUCKETS
from orderline.console.station.receiving import GRADES
from orderline.core.holds.rules import TYPES
from orderline.core.orders.parcels import ParcelState
from orderline.core.orders.state import Execution, Negotiation
from orderline.core.orders.vocabulary import AXES, OURS
from orderline.core.returns.policy import REASONS
from support.repository import PACKAGE

CONSOLE: Final = PACKAGE / "console"
TEMPLATES: Final = CONSOLE / "templates"
FILES: Final = CONSOLE / "locale"
# What marks a text in code: it is translated there, or where it is shown.
MARKS: Final[dict[str, Any]] = {"say": None, "word": None, "Wrong": None}
# Codes that stand in no table of their own: facts beside a status, what is next for an order, and who does it.
FLAGS: Final = ("in_doubt", "lost", "backordered", "oversold")
STEPS: Final = (
    "accept", "answer_decision", "answer_dispute", "authorize_payment", "close", "collect", "deliver", "hand_over", "make_ready",
    "pack", "pick", "receive_return", "resolve_hold", "restock", "route", "send_decision", "submit",
)  # fmt: skip
DAY: Final = ("orders", "shipments", "exceptions")
OWNERS: Final = tuple({owner for _, owner, _ in TYPES.values()})
# A text, and its form for many where it has one.
Text = str | tuple[str, str]


def texts(readers: str) -> set[Text]:
    """All that people of a kind read in pages."""
    if readers == CUSTOMERS:
        return {*_of_templates(sorted(TEMPLATES.glob("customer/*.html"))), *customer_words.texts(OURS)}
    templates = [each for each in sorted(TEMPLATES.rglob("*.html")) if each.parent.name != "customer"]
    return {*_of_templates(templates), *_of_code(), *_of_codes()} - {""}


def _of_templates(files: list[Path]) -> Iterator[Text]:
    for file in files:
        with file.open("rb") as content:
            yield from _told(extract("jinja2.ext:babel_extract", content, options={"newstyle_gettext": "true"}))


def _of_code() -> Iterator[Text]:
    for file in sorted(CONSOLE.rglob("*.py")):
        with file.open("rb") as content:
            yield from _told(extract("python", content, keywords=MARKS))


def _told(found: Any) -> Iterator[Text]:
    for _, text, *_ in found:
        several = (text,) if isinstance(text, str) else tuple(each for each in text if each is not None)
        yield several[0] if len(several) == 1 else (several[0], several[1])


def _of_codes() -> Iterator[str]:
    """Names of parts, and what is read where a code stands: `partly_shipped` as `partly shipped`."""
    yield from SECTIONS
    kinds: tuple[type[StrEnum], ...] = (ParcelState, Execution, Negotiation, *AXES.values())
    for kind in kinds:
        yield from map(_plain, kind)
    for codes in (BUCKETS, GRADES, REASONS, FLAGS, STEPS, TYPES, OWNERS, DAY):
        yield from map(_plain, codes)
    for each in QUEUES:
        yield from (each.title, each.group, *(map(_plain, each.whats) if each.source == "count_steps" else ()))
    yield from (each.summary for each in OPERATIONS if each.name in ACTIONS)


def _plain(code: str) -> str:
    return code.replace("_", " ")
