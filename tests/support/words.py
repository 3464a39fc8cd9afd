"""All texts of pages that are to be translated: those of templates, those that code marks, and the words of codes."""

import ast
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache, reduce
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract
from msgspec import inspect

from orderline.api.calls import Operation
from orderline.api.operations import OPERATIONS
from orderline.api.problem_table import PROBLEMS
from orderline.api.problems import WORDS
from orderline.api.queues import QUEUES
from orderline.cli import agreed_words, asking_words, money_words, tender_words, unit_words
from orderline.cli import words as event_words
from orderline.console import acting, bulk, customer_words, desk, indicators, shelves
from orderline.console.composing import FORMS
from orderline.console.deed_table import DEEDS
from orderline.console.deeds import asked_by
from orderline.console.forms import Field, fields_of, label_of
from orderline.console.languages import CUSTOMERS
from orderline.console.listings import BEHIND, HIDDEN, SECTIONS, SHEETS, Column, Listing, filters_of
from orderline.console.orders import BUCKETS
from orderline.console.reports import REPORTS
from orderline.console.routing import tables
from orderline.console.station.receiving import GRADES
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.doubting import SAID as DOUBTED
from orderline.core.disputes.state import DisputeStage
from orderline.core.holds.rules import BLOCKABLE, TYPES
from orderline.core.holds.state import Outcome
from orderline.core.ledger.rules import Cause
from orderline.core.ledger.state import Account
from orderline.core.moves import REASONS as STOCK_REASONS
from orderline.core.moves import StockBucket
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.credited import Destination
from orderline.core.orders.explain import PAYMENTS, PHASES
from orderline.core.orders.links import LINKS
from orderline.core.orders.parcels import ParcelState
from orderline.core.orders.promised import PromiseCause, PromiseOutcome
from orderline.core.orders.state import Execution, Negotiation, PaymentKind
from orderline.core.orders.vocabulary import AXES, OURS
from orderline.core.reports.indicators import INDICATORS
from orderline.core.reports.measures import Measure
from orderline.core.returns.policy import REASONS
from orderline.core.returns.state import Custody, Disposition, Grade, ReturnMoney, ReturnSource, WayBack
from orderline.core.routing import words
from orderline.core.routing.model import Exclusion, Method, Shortfall
from orderline.core.routing.rules import TermName
from orderline.core.supply.rows import SupplyKind
from orderline.values.failures import Refused
from orderline.worker.notices import TEMPLATES as NOTICES
from support.repository import PACKAGE, modules

CONSOLE: Final = PACKAGE / "console"
TEMPLATES: Final = CONSOLE / "templates"
FILES: Final = CONSOLE / "locale"
# What marks a text in code: it is translated there, or where it is shown.
MARKS: Final[dict[str, Any]] = {"say": None, "word": None, "Wrong": None, "gettext": None}
# Codes that stand in no table of their own: facts beside a status, what is next for an order, and who does it.
FLAGS: Final = ("in_doubt", "lost", "backordered", "oversold")
STEPS: Final = (
    "accept", "answer_decision", "answer_dispute", "authorize_payment", "close", "collect", "deliver", "hand_over", "make_ready",
    "pack", "pick", "receive_return", "resolve_hold", "restock", "route", "send_decision", "submit",
)  # fmt: skip
# What is promised of a SKU, by the names of the terms that explain it; where units of it stood, before and after.
TERMS: Final = (
    "backordered", "cart_holds", "channel_buffer", "dated_supply", "kept_for_pegs", "lag_buffer", "locations", "never_below_zero",
    "not_for_sale", "pool_claims", "scheduled_demand", "short_life", "threshold",
)  # fmt: skip
# What the cost of a plan is made of.
COST_KINDS: Final = ("ship", "labor", "split", "promise_miss", "carbon", "markdown", "stock_out", "unserved")
DAY: Final = ("orders", "shipments", "exceptions")
# How a delay was agreed to; where units may be when they are not where the record says; what orders are paid with.
HOWS: Final = ("link", "staff", "silence")
SUPPLIES: Final = ("purchase_order", "transfer")
# Why providers say that a payment is disputed; what a promise was made by.
DISPUTED: Final = (
    "credit_not_processed", "duplicate", "fraudulent", "general", "product_not_received", "product_unacceptable", "subscription_canceled",
    "unrecognized",
)  # fmt: skip
SOURCES: Final = ("decision", "reallocation")
SHELVES: Final = ("missing", "damaged")
TENDERED: Final = ("card", "gift_card", "store_credit", "invoice", "terms", "bank_transfer", "cash_on_delivery")
CHARGES: Final = ("shipping", "discount", "tax", "restocking", "unexplained")
# What is said of a promise; reasons that stand in no call.
SAID: Final = ("promised", "revised")
GIVEN: Final = ("what it is exchanged for was credited",)
# `finance: name a means of payment first`: who can do something about it, and what.
UNBLOCKS: Final = re.compile(
    "(carrier|customer|finance|location|nobody|operations|support): [a-z][a-z ,;:]+|goods that have left|purchasing"
)
OWNERS: Final = tuple({owner for _, owner, _ in TYPES.values()})
# A text, and its form for many where it has one.
Text = str | tuple[str, str]


