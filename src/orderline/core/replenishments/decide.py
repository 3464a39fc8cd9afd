"""Put the rules for replenishment."""

from collections.abc import Iterable
from typing import Final

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.replenishments.state import NAME, REPLENISH_RULES, ReplenishRule, ReplenishRulesPut
from orderline.core.stock.checks import check_code
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.patterns import MOST_PATTERNS
from orderline.values.quantity import MAX_QUANTITY

MOST_RULES: Final = 500
MOST_DAYS: Final = 365


class PutReplenishRules(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_replenish_rules"):
    """Replace the rules for replenishment and low cover. The last rule that matches a shelf wins."""

    replenish_rules: str
    rules: tuple[ReplenishRule, ...]

    def records(self) -> Iterable[RecordKey]:
        """The one set of rules there is."""
        return (("replenish_rules", self.replenish_rules),)


def decide_put_replenish_rules(draft: Draft, command: PutReplenishRules, context: Context) -> None:
    """Refused RULE_NOT_ACCEPTABLE: another name than `default`, an id twice, or a number out of bounds.

    Refused LOCATION_UNKNOWN: a rule names one that does not exist.
    """
    if command.replenish_rules != NAME:
        _refuse("replenish_rules", command.replenish_rules[:100], NAME)
    if len(command.rules) > MOST_RULES or len({rule.id for rule in command.rules}) < len(command.rules):
        _refuse("rules", len(command.rules), f"at most {MOST_RULES}, each id once")
    patterns = sum(len(rule.skus) for rule in command.rules)
    if patterns > MOST_PATTERNS:
        _refuse("rules.skus", patterns, f"at most {MOST_PATTERNS} in all rules")
    known = draft.world.settings.locations
    for index, rule in enumerate(command.rules):
        field = f"rules[{index}]"
        check_code(rule.id, f"{field}.id")
        check_text(rule.vendor, f"{field}.vendor", 200)
        for pattern in rule.skus:
            check_text(pattern, f"{field}.skus", 100, required=True)
        for name, low, high in (
            ("lead_days", 0, MOST_DAYS),
            ("transfer_days", 0, MOST_DAYS),
            ("cover_days", 1, MOST_DAYS),
            ("alert_days", 1, MOST_DAYS),
            ("reorder_point", 0, MAX_QUANTITY),
            ("pack", 1, MAX_QUANTITY),
        ):
            value = getattr(rule, name)
            if value is not None and not low <= value <= high:
                _refuse(f"{field}.{name}", value, f"from {low} to {high}")
        for name in ("locations", "transfer_from"):
            unknown = next((code for code in getattr(rule, name) if code not in known), None)
            if unknown is not None:
                raise Refused(
                    R.LOCATION_UNKNOWN, field=f"{field}.{name}", value=unknown[:100], allowed=sorted(known)[:50]
                )
    put = ReplenishRulesPut(id=NAME, rules=command.rules, by=context.actor.name, at=context.now)
    draft.tell_record(REPLENISH_RULES, NAME, put)


def _refuse(field: str, value: object, allowed: str) -> None:
    raise Refused(R.RULE_NOT_ACCEPTABLE, field=field, value=value, allowed=allowed)


RULES: Final = {PutReplenishRules: decide_put_replenish_rules}
