"""Routing rules as a merchant writes them in TOML: who is routed by what, over which locations, toward which end.

A policy has groups of orders, in sequence; a group has rules, in sequence. A rule filters locations, bounds the plan,
says which plan is better, and what becomes of the units it leaves.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from orderline.core.routing.model import Cause
from orderline.core.stock.state import LocationKind

Whole = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Share = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all tables of a document."""


class Mode(StrEnum):
    """How the best plan is looked for: one order after the other, greedily or proven; or all of a batch together."""

    GREEDY = "greedy"
    EXACT = "exact"
    BATCH = "batch"


class TermName(StrEnum):
    """What plans are compared by; less is better. Each location of a plan adds its own."""

    LATE = "late"
    LOCATIONS = "locations"
    DISTANCE = "distance"
    COST = "cost"
    CARBON = "carbon"
    DAYS = "days"
    STOCK_BALANCE = "stock_balance"
    WEEKS_OF_SUPPLY = "weeks_of_supply"
    SEQUENCE = "sequence"
    RANK = "rank"
    REJECTION_RISK = "rejection_risk"
    MONEY = "money"


class SortName(StrEnum):
    """What orders are put in order by; with a minus in front, the other way round."""

    PRIORITY = "priority"
    PROMISED_BY = "promised_by"
    PLACED_AT = "placed_at"
    VALUE = "value"
    UNITS = "units"
    LINES = "lines"
    WEIGHT = "weight"


class Do(StrEnum):
    """What becomes of the units that a rule leaves."""

    NEXT_RULE = "next_rule"
    BACKORDER = "backorder"
    QUEUE = "queue"
    HOLD = "hold"
    CANCEL = "cancel"
    SET_AUTO_CANCEL_DAYS = "set_auto_cancel_days"
    CLEAR_AUTO_CANCEL_DAYS = "clear_auto_cancel_days"
    SPLIT_GROUP = "split_group"
    SUBSTITUTE = "substitute"
    ASK_CUSTOMER = "ask_customer"


class ScopeTable(Table, frozen=True, kw_only=True):
    """The orders a policy is for; empty lists are no limit. brands, stores: by the order's custom fields."""

    channels: tuple[Text, ...] = ()
    brands: tuple[Text, ...] = ()
    stores: tuple[Text, ...] = ()


class WindowTable(Table, frozen=True, kw_only=True):
    """Times of the day at which waiting orders are routed together."""

    at: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")], ...], msgspec.Meta(min_length=1)
    ]
    time_zone: str = "UTC"


class LocationTable(Table, frozen=True, kw_only=True):
    """What a policy knows of a location beside what stock knows. channels: those it sells; empty: all."""

    groups: tuple[Text, ...] = ()
    abilities: tuple[Text, ...] = ()
    channels: tuple[Text, ...] = ()
    rank: Whole = 0
    labor_minor: Whole | None = None


class CostTable(Table, frozen=True, kw_only=True):
    """Money, in minor units of the merchant's currency.

    ship_*: for locations of which no carrier's price is known. labor_minor: per order, labor_unit_minor: per unit.
    split_minor: each location beyond the first. promise_miss_minor: each late location. carbon_minor_per_kg: its price.
    markdown_minor: per unit not taken where there are more than `markdown_weeks` of supply, when others have them.
    stock_out_ppm: share of a unit's value that is lost when it is taken where fewer than `stock_out_weeks` are left.
    """

    ship_minor: Whole = 0
    ship_minor_per_100_km: Whole = 0
    ship_minor_per_kg: Whole = 0
    labor_minor: Whole = 0
    labor_unit_minor: Whole = 0
    split_minor: Whole = 0
    promise_miss_minor: Whole = 0
    carbon_minor_per_kg: Whole = 0
    carbon_g_per_km: Whole = 0
    markdown_minor: Whole = 0
    markdown_weeks: Whole = 26
    stock_out_ppm: Share = 0
    stock_out_weeks: Whole = 2
    unserved_minor: Whole = 10_000


class SelectTable(Table, frozen=True, kw_only=True):
    """Orders a group is for: all that is given has to hold."""

    channels: tuple[Text, ...] = ()
    not_channels: tuple[Text, ...] = ()
    methods: tuple[Text, ...] = ()
    countries: tuple[Text, ...] = ()
    regions: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()
    not_tags: tuple[Text, ...] = ()
    skus: tuple[Text, ...] = ()
    causes: tuple[Cause, ...] = ()
    pickup: bool | None = None
    priority_from: int | None = None
    value_from_minor: Whole | None = None
    value_below_minor: Whole | None = None
    units_from: Whole | None = None
    units_below: Whole | None = None
    weight_below_g: Whole | None = None
    promised_within_hours: Whole | None = None
    custom: dict[str, str | int | bool] = {}
    when: str = ""


