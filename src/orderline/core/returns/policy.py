"""Return policies: who may return what, until when, on which terms. TOML in, rules out; the first rule that fits holds.

What the law gives is not in a merchant's hands: within the time of withdrawal no rule takes the right away, and no fee is
kept back (`core.returns.statutory`).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec.structs import replace

from orderline.core.orders.state import AgreedLine, LineKind, Order
from orderline.core.policies.documents import Document, Fault, convert, parse_document, refuse
from orderline.core.policies.expressions import Condition, compile_condition
from orderline.core.policies.state import Policy, Scope
from orderline.core.returns.facts import VOCABULARY, facts_of
from orderline.core.returns.state import (
    CustomerHistory,
    Disposition,
    Grade,
    LabelPayer,
    RefundAt,
    ReturnTerms,
    ShippingRefund,
    Unsent,
)
from orderline.core.returns.statutory import LESSENED, SEALED, Exemption, Law, OwnLaw, law_of, withdraw_by
from orderline.values.money import MAX_MINOR

Whole = Annotated[int, msgspec.Meta(ge=0, le=MAX_MINOR)]
Days = Annotated[int, msgspec.Meta(ge=0, le=3_650)]
Share = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]

# Why customers return goods, by group; the codes are part of the API.
REASONS: Final[dict[str, str]] = {
    "too_small": "fit",
    "too_large": "fit",
    "style": "fit",
    "defective": "quality",
    "damaged": "quality",
    "not_as_described": "quality",
    "wrong_item": "wrong",
    "not_ordered": "wrong",
    "late": "late",
    "changed_mind": "changed_mind",
    "better_price": "changed_mind",
    "gift": "changed_mind",
    "missing": "missing",
    "lost": "missing",
    "undeliverable": "undeliverable",
    "refused": "undeliverable",
    "fraud": "fraud",
    "other": "other",
}
# It is the merchant's doing: nothing is kept back, and the way back costs the customer nothing.
OUR_FAULT: Final = frozenset({"quality", "wrong", "late", "undeliverable", "missing"})
# The customer does not have the goods: they can't come back, and somebody looks into it unless a rule names the reason.
MISSING: Final = "missing"


class Since(StrEnum):
    """What the days of a window are counted from."""

    DELIVERED = "delivered"
    ORDERED = "ordered"


class Approve(StrEnum):
    """Who says yes to what the rule allows."""

    AUTOMATIC = "automatic"
    SUPPORT = "support"


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all tables of a document."""


class ScopeTable(Table, frozen=True, kw_only=True):
    """The orders a policy is for; empty lists are no limit. brands, stores: by the order's custom fields."""

    channels: tuple[Text, ...] = ()
    brands: tuple[Text, ...] = ()
    stores: tuple[Text, ...] = ()


class RuleTable(Table, frozen=True, kw_only=True):
    """One rule: the lines it is for, and what holds for them.

    skus: patterns with * and ?. when: a condition in CEL over order, line, customer and request. window_days: nought, never.
    exemption: why the law's right of withdrawal does not apply, where the law knows that reason; exempt: for another one.
    informed: were customers told of that right, as the law asks? standard_shipping_minor: what the standard way costs; of a dearer one, the law has no
    more given back.
    keep_below_minor: units whose refund is below it need not come back. guarantee: money is given ahead of the goods only where
    the order can be charged again; unsent: what becomes of it when they never come. warranty_months: repairs cost nothing for as long.
    """

    name: Text
    skus: tuple[Text, ...] = ()
    countries: tuple[Country, ...] = ()
    reasons: tuple[Text, ...] = ()
    when: str = ""
    final_sale: bool = False
    exempt: bool = False
    exemption: Exemption | None = None
    informed: bool = True
    standard_shipping_minor: Whole | None = None
    window_days: Days = 30
    since: Since = Since.DELIVERED
    approve: Approve = Approve.AUTOMATIC
    refund_at: RefundAt = RefundAt.RECEIVED
    fee_ppm: Share = 0
    fee_minor: Whole = 0
    label: LabelPayer = LabelPayer.MERCHANT
    label_fee_minor: Whole = 0
    shipping: ShippingRefund = ShippingRefund.NONE
    keep_below_minor: Whole = 0
    bonus_ppm: Share = 0
    guarantee: bool = False
    unsent: Unsent = Unsent.ASK
    warranty_months: Annotated[int, msgspec.Meta(ge=0, le=1_200)] = 24
    deducted_ppm: dict[Grade, Share] = {}
    dispositions: dict[Grade, Disposition] = {}


