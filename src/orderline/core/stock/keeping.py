"""Rules for what is kept back from promising, by an ordered list: safety stock, confidence, thresholds of pools.

The last rule that matches wins; where none does, what people have set stands. Pure: the preview, the worker that carries
the rules out and the explanation of a figure all ask the same function.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.stock.doubt import Seen, Shelf, doubt_ppm
from orderline.core.stock.explain import AtpExplanation, PoolExplanation, ShelfTerm, Term
from orderline.core.stock.state import LocationKind, PoolLevel, Settings, StockLevel
from orderline.values.patterns import fits

if TYPE_CHECKING:
    from orderline.core.next_steps import FollowUp
    from orderline.core.world import World

NAME = "default"


class Kept(StrEnum):
    """What a rule sets: units of a shelf, the last units of a pool, or that a shelf's confidence is learned."""

    SAFETY = "safety"
    THRESHOLD = "threshold"
    CONFIDENCE = "confidence"


class KeepRule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Keep back `units` of SKUs (by code, or a pattern with *) at locations, in pools, of kinds of location, in a time.

    What is not given does not limit the rule; locations and kinds are asked of shelves only. units: of confidence, how
    many are taken as found before anything is learned: the more, the slower it falls; nought: the record is believed.
    """

    id: str
    units: int
    sets: Kept = Kept.SAFETY
    skus: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    kinds: tuple[LocationKind, ...] = ()
    pools: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


class KeepRules(Record, frozen=True, kw_only=True):
    """The rules that hold, in their order."""

    id: str
    rules: tuple[KeepRule, ...]
    put_by: str
    put_at: datetime


class KeepRulesPut(RecordEvent, frozen=True, kw_only=True, tag="keep_rules_put"):
    """These rules hold from now on, and no others."""

    id: str
    rules: tuple[KeepRule, ...]
    by: str
    at: datetime


class KeepChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a rule changes. withdrawn: units that can no longer be promised; below zero: units that can be again.

    before, after: units; of confidence, the parts per million of the shelf that are not believed.
    """

    sku: str
    sets: Kept
    before: int
    after: int
    rule: str
    withdrawn: int
    location: str = ""
    pool: str = ""


class KeepPreview(msgspec.Struct, frozen=True):
    """What rules would change: how many SKUs, how many units are withdrawn and released, and the first changes."""

    skus: int
    units_withdrawn: int
    units_released: int
    changes: tuple[KeepChange, ...]
    changes_total: int


def evolve_rules(rules: KeepRules | None, event: KeepRulesPut) -> KeepRules:
    """The rules after they were put."""
    if rules is None:
        return KeepRules(id=event.id, rules=event.rules, put_by=event.by, put_at=event.at)
    return msgspec.structs.replace(rules, rules=event.rules, put_by=event.by, put_at=event.at)


def shelf_rule(
    rules: Sequence[KeepRule], settings: Settings, sku: str, location: str, now: datetime, sets: Kept = Kept.SAFETY
) -> KeepRule | None:
    """The rule for a shelf."""
    here = settings.locations[location]
    return next(
        (
            rule
            for rule in reversed(rules)
            if rule.sets is sets
            and _matches(rule, sku, here.pool, now)
            and (not rule.locations or location in rule.locations)
            and (not rule.kinds or here.kind in rule.kinds)
        ),
        None,
    )


def threshold_rule(rules: Sequence[KeepRule], sku: str, pool: str, now: datetime) -> KeepRule | None:
    """The rule for a SKU in a pool."""
    return next(
        (rule for rule in reversed(rules) if rule.sets is Kept.THRESHOLD and _matches(rule, sku, pool, now)), None
    )


def changes(
    rules: Sequence[KeepRule],
    settings: Settings,
    shelves: Iterable[StockLevel],
    pools: Iterable[PoolLevel],
    now: datetime,
) -> list[KeepChange]:
    """What differs from the rules, shelf by shelf and pool by pool."""
    found: list[KeepChange] = []
    replace = msgspec.structs.replace
    for shelf in shelves:
        rule = shelf_rule(rules, settings, shelf.sku, shelf.location, now)
        if rule is not None and rule.units != shelf.safety:
            active = settings.locations[shelf.location].active
            withdrawn = shelf.promisable - replace(shelf, safety=rule.units).promisable if active else 0
            found.append(
                KeepChange(
                    shelf.sku, Kept.SAFETY, shelf.safety, rule.units, rule.id, withdrawn, location=shelf.location
                )
            )
    for level in pools:
        rule = threshold_rule(rules, level.sku, level.pool, now)
        if rule is not None and rule.units != level.threshold:
            withdrawn = level.atp - replace(level, threshold=rule.units).atp
            found.append(
                KeepChange(level.sku, Kept.THRESHOLD, level.threshold, rule.units, rule.id, withdrawn, pool=level.pool)
            )
    return found