class LocationsTable(Table, frozen=True, kw_only=True):
    """Locations a rule may use: all that is given has to hold. able: has what the order's SKUs need."""

    codes: tuple[Text, ...] = ()
    not_codes: tuple[Text, ...] = ()
    in_groups: tuple[Text, ...] = ()
    not_in_groups: tuple[Text, ...] = ()
    kinds: tuple[LocationKind, ...] = ()
    most_km: Whole | None = None
    most_transit_days: Whole | None = None
    meets_promise: bool = False
    least_capacity: Whole | None = None
    sells_channel: bool = False
    able: bool = True
    keep_safety_stock: bool = False
    least_units: Whole | None = None
    least_weeks_of_supply: Whole | None = None
    most_weeks_of_supply: Whole | None = None
    most_rejected_ppm: Share | None = None
    most_feed_age_minutes: Whole | None = None
    all_items: bool = False
    when: str = ""


class ConstraintsTable(Table, frozen=True, kw_only=True):
    """Bounds of a plan. most_splits: further locations beyond the first; not given: as many as needed.

    keep_together: a custom field of lines; those of one value come from one location. least_value_minor: of what any
    location sends of a split order; least_value_left_minor: of what is left waiting. least_margin_minor: value less
    cost of what a location sends. partial: what can be served is sent though the rest has to wait.
    """

    most_splits: Whole | None = None
    ship_complete: bool = False
    keep_together: str = ""
    least_value_minor: Whole | None = None
    least_value_left_minor: Whole | None = None
    least_margin_minor: Whole | None = None
    most_parcels: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    parcel_weight_g: Annotated[int, msgspec.Meta(ge=1)] = 20_000
    exclude_rejecting: bool = True
    partial: bool = True


class LeftoverTable(Table, frozen=True, kw_only=True):
    """What becomes of units left. label: of a queue; type: of a hold; reason: of a cancellation; days: they may wait."""

    do: Do
    label: str = ""
    type: str = ""
    reason: str = ""
    days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] | None = None


class RuleTable(Table, frozen=True, kw_only=True):
    """A rule. sequence: codes of locations for the term of that name, the first best. objective: by falling weight."""

    name: Text
    locations: LocationsTable = LocationsTable()
    constraints: ConstraintsTable = ConstraintsTable()
    objective: Annotated[tuple[TermName, ...], msgspec.Meta(min_length=1)] = (
        TermName.LATE,
        TermName.LOCATIONS,
        TermName.COST,
        TermName.DISTANCE,
    )
    sequence: tuple[Text, ...] = ()
    mode: Mode = Mode.EXACT
    leftover: tuple[LeftoverTable, ...] = ()


class GroupTable(Table, frozen=True, kw_only=True):
    """Orders that are routed by the same rules. effective_from, effective_to: an order's turn comes in between.

    trigger: when they are routed, if not as the policy says.
    """

    name: Text
    select: SelectTable = SelectTable()
    sort: tuple[Text, ...] = ()
    trigger: tuple[Cause, ...] = ()
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    rule: Annotated[tuple[RuleTable, ...], msgspec.Meta(min_length=1)]


class ExcludeTable(Table, frozen=True, kw_only=True):
    """Locations that some goods, or orders of some kind, are never sent from, whatever the rule; all given has to hold.

    codes, in_groups: the locations, by either. skus: with `*`; without any, all goods of the orders.
    """

    codes: tuple[Text, ...] = ()
    in_groups: tuple[Text, ...] = ()
    skus: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()
    channels: tuple[Text, ...] = ()
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    reason: str = ""


class RoutingTable(Table, frozen=True, kw_only=True):
    """A routing policy."""

    kind: Annotated[str, msgspec.Meta(pattern="^routing$")]
    description: str = ""
    scope: ScopeTable = ScopeTable()
    trigger: Annotated[tuple[Cause, ...], msgspec.Meta(min_length=1)] = (Cause.ACCEPT, Cause.REJECT, Cause.RECEIPT)
    window: WindowTable | None = None
    location: dict[str, LocationTable] = {}
    needs: dict[str, tuple[Text, ...]] = {}
    costs: CostTable = CostTable()
    exclude: tuple[ExcludeTable, ...] = ()
    group: Annotated[tuple[GroupTable, ...], msgspec.Meta(min_length=1)]
