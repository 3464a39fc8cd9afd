"""Hold policies: which orders are stopped, why, for whom, and what becomes of them. TOML in, rules out.

Every rule that fits places its hold. A score adds up the points of its own rules first, so that others can ask for it.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from orderline.core.holds.rules import BLOCKABLE, TYPES
from orderline.core.holds.state import SCREENING, Breach, Rejection
from orderline.core.policies.documents import Document, Fault, convert, nearest_to, parse_document, refuse
from orderline.core.policies.expressions import Condition, compile_condition
from orderline.core.policies.state import Scope
from orderline.values.money import MAX_MINOR

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=MAX_MINOR)]
Points = Annotated[int, msgspec.Meta(ge=-1_000, le=1_000)]


class Trigger(StrEnum):
    """What makes the policy look at an order.

    accept: it was accepted. edit: something else was agreed. condition: its payments, tags or custom
    fields changed, or units have lost their stock.
    resolved: a hold on it came to its end.
    """

    ACCEPT = "accept"
    EDIT = "edit"
    CONDITION = "condition"
    RESOLVED = "resolved"


class Per(StrEnum):
    """What a hold is on."""

    ORDER = "order"
    LINE = "line"


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all tables of a document."""


class ScopeTable(Table, frozen=True, kw_only=True):
    """The orders a policy is for; empty lists are no limit. brands, stores: by the order's custom fields."""

    channels: tuple[Text, ...] = ()
    brands: tuple[Text, ...] = ()
    stores: tuple[Text, ...] = ()


class ScoreTable(Table, frozen=True, kw_only=True):
    """Points for orders that look a certain way; fewer than none speak for them."""

    name: Text
    points: Points
    when: str


class FraudTable(Table, frozen=True, kw_only=True):
    """How the score is made. built_in: with the rules that are there anyway. window_hours: what velocity is counted over.

    ask: the connector of an outside scorer, whose points are added. required: the order waits until it has answered.
    """

    built_in: bool = True
    window_hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 90)] = 24
    twins_minutes: Annotated[int, msgspec.Meta(ge=1, le=24 * 60)] = 30
    ask: Annotated[str, msgspec.Meta(max_length=100)] = ""
    required: bool = False


class RuleTable(Table, frozen=True, kw_only=True):
    """One rule: when it looks, what it looks for, and the hold it places.

    on: what makes it look. after: of `resolved`, the types of holds whose end does. per: a hold on the order, or on each
    line that fits. due_minutes: by when it is to be resolved; as the type has it, when not given.
    """

    name: Text
    when: str
    type: Text
    on: Annotated[tuple[Trigger, ...], msgspec.Meta(min_length=1)] = (Trigger.ACCEPT, Trigger.EDIT)
    after: tuple[Text, ...] = ()
    per: Per = Per.ORDER
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""
    blocks: tuple[Text, ...] = ()
    owner: Annotated[str, msgspec.Meta(max_length=100)] = ""
    due_minutes: Annotated[int, msgspec.Meta(ge=1, le=60 * 24 * 90)] | None = None
    escalate_to: Annotated[str, msgspec.Meta(max_length=100)] = ""
    on_breach: Breach = Breach.ESCALATE
    on_reject: Rejection = Rejection.CANCEL
    may_release: tuple[Text, ...] = ()
    four_eyes_above_minor: Whole | None = None


class HoldsTable(Table, frozen=True, kw_only=True):
    """A hold policy."""

    kind: str
    scope: ScopeTable = ScopeTable()
    fraud: FraudTable = FraudTable()
    score: tuple[ScoreTable, ...] = ()
    rule: tuple[RuleTable, ...] = ()


# Points for what often goes with fraud; a policy adds to them, or does without.
BUILT_IN: Final = (
    ScoreTable(name="charged back before", points=40, when="charged_back.person > 0"),
    ScoreTable(name="charged back for fraud", points=60, when="charged_back.fraud > 0"),
    ScoreTable(name="on a block list", points=100, when="size(lists.blocked) > 0"),
    ScoreTable(name="on an allow list", points=-50, when="size(lists.allowed) > 0"),
    ScoreTable(name="many orders by email", points=25, when="velocity.email >= 3"),
    ScoreTable(name="many orders by phone", points=20, when="velocity.phone >= 3"),
    ScoreTable(name="many orders to an address", points=20, when="velocity.address >= 4"),
    ScoreTable(name="many orders by card", points=30, when="velocity.card >= 3"),
    ScoreTable(name="billed in another country", points=15, when="mismatch.billing"),
    ScoreTable(name="ordered from another country", points=20, when="mismatch.ip"),
    ScoreTable(name="card of another country", points=20, when="mismatch.card"),
    ScoreTable(name="first order", points=10, when="customer.first"),
    ScoreTable(name="first order, and large", points=15, when="customer.first && order.total_minor >= 50000"),
    ScoreTable(name="a tender was declined", points=15, when="payment.declined"),
)