class ReturnsTable(Table, frozen=True, kw_only=True):
    """A return policy. to: the location goods go to, by country of the customer; "*": all others.

    send_within_days: how long an approved return stays open. law: what countries' law says, where our table has it otherwise.
    """

    kind: str
    scope: ScopeTable = ScopeTable()
    send_within_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    to: dict[str, Text] = {}
    law: tuple[OwnLaw, ...] = ()
    rule: tuple[RuleTable, ...] = ()


DISPOSITIONS: Final = {
    Grade.AS_NEW: Disposition.RESTOCK,
    Grade.OPENED: Disposition.INSPECT,
    Grade.WORN: Disposition.REFURBISH,
    Grade.DAMAGED: Disposition.SCRAP,
    Grade.DEFECTIVE: Disposition.VENDOR,
}

BUILT_IN: Final = RuleTable(name="built-in")


class Rule(msgspec.Struct, frozen=True):
    """A rule that runs."""

    table: RuleTable
    when: Condition | None


class ReturnPolicy(msgspec.Struct, frozen=True):
    """A policy that runs. version: how returns name it; empty: the one that is built in."""

    version: str
    table: ReturnsTable
    rules: tuple[Rule, ...]
    customer: CustomerHistory = CustomerHistory()

    def location(self, country: str) -> str:
        """Where goods go to; empty: to where they came from."""
        return self.table.to.get(country) or self.table.to.get("*", "")


class Found(msgspec.Struct, frozen=True):
    """What a policy says of a line: the terms, who says yes, and what speaks against it (a code), if anything does."""

    terms: ReturnTerms
    approve: Approve
    against: str = ""
    until: datetime | None = None
    keep_below_minor: int = 0


NO_POLICY: Final = ReturnPolicy("", ReturnsTable(kind="returns"), ())


@lru_cache(maxsize=64)
def compile_returns(text: str, version: str) -> ReturnPolicy:
    """A text as a policy that runs. Refused POLICY_MALFORMED, POLICY_INVALID: with the place of each fault."""
    document = parse_document(text)
    table = convert(document, ReturnsTable)
    faults: list[Fault] = []
    rules: list[Rule] = []
    names: set[str] = set()
    for at, each in enumerate(table.rule):
        if each.name in names:
            faults.append(document.fault(("rule", at, "name"), f"a second rule `{each.name}`", expected="its own name"))
        names.add(each.name)
        for index, reason in enumerate(each.reasons):
            if reason not in REASONS and reason not in REASONS.values():
                faults.append(
                    document.fault(
                        ("rule", at, "reasons", index), f"there is no reason `{reason}`",
                        expected="one of " + ", ".join(sorted({*REASONS, *REASONS.values()})),
                    )
                )  # fmt: skip
        rules.append(Rule(each, _condition(document, at, each, faults)))
    if faults:
        raise refuse(sorted(faults, key=lambda fault: (fault.line, fault.column)))
    return ReturnPolicy(version, table, tuple(rules))


def _condition(document: Document, at: int, table: RuleTable, faults: list[Fault]) -> Condition | None:
    if not table.when:
        return None
    compiled = compile_condition(table.when, VOCABULARY)
    if isinstance(compiled, Condition):
        return compiled
    path = ("rule", at, "when")
    faults.extend(document.fault_inside(path, each.line, each.column, each.message) for each in compiled)
    return None


def scope_of(policy: ReturnPolicy) -> Scope:
    """The orders a policy is for."""
    return Scope(policy.table.scope.channels, policy.table.scope.brands, policy.table.scope.stores)


def terms_for(
    policy: ReturnPolicy,
    order: Order,
    agreed: AgreedLine,
    reason: str,
    delivered_at: datetime | None,
    at: datetime,
) -> Found:
    """What a policy says of units of a line that are to go back now.

    delivered_at: when the last of them came; None: they are on their way still.
    """
    table = table_for(policy, order, agreed, reason, at)
    fault = REASONS[reason] in OUR_FAULT
    missing = REASONS[reason] == MISSING
    # a right to withdraw is one to give goods back
    right = None if missing else _right(policy, order, agreed, table, delivered_at)
    statutory = right is not None and (right.withdraw_by is None or at <= right.withdraw_by)
    since = order.placed_at if table.since is Since.ORDERED else delivered_at
    until = since + timedelta(days=table.window_days) if since is not None else None
    against = ""
    if not statutory and not fault and table.final_sale:
        against = "RETURN_FINAL_SALE"
    elif not statutory and (table.window_days == 0 or (until is not None and at > until)):
        against = "RETURN_WINDOW_OVER"
    terms = ReturnTerms(
        rule=f"{policy.version} {table.name}".strip(),
        refund_at=RefundAt.APPROVED if missing else table.refund_at,
        keep=missing,
        fee_ppm=0 if fault else table.fee_ppm,
        fee_minor=0 if fault else table.fee_minor,
        label=LabelPayer.MERCHANT if fault else table.label,
        label_fee_minor=table.label_fee_minor if table.label is LabelPayer.DEDUCTED and not fault else 0,
        shipping=ShippingRefund.WHEN_ALL if fault and table.shipping is ShippingRefund.NONE else table.shipping,
        bonus_ppm=table.bonus_ppm,
        guarantee=table.guarantee,
        unsent=table.unsent,
        deducted_ppm={} if fault else table.deducted_ppm,
        dispositions=table.dispositions,
    )
    if right is not None and statutory:
        terms = _lawful(terms, right, table, fault=fault)
        until = max(until, right.withdraw_by) if until is not None and right.withdraw_by is not None else until
    approve = table.approve if not missing or table.reasons else Approve.SUPPORT
    return Found(terms, approve, against, until, table.keep_below_minor)


