"""What shipping costs the customer, and from which value of goods on it is free: a policy. TOML in, fees out.

kind = "shipping"; `scope`; `fee`: rows, the first that fits a demand group is its fee. Fees are of what was ordered: into how
many parcels, on how many days and from how many places it goes, they do not see. So a split never charges twice.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from orderline.core.orders.state import LineKind, Order
from orderline.core.policies.documents import Fault, convert, nearest_to, parse_document, refuse
from orderline.core.policies.state import Scope
from orderline.values.money import CURRENCY_DIGITS, MAX_MINOR

CHARGE: Final = "shipping"
MOST_FEES: Final = 200


class FeePer(StrEnum):
    """What a fee is charged once for: all groups that it fits together, or each address."""

    ORDER = "order"
    ADDRESS = "address"


class FeeScope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The orders a policy is for; empty: all."""

    channels: tuple[str, ...] = ()


class FeeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A fee. methods, countries: of the groups it fits; empty: all. free_from_minor: the value of their goods, with tax and after
    discounts, from which on it is not asked for; None: always asked for."""

    amount_minor: int
    currency: str
    methods: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    free_from_minor: int | None = None
    per: FeePer = FeePer.ORDER


class ShippingPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy as it is written."""

    kind: str
    fee: tuple[FeeRow, ...]
    scope: FeeScope = FeeScope()
    description: str = ""


class FeeGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes to one address by one method. goods_minor: with tax, after discounts."""

    group: int
    method: str
    country: str
    goods_minor: int


class FeeDue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fee of some groups. row: of the policy, from 1. free: their goods are worth enough."""

    row: int
    groups: tuple[int, ...]
    goods_minor: int
    amount_minor: int
    free: bool = False


@lru_cache(maxsize=32)
def compile_shipping(text: str, version: str) -> ShippingPolicy:
    """A policy of a text. Refused POLICY_MALFORMED, POLICY_INVALID: all that is wrong, with its place."""
    document = parse_document(text)
    policy = convert(document, ShippingPolicy)
    faults: list[Fault] = []
    if not 0 < len(policy.fee) <= MOST_FEES:
        faults.append(document.fault(("fee",), "there is no fee", expected=f"from 1 to {MOST_FEES} rows", key=True))
    for at, row in enumerate(policy.fee):
        for name in ("amount_minor", "free_from_minor"):
            amount = getattr(row, name)
            if amount is not None and not 0 <= amount <= MAX_MINOR:
                faults.append(
                    document.fault(("fee", at, name), f"{amount} is no fee", expected=f"from 0 to {MAX_MINOR}")
                )
        if row.currency not in CURRENCY_DIGITS:
            near = nearest_to(row.currency, CURRENCY_DIGITS)
            told = f"there is no currency `{row.currency}`"
            faults.append(document.fault(("fee", at, "currency"), told, expected="its ISO 4217 code", nearest=near))
    if faults:
        raise refuse(sorted(faults, key=lambda fault: (fault.line, fault.column)))
    return policy


def check_shipping(text: str, channels: Iterable[str]) -> Scope:
    """As `compile_shipping`, for channels that there are."""
    policy, known = compile_shipping(text, ""), list(channels)
    document = parse_document(text)
    faults = [
        document.fault(
            ("scope", "channels"), f"there is no channel `{code}`", expected="the code of a channel",
            nearest=nearest_to(code, known),
        )
        for code in policy.scope.channels
        if code not in known
    ]  # fmt: skip
    if faults:
        raise refuse(faults)
    return Scope(policy.scope.channels)


def fees_due(policy: ShippingPolicy, currency: str, groups: Sequence[FeeGroup]) -> tuple[FeeDue, ...]:
    """What shipping costs, by the first row that fits each group; a group that none fits costs nothing."""
    fitting: dict[tuple[int, int], list[FeeGroup]] = {}
    for group in groups:
        for number, row in enumerate(policy.fee, 1):
            fits = row.currency == currency and (not row.methods or group.method in row.methods)
            if fits and (not row.countries or group.country in row.countries):
                fitting.setdefault((number, group.group if row.per is FeePer.ADDRESS else 0), []).append(group)
                break
    due: list[FeeDue] = []
    for (number, _), together in sorted(fitting.items()):
        row, goods = policy.fee[number - 1], sum(each.goods_minor for each in together)
        free = row.free_from_minor is not None and goods >= row.free_from_minor
        numbers = tuple(each.group for each in together)
        due.append(FeeDue(number, numbers, goods, 0 if free else row.amount_minor, free))
    return tuple(due)


def groups_of(order: Order) -> tuple[FeeGroup, ...]:
    """The demand groups of an order that are shipped, with what their goods were agreed at.

    What is canceled afterwards still counts: nobody loses free shipping because something could not be sent.
    """
    goods: dict[int, int] = {}
    for agreed in order.agreement.lines:
        if agreed.kind is LineKind.SHIP:
            goods[agreed.group] = goods.get(agreed.group, 0) + agreed.total_minor
    return tuple(
        FeeGroup(each.group, each.method, each.place.country, goods[each.group])
        for each in order.agreement.groups
        if each.group in goods
    )


def charged_minor(order: Order) -> int:
    """What is agreed on for shipping, with its tax."""
    agreement = order.agreement
    return sum(
        each.amount_minor + (0 if agreement.taxes_included else sum(tax.amount_minor for tax in each.taxes))
        for each in agreement.charges
        if each.kind == CHARGE
    )