# One of each field, as conditions are tried on.
VOCABULARY: Final[dict[str, dict[str, Any]]] = {
    "order": {
        "channel": "web", "currency": "EUR", "country": "FR", "total_minor": 1, "lines": 1, "units": 1,
        "without_stock": 1, "tags": [""], "custom": {"": ""}, "method": "standard", "trigger": "accept", "resolved": "",
    },
    "customer": {"first": True, "orders": 1, "returned_orders": 0, "returned_units": 0},
    "velocity": {"email": 1, "phone": 1, "address": 1, "card": 1},
    "twins": {"orders": 1},
    "charged_back": {"person": 1, "email": 1, "phone": 1, "address": 1, "card": 1, "fraud": 1},
    "payment": {
        "providers": [""], "methods": [""], "authorized_minor": 1, "captured_minor": 1, "declined": True, "covered": True,
    },
    "mismatch": {"billing": True, "ip": True, "card": True},
    "lists": {"blocked": [""], "allowed": [""]},
    "address": {"problems": [""]},
    "score": {"total": 1, "outside": 1, "answered": True},
    "line": {
        "sku": "SKU", "kind": "ship", "quantity": 1, "unit_price_minor": 1, "total_minor": 1, "discount_ppm": 1,
        "cost_minor": 1, "margin_ppm": 1, "custom": {"": ""},
    },
}  # fmt: skip
_OF_ORDERS: Final = {root: fields for root, fields in VOCABULARY.items() if root != "line"}


class Rule(msgspec.Struct, frozen=True):
    """A rule that runs."""

    table: RuleTable
    when: Condition


class Score(msgspec.Struct, frozen=True):
    """A rule of the score that runs."""

    table: ScoreTable
    when: Condition


class HoldPolicy(msgspec.Struct, frozen=True):
    """A policy that runs. version: how holds name it."""

    version: str
    table: HoldsTable
    rules: tuple[Rule, ...]
    scores: tuple[Score, ...]

    def looks_on(self, trigger: Trigger) -> bool:
        """Has it a rule for this?"""
        return any(trigger in each.table.on for each in self.rules)


@lru_cache(maxsize=64)
def compile_holds(text: str, version: str) -> HoldPolicy:
    """A text as a policy that runs. Refused POLICY_MALFORMED, POLICY_INVALID: with the place of each fault."""
    document = parse_document(text)
    table = convert(document, HoldsTable)
    faults: list[Fault] = []
    names: set[str] = set()
    scores = [Score(each, when) for each, when in _built_in()] if table.fraud.built_in else []
    for at, each in enumerate(table.score):
        when = _condition(document, ("score", at, "when"), each.when, _OF_ORDERS, faults)
        if when is not None:
            scores.append(Score(each, when))
    rules: list[Rule] = []
    for at, rule in enumerate(table.rule):
        if rule.name in names:
            faults.append(document.fault(("rule", at, "name"), f"a second rule `{rule.name}`", expected="its own name"))
        names.add(rule.name)
        faults += _faults_of(document, at, rule)
        vocabulary = VOCABULARY if rule.per is Per.LINE else _OF_ORDERS
        when = _condition(document, ("rule", at, "when"), rule.when, vocabulary, faults)
        if when is not None:
            rules.append(Rule(rule, when))
    if table.fraud.required and not table.fraud.ask:
        faults.append(document.fault(("fraud", "required"), "nobody is asked", expected="`ask` beside it"))
    if faults:
        raise refuse(sorted(faults, key=lambda fault: (fault.line, fault.column)))
    return HoldPolicy(version, table, tuple(rules), tuple(scores))


def scope_of(policy: HoldPolicy) -> Scope:
    """The orders a policy is for."""
    scope = policy.table.scope
    return Scope(scope.channels, scope.brands, scope.stores)


def _faults_of(document: Document, at: int, rule: RuleTable) -> list[Fault]:
    faults: list[Fault] = []
    known = sorted(TYPES.keys() - {SCREENING})
    for path, type_ in ((("type",), rule.type), *((("after", n), each) for n, each in enumerate(rule.after))):
        if type_ not in known:
            faults.append(
                document.fault(
                    ("rule", at, *path), f"there is no hold type `{type_}`", expected="one of " + ", ".join(known),
                    nearest=nearest_to(type_, known),
                )
            )  # fmt: skip
    for index, name in enumerate(rule.blocks):
        if name not in BLOCKABLE:
            faults.append(
                document.fault(
                    ("rule", at, "blocks", index), f"`{name}` can't be blocked", expected="one of " + ", ".join(BLOCKABLE),
                    nearest=nearest_to(name, BLOCKABLE),
                )
            )  # fmt: skip
    if rule.after and Trigger.RESOLVED not in rule.on:
        faults.append(document.fault(("rule", at, "after"), "nothing is looked at after", expected='on = ["resolved"]'))
    if rule.four_eyes_above_minor is not None and rule.on_breach is Breach.RELEASE:
        faults.append(
            document.fault(
                ("rule", at, "on_breach"), "the clock would lift what two have to", expected="escalate or reject"
            )
        )
    return faults


def _condition(
    document: Document, path: tuple[str | int, ...], text: str, vocabulary: dict[str, dict[str, Any]], faults: list[Fault]
) -> Condition | None:  # fmt: skip
    compiled = compile_condition(text, vocabulary)
    if isinstance(compiled, Condition):
        return compiled
    faults.extend(document.fault_inside(path, each.line, each.column, each.message) for each in compiled)
    return None


@lru_cache(maxsize=1)
def _built_in() -> tuple[tuple[ScoreTable, Condition], ...]:
    made: list[tuple[ScoreTable, Condition]] = []
    for each in BUILT_IN:
        compiled = compile_condition(each.when, _OF_ORDERS)
        assert isinstance(compiled, Condition), each.name
        made.append((each, compiled))
    return tuple(made)