def table_for(policy: ReturnPolicy, order: Order, agreed: AgreedLine, reason: str, at: datetime) -> RuleTable:
    """The rule that holds for units of a line: the first that fits, else the one that is built in."""
    rule = next((each for each in policy.rules if _fits(each, order, agreed, reason, at, policy.customer)), None)
    return rule.table if rule is not None else BUILT_IN


def _fits(rule: Rule, order: Order, agreed: AgreedLine, reason: str, at: datetime, customer: CustomerHistory) -> bool:
    table = rule.table
    country = order.group_of(agreed.group).place.country
    return (
        (not table.skus or any(fnmatchcase(agreed.sku, pattern) for pattern in table.skus))
        and (not table.countries or country in table.countries)
        and (not table.reasons or reason in table.reasons or REASONS[reason] in table.reasons)
        and (
            rule.when is None or rule.when.holds(facts_of(order, agreed, reason, REASONS[reason], at, customer)) is True
        )
    )


class _Right(msgspec.Struct, frozen=True):
    """A right to withdraw. withdraw_by: None: the goods are on their way still. sealed: while the seal is not broken."""

    law: Law
    withdraw_by: datetime | None
    sealed: bool


def _right(
    policy: ReturnPolicy, order: Order, agreed: AgreedLine, table: RuleTable, delivered_at: datetime | None
) -> _Right | None:
    """What the law of the day of the sale gives to whoever bought a line; None: nothing."""
    group = order.group_of(agreed.group)
    law = law_of(group.place.country, order.placed_at.date(), policy.table.law)
    if law is None or order.company is not None or agreed.kind is LineKind.PICKUP:
        return None
    known = table.exemption if table.exemption in law.exemptions else None
    if (table.exempt and law.exemptions) or (known is not None and known not in SEALED):
        return None
    until = withdraw_by(law, delivered_at, informed=table.informed) if delivered_at is not None else None
    return _Right(law, until, known is not None)


def _lawful(terms: ReturnTerms, right: _Right, table: RuleTable, *, fault: bool) -> ReturnTerms:
    """Terms that are no worse than the law's. fault: it is the merchant's doing, whatever became of a seal."""
    law = right.law
    free = law.way_back or not table.informed
    deducted = {each: ppm for each, ppm in terms.deducted_ppm.items() if each in LESSENED}
    by_law = law.shipping and terms.shipping is ShippingRefund.NONE
    return replace(
        terms,
        statutory=True,
        law=law.source,
        withdraw_by=right.withdraw_by,
        sealed=right.sealed and not fault,
        refund_at=RefundAt.GRADED if right.sealed and not fault else terms.refund_at,
        fee_ppm=0,
        fee_minor=0,
        label=LabelPayer.MERCHANT if free else terms.label,
        label_fee_minor=0 if free else terms.label_fee_minor,
        shipping=ShippingRefund.WHEN_ALL if by_law else terms.shipping,
        shipping_most_minor=table.standard_shipping_minor if by_law else None,
        deducted_ppm=deducted if law.deducts and table.informed else {},
    )


def policy_of(policies: list[Policy], order: Order) -> tuple[Policy, int] | None:
    """The policy that held for an order when it was placed, with the version of then; None: the one that is built in."""
    found = sorted(
        (
            (-version.scope.width, each.id, each, version.number)
            for each in policies
            if (version := each.active_at(order.placed_at)) is not None
            and version.scope.holds(
                order.channel, str(order.custom.get("brand", "")), str(order.custom.get("store", ""))
            )
        ),
        key=lambda row: row[:2],
    )
    return (found[0][2], found[0][3]) if found else None
