"""Return policies: who may return what, until when, on which terms. TOML in, rules out; the first rule that fits holds.

What the law gives is not in a merchant's hands: within the time of withdrawal no rule takes the right away, and no fee is
kept back. Sources: Directive 2011/83/EU, articles 9, 13, 14 and 16; the United Kingdom's Consumer Contracts
Regulations 2013, regulations 29 and 30.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from orderline.core.orders.state import AgreedLine, LineKind, Order
from orderline.core.policies.documents import Document, Fault, convert, parse_document, refuse
from orderline.core.policies.expressions import Condition, compile_condition
from orderline.core.policies.state import Policy, Scope
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
from orderline.values.money import MAX_MINOR

Whole = Annotated[int, msgspec.Meta(ge=0, le=MAX_MINOR)]
Days = Annotated[int, msgspec.Meta(ge=0, le=3_650)]
Share = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]

WITHDRAWAL: Final = timedelta(days=14)
# Where a consumer may withdraw from a contract concluded at a distance: the European Economic Area, the United Kingdom.
WITHDRAWAL_COUNTRIES: Final = frozenset(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"]
)  # fmt: skip

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
    exempt: the law's right of withdrawal does not apply (made to measure, sealed for hygiene, perishable ...).
    keep_below_minor: units whose refund is below it need not come back. guarantee: money is given ahead of the goods only where
    the order can be charged again; unsent: what becomes of it when they never come.
    """

    name: Text
    skus: tuple[Text, ...] = ()
    countries: tuple[Country, ...] = ()
    reasons: tuple[Text, ...] = ()
    when: str = ""
    final_sale: bool = False
    exempt: bool = False
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
    deducted_ppm: dict[Grade, Share] = {}
    dispositions: dict[Grade, Disposition] = {}


class ReturnsTable(Table, frozen=True, kw_only=True):
    """A return policy. to: the location goods go to, by country of the customer; "*": all others.

    send_within_days: how long an approved return stays open.
    """

    kind: str
    scope: ScopeTable = ScopeTable()
    send_within_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    to: dict[str, Text] = {}
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


def facts_of(
    order: Order, agreed: AgreedLine, reason: str, at: datetime, customer: CustomerHistory
) -> dict[str, dict[str, Any]]:
    """What a condition can ask of."""
    return {
        "order": {
            "channel": order.channel,
            "currency": order.currency,
            "total_minor": order.agreement.total_minor,
            "tags": list(order.tags),
            "custom": dict(order.custom),
            "country": order.group_of(agreed.group).place.country,
            "days": max(0, (at - order.placed_at).days),
            "returns": len(order.returns),
        },
        "line": {
            "sku": agreed.sku,
            "kind": agreed.kind.value,
            "quantity": agreed.quantity,
            "unit_price_minor": agreed.unit_price_minor,
            "total_minor": agreed.total_minor,
            "discount_minor": agreed.discount_minor,
            "custom": dict(agreed.custom),
        },
        "customer": {
            "orders": customer.orders,
            "returned_orders": customer.returned_orders,
            "returned_units": customer.returned_units,
        },
        "request": {"reason": reason, "group": REASONS.get(reason, "other")},
    }


# One of each field, as conditions are tried on.
VOCABULARY: Final[dict[str, dict[str, Any]]] = {
    "order": {
        "channel": "web", "currency": "EUR", "total_minor": 1, "tags": [""], "custom": {"": ""}, "country": "FR",
        "days": 1, "returns": 0,
    },
    "line": {
        "sku": "SKU", "kind": "ship", "quantity": 1, "unit_price_minor": 1, "total_minor": 1, "discount_minor": 0,
        "custom": {"": ""},
    },
    "customer": {"orders": 1, "returned_orders": 0, "returned_units": 0},
    "request": {"reason": "other", "group": "other"},
}  # fmt: skip


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
    scope = policy.table.scope
    return Scope(scope.channels, scope.brands, scope.stores)


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
    rule = next((each for each in policy.rules if _fits(each, order, agreed, reason, at, policy.customer)), None)
    table = rule.table if rule is not None else BUILT_IN
    named = f"{policy.version} {table.name}".strip()
    fault = REASONS[reason] in OUR_FAULT
    missing = REASONS[reason] == MISSING
    # a right to withdraw is one to give goods back
    statutory = not missing and _is_statutory(order, agreed, table, delivered_at, at)
    since = order.placed_at if table.since is Since.ORDERED else delivered_at
    until = since + timedelta(days=table.window_days) if since is not None else None
    against = ""
    if not statutory and not fault and table.final_sale:
        against = "RETURN_FINAL_SALE"
    elif not statutory and (table.window_days == 0 or (until is not None and at > until)):
        against = "RETURN_WINDOW_OVER"
    free = statutory or fault
    shipping = table.shipping
    if free and shipping is ShippingRefund.NONE:
        shipping = ShippingRefund.WHEN_ALL
    label = table.label
    if fault:
        label = LabelPayer.MERCHANT
    terms = ReturnTerms(
        rule=named,
        refund_at=RefundAt.APPROVED if missing else table.refund_at,
        keep=missing,
        statutory=statutory,
        fee_ppm=0 if free else table.fee_ppm,
        fee_minor=0 if free else table.fee_minor,
        label=label,
        label_fee_minor=table.label_fee_minor if label is LabelPayer.DEDUCTED else 0,
        shipping=shipping,
        bonus_ppm=table.bonus_ppm,
        guarantee=table.guarantee,
        unsent=table.unsent,
        deducted_ppm={} if fault else table.deducted_ppm,
        dispositions=table.dispositions,
    )
    approve = table.approve if not missing or table.reasons else Approve.SUPPORT
    return Found(terms, approve, against, until, table.keep_below_minor)


def _fits(rule: Rule, order: Order, agreed: AgreedLine, reason: str, at: datetime, customer: CustomerHistory) -> bool:
    table = rule.table
    country = order.group_of(agreed.group).place.country
    return (
        (not table.skus or any(fnmatchcase(agreed.sku, pattern) for pattern in table.skus))
        and (not table.countries or country in table.countries)
        and (not table.reasons or reason in table.reasons or REASONS[reason] in table.reasons)
        and (rule.when is None or rule.when.holds(facts_of(order, agreed, reason, at, customer)) is True)
    )


def _is_statutory(
    order: Order, agreed: AgreedLine, table: RuleTable, delivered_at: datetime | None, at: datetime
) -> bool:
    group = order.group_of(agreed.group)
    if table.exempt or agreed.kind is LineKind.PICKUP or group.place.country not in WITHDRAWAL_COUNTRIES:
        return False
    return delivered_at is None or at <= delivered_at + WITHDRAWAL


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
