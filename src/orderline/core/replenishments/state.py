"""Rules for replenishment, in their order; the last one that matches wins, and where none does nothing is proposed."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.stock.state import Location, LocationKind
from orderline.values.patterns import fits

NAME = "default"


class ReplenishRulesState(StrEnum):
    """Rules stand, or there are none."""

    ACTIVE = "active"


class ReplenishRule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Keep SKUs (by code, or a pattern with *) at locations, or kinds of location, in stock.

    lead_days: how long it takes until bought units are there; transfer_days: sent ones. cover_days: how long they are
    to last then. reorder_point: at which level to act; None: what is sold in `lead_days`, and the safety stock.
    pack: quantities are multiples of it. transfer_from: locations that may send what they have in excess, in this order;
    what they lack is bought, from `vendor`, unless buy is false. alert_days: a task is raised when stock lasts less.
    """

    id: str
    skus: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    kinds: tuple[LocationKind, ...] = ()
    lead_days: int = 7
    transfer_days: int = 2
    cover_days: int = 14
    reorder_point: int | None = None
    pack: int = 1
    transfer_from: tuple[str, ...] = ()
    buy: bool = True
    vendor: str = ""
    alert_days: int | None = None


class ReplenishRules(Record, frozen=True, kw_only=True):
    """The rules that hold, in their order."""

    id: str
    rules: tuple[ReplenishRule, ...]
    put_by: str
    put_at: datetime


class ReplenishRulesPut(RecordEvent, frozen=True, kw_only=True, tag="replenish_rules_put"):
    """These rules hold from now on, and no others."""

    id: str
    rules: tuple[ReplenishRule, ...]
    by: str
    at: datetime


def evolve_rules(rules: ReplenishRules | None, event: ReplenishRulesPut) -> ReplenishRules:
    """The rules after they were put."""
    fresh = ReplenishRules(id=event.id, rules=event.rules, put_by=event.by, put_at=event.at)
    return fresh if rules is None else msgspec.structs.replace(fresh, version=rules.version, chain=rules.chain)


def rule_for(rules: Sequence[ReplenishRule], sku: str, location: Location) -> ReplenishRule | None:
    """The rule for a shelf."""
    return next(
        (
            rule
            for rule in reversed(rules)
            if (not rule.skus or fits(sku, rule.skus))
            and (not rule.locations or location.code in rule.locations)
            and (not rule.kinds or location.kind in rule.kinds)
        ),
        None,
    )


REPLENISH_RULES = RecordKind(
    "replenish_rules", ReplenishRules, ReplenishRulesPut, evolve_rules, lambda rules: Window("active")
)