@cache
def texts(readers: str) -> frozenset[Text]:
    """All that people of a kind read in pages."""
    if readers == CUSTOMERS:
        return frozenset({*_of_templates(sorted(TEMPLATES.glob("customer/*.html"))), *customer_words.texts(OURS)})
    templates = [each for each in sorted(TEMPLATES.rglob("*.html")) if each.parent.name != "customer"]
    found: set[Text] = {
        *_of_templates(templates),
        *_of_code(),
        *_of_codes(),
        *_of_lists(),
        *_of_reports(),
        *_of_rules(),
        *_of_forms(),
        *_of_refusals(),
        *_of_events(),
        *_of_standing(),
    }
    return frozenset(found - {""})


def _of_templates(files: list[Path]) -> Iterator[Text]:
    for file in files:
        with file.open("rb") as content:
            yield from _told(extract("jinja2.ext:babel_extract", content, options={"newstyle_gettext": "true"}))


def _of_code() -> Iterator[Text]:
    for file in sorted(CONSOLE.rglob("*.py")):
        with file.open("rb") as content:
            yield from _told(extract("python", content, keywords=MARKS))


def _of_events() -> Iterator[Text]:
    """What events of orders are told with, the codes that stand in them, and reasons that are ours."""
    for file in (*sorted((PACKAGE / "cli").glob("*words.py")), PACKAGE / "cli" / "telling.py"):
        with file.open("rb") as content:
            yield from _told(extract("python", content, keywords={**MARKS, "ngettext": (1, 2)}))
    pairs = (unit_words.MOVED, asking_words.DECIDED, asking_words.CONSENTED, asking_words.ENDED, tender_words.PAID)
    for pair in pairs:
        for two in pair.values():
            yield from two
    tables = (
        asking_words.ASKED_ABOUT, event_words.SETTLED, money_words.MONEY, money_words.DUE, agreed_words.OF_LINE,
        agreed_words.OF_GROUP,
    )  # fmt: skip
    for table in tables:
        yield from table.values()
    kinds: tuple[type[StrEnum], ...] = (
        Asked, Destination, DisputeStage, DocumentKind, Disposition, Grade, Outcome, PromiseCause, PromiseOutcome, ReturnSource,
        SupplyKind, WayBack,
    )  # fmt: skip
    for kind in kinds:
        yield from map(_plain, kind)
    yield from map(_plain, (*LINKS, *HOWS, *DISPUTED, *SOURCES, *SUPPLIES, *SHELVES, *TENDERED))
    yield from (*_reasons(), *GIVEN)


