"""Put the rules for what is kept back from promising."""

from collections.abc import Iterable
from typing import Final

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.checks import check_code
from orderline.core.stock.keeping import KEEP_RULES, NAME, KeepRule, KeepRulesPut
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.patterns import MOST_PATTERNS
from orderline.values.quantity import MAX_QUANTITY
from orderline.values.time import utc

MOST_RULES: Final = 500


class PutKeepRules(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_keep_rules"):
    """Replace the rules for safety stock and thresholds. The last rule that matches wins; shelves follow at once."""

    keep_rules: str
    rules: tuple[KeepRule, ...]

    def records(self) -> Iterable[RecordKey]:
        """The one set of rules there is."""
        return (("keep_rules", self.keep_rules),)


def check_rules(rules: tuple[KeepRule, ...]) -> None:
    """Refused RULE_NOT_ACCEPTABLE: too many, an id twice, units below zero, a time that ends before it begins."""
    if len(rules) > MOST_RULES:
        raise Refused(R.RULE_NOT_ACCEPTABLE, field="rules", value=len(rules), allowed=f"at most {MOST_RULES} rules")
    patterns = sum(len(rule.skus) for rule in rules)
    if patterns > MOST_PATTERNS:
        allowed = f"at most {MOST_PATTERNS} in all rules"
        raise Refused(R.RULE_NOT_ACCEPTABLE, field="rules.skus", value=patterns, allowed=allowed)
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        field = f"rules[{index}]"
        check_code(rule.id, f"{field}.id")
        if rule.id in seen:
            raise Refused(R.RULE_NOT_ACCEPTABLE, field=f"{field}.id", value=rule.id, allowed="each id once")
        seen.add(rule.id)
        if not 0 <= rule.units <= MAX_QUANTITY:
            allowed = f"from 0 to {MAX_QUANTITY}"
            raise Refused(R.RULE_NOT_ACCEPTABLE, field=f"{field}.units", value=rule.units, allowed=allowed)
        for name in ("skus", "locations", "pools"):
            for text in getattr(rule, name):
                check_text(text, f"{field}.{name}", 100, required=True)
        since = None if rule.since is None else utc(rule.since, field=f"{field}.since")
        until = None if rule.until is None else utc(rule.until, field=f"{field}.until")
        if since is not None and until is not None and until <= since:
            raise Refused(R.RULE_NOT_ACCEPTABLE, field=f"{field}.until", value=until, allowed=f"after {since}")


def decide_put_rules(draft: Draft, command: PutKeepRules, context: Context) -> None:
    """Refused RULE_NOT_ACCEPTABLE: the set has another name than `default`, or as `check_rules`."""
    if command.keep_rules != NAME:
        raise Refused(R.RULE_NOT_ACCEPTABLE, field="keep_rules", value=command.keep_rules[:100], allowed=NAME)
    check_rules(command.rules)
    draft.tell_record(
        KEEP_RULES, NAME, KeepRulesPut(id=NAME, rules=command.rules, by=context.actor.name, at=context.now)
    )