def doubt_changes(
    rules: Sequence[KeepRule],
    settings: Settings,
    shelves: Iterable[StockLevel],
    seen: Mapping[Shelf, Seen],
    now: datetime,
) -> list[KeepChange]:
    """Shelves whose doubt is another now than what was seen there says; before and after in parts per million."""
    found: list[KeepChange] = []
    for shelf in shelves:
        rule = shelf_rule(rules, settings, shelf.sku, shelf.location, now, Kept.CONFIDENCE)
        there = seen.get((shelf.sku, shelf.location))
        doubt = doubt_ppm(there, rule.units) if rule is not None and there is not None else 0
        if doubt != shelf.doubt_ppm:
            after = msgspec.structs.replace(shelf, doubt_ppm=doubt)
            offers = settings.locations[shelf.location].offers
            found.append(
                KeepChange(
                    shelf.sku, Kept.CONFIDENCE, shelf.doubt_ppm, doubt, rule.id if rule is not None else "",
                    shelf.promisable - after.promisable if offers else 0, location=shelf.location,
                )
            )  # fmt: skip
    return found


def preview_of(found: Sequence[KeepChange], most: int) -> KeepPreview:
    """Changes summed up, those first that withdraw the most."""
    ordered = sorted(found, key=lambda each: (-each.withdrawn, each.sku, each.location, each.pool))
    return KeepPreview(
        skus=len({each.sku for each in found}),
        units_withdrawn=sum(max(0, each.withdrawn) for each in found),
        units_released=sum(max(0, -each.withdrawn) for each in found),
        changes=tuple(ordered[:most]),
        changes_total=len(found),
    )


def with_rules(
    explained: AtpExplanation, rules: Sequence[KeepRule], settings: Settings, now: datetime
) -> AtpExplanation:
    """An explanation that names the rule behind each value that a rule has set."""
    replace = msgspec.structs.replace

    def shelf(sku: str, each: ShelfTerm) -> ShelfTerm:
        rule = shelf_rule(rules, settings, sku, each.location, now)
        return replace(each, safety_rule=rule.id) if rule is not None and rule.units == -each.safety else each

    def term(sku: str, pool: str, each: Term) -> Term:
        if each.name == "threshold":
            rule = threshold_rule(rules, sku, pool, now)
            return replace(each, rule=rule.id) if rule is not None and rule.units == -each.amount else each
        return replace(each, shelves=tuple(shelf(sku, row) for row in each.shelves)) if each.shelves else each

    def pools(sku: str, given: tuple[PoolExplanation, ...]) -> tuple[PoolExplanation, ...]:
        return tuple(replace(pool, terms=tuple(term(sku, pool.pool, each) for each in pool.terms)) for pool in given)

    components = tuple(replace(part, pools=pools(part.sku, part.pools)) for part in explained.components)
    return replace(explained, pools=pools(explained.sku, explained.pools), components=components)


def turns(rules: Sequence[KeepRule], now: datetime) -> list[datetime]:
    """When rules begin or end to hold, from now on."""
    return sorted({at for rule in rules for at in (rule.since, rule.until) if at is not None and at > now})


def _matches(rule: KeepRule, sku: str, pool: str, now: datetime) -> bool:
    return (
        (not rule.skus or fits(sku, rule.skus))
        and (not rule.pools or pool in rule.pools)
        and (rule.since is None or rule.since <= now)
        and (rule.until is None or now < rule.until)
    )


def _window(rules: KeepRules) -> Window:
    return Window("active")


def _follow_ups(world: "World", record: KeepRules, events: Sequence[KeepRulesPut], now: datetime) -> "list[FollowUp]":
    """Carry the rules out now, and again whenever one begins or ends."""
    from orderline.core.next_steps import FollowUp, JobBody, JobKind  # it looks at the world, which knows records

    return [
        FollowUp(JobKind.KEEP_BACK, f"keep_rules {at.isoformat()}", JobBody(), at)
        for at in (now, *turns(record.rules, now))
    ]


KEEP_RULES = RecordKind("keep_rules", KeepRules, KeepRulesPut, evolve_rules, _window, _follow_ups)