def _of_standing() -> Iterator[str]:
    """Why an order stands where it does, what is next for it, and who can do what can't be done now."""
    for table in (PHASES, PAYMENTS):
        yield from table.values()
    yield from map(
        _plain, (*DecisionCause, *CHARGES, *SAID, *PaymentKind, *BLOCKABLE, *StockBucket, *STOCK_REASONS, *NOTICES)
    )
    yield from (f"{kind.value} {how}" for kind in PaymentKind for how in ("payment", "by hand"))
    for _, tree in modules("core"):
        for each in ast.walk(tree):
            match each:
                case ast.Call(func=ast.Name(id="NextStep" | "Waiting"), args=[ast.Constant(value=str(what)), *_]):
                    yield _plain(what)
                case ast.Constant(value=str(told)) if UNBLOCKS.fullmatch(told):
                    yield told
                case _:
                    pass


def _reasons() -> Iterator[str]:
    """Reasons that are given in code, for what people give none for."""
    for _, tree in modules("core"):
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and not (
                isinstance(call.func, ast.Name) and call.func.id == Refused.__name__
            ):
                for each in call.keywords:
                    if each.arg == "reason" and isinstance(each.value, ast.Constant):
                        yield _plain(str(each.value.value))


def _told(found: Any) -> Iterator[Text]:
    for _, text, *_ in found:
        several = (text,) if isinstance(text, str) else tuple(each for each in text if each is not None)
        yield several[0] if len(several) == 1 else (several[0], several[1])


def _of_codes() -> Iterator[str]:
    """Names of parts, and what is read where a code stands: `partly_shipped` as `partly shipped`."""
    kinds: tuple[type[StrEnum], ...] = (ParcelState, Execution, Negotiation, *AXES.values())
    for kind in kinds:
        yield from map(_plain, kind)
    for kind in (Account, Cause, Measure, Custody, ReturnMoney):
        yield from map(_plain, kind)
    for codes in (AXES, shelves.FIELDS, TERMS, desk.DISPOSITIONS, indicators.SLICES):
        yield from map(_plain, codes)
    for codes in (BUCKETS, GRADES, REASONS, FLAGS, STEPS, TYPES, OWNERS, DAY):
        yield from map(_plain, codes)
    yield from DOUBTED.values()
    for each in QUEUES:
        yield from (each.title, each.group, *(map(_plain, each.whats) if each.source == "count_steps" else ()))


def _of_lists() -> Iterator[str]:
    """Names of parts, lists and columns, what lists are filtered by, and the codes that stand in them."""
    for section, listed in SECTIONS.items():
        yield section
        for each in listed:
            yield each.title
            if isinstance(each, Listing):
                yield from _of_list(each)
    for each in BEHIND:
        yield each.title
        yield from _of_list(each)


def _of_list(listing: Listing) -> Iterator[str]:
    yield from _of_columns(listing.operation, listing.columns)
    for inner in listing.inner:
        yield inner.title
        yield from _of_columns(inner.operation, inner.columns)
    yield from (each.label for each in listing.papers)
    if listing.record:
        yield from _of_record(inspect.type_info(_called(listing.record).output))
    yield from _of_fields(filters_of(_called(listing.operation)))


def _of_record(record: Any) -> Iterator[str]:
    """The names of what is known of a record, and of the columns of its tables."""
    for each in _struct(record).fields:
        names = [each.encode_name, *(column.encode_name for inner in _structs(each.type) for column in inner.fields)]
        yield from (label_of(name) for name in names if name not in HIDDEN)


def _of_columns(operation: str, columns: tuple[Column, ...]) -> Iterator[str]:
    called = _called(operation)
    answer = inspect.type_info(called.output)
    row = answer if called.page else _field(answer, "items")
    for column in columns:
        yield column.label
        if column.kind in ("badge", "code"):
            yield from map(_plain, _codes(reduce(_field, column.field.split("."), row)))


def _field(type_: Any, name: str) -> Any:
    return next(each.type for each in _struct(type_).fields if each.encode_name == name)


def _structs(type_: Any) -> Iterator[inspect.StructType]:
    match type_:
        case inspect.StructType():
            yield type_
        case inspect.UnionType():
            for each in type_.types:
                yield from _structs(each)
        case inspect.VarTupleType() | inspect.ListType():
            yield from _structs(type_.item_type)
        case _:
            pass


def _struct(type_: Any) -> inspect.StructType:
    """The struct that a type is, or that is inside of it."""
    match type_:
        case inspect.StructType():
            return type_
        case inspect.UnionType():
            return next(_struct(each) for each in type_.types if not isinstance(each, inspect.NoneType))
        case _:
            return _struct(type_.item_type)


def _codes(type_: Any) -> Iterator[str]:
    match type_:
        case inspect.EnumType():
            yield from (str(each.value) for each in type_.cls)
        case inspect.LiteralType():
            yield from map(str, type_.values)
        case inspect.UnionType():
            for each in type_.types:
                yield from _codes(each)
        case _:
            pass


def _of_reports() -> Iterator[str]:
    for path, report in REPORTS.items():
        yield report.question
        yield from _of_fields(filters_of(_called(SHEETS[path][1].operation)))
        for table in report.tables:
            yield table.title
            yield from (each.label for each in table.columns)
    for each in INDICATORS.values():
        yield from (each.title, each.question)


def _of_rules() -> Iterator[str]:
    """What rules of routing are written with, and what decisions by them say."""
    yield from (*words.TERMS.values(), *words.FACTS.values(), *map(words.cost_kind, COST_KINDS))
    yield from map(words.why, (*Exclusion, *Shortfall))
    yield from (*map(_plain, Method), *map(_plain, TermName))
    answer = {each.encode_name: each.type for each in _struct(inspect.type_info(_called("draft_policy").output)).fields}
    yield from _of_document(answer["routing"])


def _of_document(type_: Any) -> Iterator[str]:
    match type_:
        case inspect.StructType():
            for each in type_.fields:
                yield tables.label_of(each.encode_name)
                yield from _of_document(each.type)
        case inspect.EnumType() | inspect.LiteralType():
            yield from map(_plain, _codes(type_))
        case inspect.UnionType():
            for each in type_.types:
                yield from _of_document(each)
        case inspect.VarTupleType() | inspect.ListType():
            yield from _of_document(type_.item_type)
        case inspect.DictType():
            yield from _of_document(type_.value_type)
        case _:
            pass


def _of_forms() -> Iterator[str]:
    """What can be done, and what is asked for it; and what orders are filtered by."""
    yield from _of_fields(each for each in filters_of(_called("list_orders")) if each.name != "q")
    for deed in DEEDS:
        yield from (deed.label, deed.makes, _called(deed.operation).summary)
        yield from _of_fields(asked_by(deed, _called(deed.operation).input))
    for name in acting.ACTIONS:
        operation = _called(name)
        yield operation.summary
        takes = operation.query if operation.method == "DELETE" else operation.input
        yield from _of_fields(FORMS[name].fields if name in FORMS else fields_of(takes))
    for name in bulk.OPERATIONS:
        yield _called(name).summary
    for labels in bulk.ALONE.values():
        yield from labels.values()


def _of_fields(fields: Iterable[Field]) -> Iterator[str]:
    for each in fields:
        yield each.label
        yield from map(_plain, each.choices)
        yield from _of_fields(each.columns)


def _called(name: str) -> Operation:
    return next(each for each in OPERATIONS if each.name == name)


def _of_refusals() -> Iterator[str]:
    """What refusals mean and advise, the names of their facts, and those facts that are words."""
    for row in PROBLEMS.values():
        yield from (row.title, row.advice)
    for _, tree in modules():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == Refused.__name__:
                yield from _of_facts(call)


def _of_facts(refused: ast.Call) -> Iterator[str]:
    for each in refused.keywords:
        if each.arg not in (None, "field", "value"):
            yield label_of(each.arg)
            if each.arg in WORDS and isinstance(each.value, ast.Constant):
                yield str(each.value.value)


def _plain(code: str) -> str:
    return code.replace("_", " ")
