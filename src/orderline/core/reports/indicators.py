"""Indicators: what each is made of, in words and in measures, and what it comes to. One table."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Literal, NamedTuple

import msgspec

from orderline.core.reports.measures import Measure, Sums

M = Measure


class Slice(StrEnum):
    """What an indicator can be sliced by. category: that of the SKU, as it is now."""

    CHANNEL = "channel"
    LOCATION = "location"
    CARRIER = "carrier"
    COUNTRY = "country"
    ZONE = "zone"
    SKU = "sku"
    CATEGORY = "category"
    RULE = "rule"
    REASON = "reason"


class Unit(StrEnum):
    """What a figure is told in.

    share, per_100: parts per million of the denominator. seconds: on average. per_day: thousandths of a unit each day.
    minor: minor units of a currency each.
    """

    SHARE = "share"
    PER_100 = "per_100"
    SECONDS = "seconds"
    PER_DAY = "per_day"
    MINOR = "minor"


class Take(NamedTuple):
    """A figure of a measure that is added up."""

    measure: M
    field: Literal["amount", "number"]


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """question: what it answers. numerator, denominator, facts, instant: what is counted, in words, of which facts, and when.

    whole: slices that only the numerator has; its shares are then of all. better: which way is good.
    """

    name: str
    title: str
    question: str
    numerator: str
    denominator: str
    facts: str
    instant: str
    unit: Unit
    slices: tuple[Slice, ...]
    whole: tuple[Slice, ...] = ()
    better: Literal["more", "less", ""] = ""
    over: tuple[Take, ...]
    under: tuple[Take, ...] = ()

    @property
    def measures(self) -> frozenset[M]:
        """Those it is made of."""
        return frozenset(take.measure for take in (*self.over, *self.under))

    def above(self, sums: Mapping[M, Sums]) -> int:
        """The numerator."""
        return _total(self.over, sums)

    def below(self, sums: Mapping[M, Sums]) -> int:
        """The denominator."""
        return _total(self.under, sums)

    def value(self, above: int, below: int, days: int) -> int | None:
        """What the figure comes to in its unit, rounded down; None: there is nothing to divide by."""
        match self.unit:
            case Unit.SHARE | Unit.PER_100:
                return above * 1_000_000 // below if below > 0 else None
            case Unit.PER_DAY:
                return above * 1_000 // days if days > 0 else None
            case Unit.SECONDS | Unit.MINOR:
                return above // below if below > 0 else None


def _total(takes: Iterable[Take], sums: Mapping[M, Sums]) -> int:
    return sum(getattr(sums[take.measure], take.field) for take in takes if take.measure in sums)


def _amount(*measures: M) -> tuple[Take, ...]:
    return tuple(Take(each, "amount") for each in measures)


def _number(*measures: M) -> tuple[Take, ...]:
    return tuple(Take(each, "number") for each in measures)


S = Slice
_TO: Final = (S.CHANNEL, S.COUNTRY, S.ZONE)
_WAY: Final = (S.CHANNEL, S.LOCATION, S.CARRIER, S.COUNTRY, S.ZONE, S.RULE)
_SITE: Final = (S.CHANNEL, S.LOCATION, S.COUNTRY, S.ZONE, S.RULE)
_GOODS: Final = (*_SITE, S.SKU, S.CATEGORY)
_BACK: Final = (*_TO, S.SKU, S.CATEGORY, S.REASON)
_BY_WHY: Final = (S.REASON,)

_TABLE: Final = (
    Indicator(
        name="promise_kept", title="Promises kept", question="How many promises are kept?",
        numerator="promises of order lines whose last unit was there by the end of what was promised first",
        denominator="promises of order lines that have ended; what was called off does not count",
        facts="PromiseSettled; carrier and location are those of the parcel that came last",
        instant="when the last unit was there", unit=Unit.SHARE, slices=_WAY, better="more",
        over=_amount(M.PROMISES), under=_number(M.PROMISES),
    ),
    Indicator(
        name="promise_delay", title="Promised against actual", question="How long after what was promised do goods come?",
        numerator="time from the end of what was promised first until the last unit was there; less than nought when early",
        denominator="promises of order lines that have ended; what was called off does not count",
        facts="PromiseCommitted, PromiseSettled", instant="when the last unit was there",
        unit=Unit.SECONDS, slices=_WAY, better="less", over=_amount(M.DELAYS), under=_number(M.DELAYS),
    ),
    Indicator(
        name="promise_misses", title="Why promises are missed", question="Why are promises missed?",
        numerator="promises of order lines that were missed, by cause", denominator="promises of order lines that have ended",
        facts="PromiseSettled with its cause", instant="when the last unit was there", unit=Unit.SHARE,
        slices=(*_WAY, S.REASON), whole=_BY_WHY, better="less", over=_amount(M.MISSES), under=_number(M.PROMISES),
    ),
    Indicator(
        name="first_allocation", title="First-attempt allocation", question="How often is the first choice of locations for good?",
        numerator="deliveries whose units were all given a location by the first decision, and of which no location rejected any",
        denominator="deliveries (an order, to one address by one method) that were given a location",
        facts="UnitsMoved along allocate, reject and cancel", instant="the first allocation", unit=Unit.SHARE,
        slices=(*_TO, S.RULE), better="more", over=_amount(M.ATTEMPTS), under=_number(M.ATTEMPTS),
    ),
    Indicator(
        name="order_to_ship", title="Order to ship", question="How long does it take until an order leaves?",
        numerator="time from the acceptance of the order until the hand-over", denominator="shipments handed over, and not undone",
        facts="OrderPlaced, ShipmentHandedOver, HandoverUndone", instant="the hand-over", unit=Unit.SECONDS, slices=_WAY,
        better="less", over=_amount(M.SHIPMENTS), under=_number(M.SHIPMENTS),
    ),
    Indicator(
        name="preparation", title="Preparation", question="How long does a location take to pick and pack?",
        numerator="time from the release of the first unit until the last parcel was packed",
        denominator="fulfillment orders of which something was packed", facts="UnitsMoved along release, ParcelPacked",
        instant="when the last parcel was packed", unit=Unit.SECONDS, slices=_SITE, better="less",
        over=_amount(M.PREPARED), under=_number(M.PREPARED),
    ),
    Indicator(
        name="pick_errors", title="Pick errors", question="How often is something not found, or the wrong thing sent?",
        numerator="units not found when they were picked, and units that came back as wrong_item or not_ordered",
        denominator="units picked; without those put back", instant="the pick, or when the return was asked for",
        facts="UnitsMoved along pick, unpick, and reject or cancel for short_pick; ReturnOpened", unit=Unit.SHARE,
        slices=(*_SITE, S.REASON), whole=_BY_WHY, better="less", over=_amount(M.PICK_ERRORS), under=_amount(M.PICKED),
    ),
    Indicator(
        name="cancellations", title="Cancellations", question="What is canceled, and why?",
        numerator="units canceled, by the reason that was told", denominator="units of orders accepted, as they were agreed first",
        facts="UnitsMoved along cancel; OrderPlaced", instant="the cancellation, and the acceptance", unit=Unit.SHARE,
        slices=(*_TO, S.REASON), whole=_BY_WHY, better="less", over=_amount(M.CANCELED), under=_amount(M.ORDERS),
    ),
    Indicator(
        name="exceptions", title="Exceptions", question="What goes out of the ordinary, and where?",
        numerator="holds, units that a location rejects, declined payments, parcels astray, and orders that nothing moves",
        denominator="fulfillment orders opened", instant="when it happened, and when they were opened", unit=Unit.PER_100,
        facts="HoldPlaced, UnitsMoved along reject, PaymentAnswered, ParcelTracked, AlarmRaised; FulfillmentOpened",
        slices=(*_SITE, S.REASON), whole=_BY_WHY, better="less", over=_amount(M.EXCEPTIONS), under=_number(M.OPENED),
    ),
    Indicator(
        name="exception_resolution", title="Exception resolution", question="How long does it take until an exception is over?",
        numerator="time from a hold until it ended, from a rejection until the line had another location or was canceled, from"
        " a parcel's exception until its carrier told something else, from an alarm until it was cleared",
        denominator="exceptions that are over", instant="when it was over", unit=Unit.SECONDS, better="less",
        facts="HoldPlaced and HoldReleased, UnitsMoved, ParcelTracked, AlarmRaised and AlarmCleared",
        slices=(*_WAY, S.REASON), over=_amount(M.RESOLVED), under=_number(M.RESOLVED),
    ),
    Indicator(
        name="touches", title="Manual touches", question="How much is done by hand for each hundred orders?",
        numerator="commands on orders that people gave by the command line or the console, but for placing them",
        denominator="orders accepted", facts="the actor of each journal entry; OrderPlaced",
        instant="the command, and the acceptance", unit=Unit.PER_100, slices=(*_TO, S.REASON), whole=_BY_WHY, better="less",
        over=_amount(M.TOUCHES), under=_number(M.ORDERS),
    ),
    Indicator(
        name="wismo_risk", title="Likely to be asked about", question="About how many orders is a customer likely to ask where they are?",
        numerator="orders with a line that is not there by the end of what was promised first, a parcel that was astray, or a"
        " promise that was revised; told by the first of these",
        denominator="orders with a promise", facts="PromiseCommitted, PromiseRevised, PromiseSettled, ParcelTracked",
        instant="the end of what was promised first; orders still under way count as not there", unit=Unit.SHARE,
        slices=(*_WAY, S.REASON), whole=_BY_WHY, better="less", over=_amount(M.AT_RISK), under=_number(M.DUE),
    ),
    Indicator(
        name="fill_rate", title="Fill rate", question="How much of what a location is to serve does it serve?",
        numerator="units shipped", denominator="units shipped, and units rejected",
        facts="UnitsMoved along ship, unship and reject", instant="the hand-over, and the rejection", unit=Unit.SHARE,
        slices=_GOODS, better="more", over=_amount(M.SHIPPED), under=_amount(M.SHIPPED, M.REJECTED),
    ),
    Indicator(
        name="rejections", title="Rejections", question="What do locations reject, and why?",
        numerator="units rejected", denominator="units allocated", facts="UnitsMoved along allocate and reject",
        instant="the rejection, and the allocation", unit=Unit.SHARE, slices=(*_GOODS, S.REASON), whole=_BY_WHY,
        better="less", over=_amount(M.REJECTED), under=_amount(M.ALLOCATED),
    ),
    Indicator(
        name="velocity", title="Velocity", question="How much leaves each day?", numerator="units shipped; less those undone",
        denominator="days", facts="UnitsMoved along ship and unship", instant="the hand-over", unit=Unit.PER_DAY,
        slices=(*_WAY, S.SKU, S.CATEGORY), better="more", over=_amount(M.SHIPPED),
    ),
    Indicator(
        name="returns", title="Returns", question="What comes back, and why?",
        numerator="units that customers want to give back; not what was declined, withdrawn or never came, nor repairs",
        denominator="units shipped", facts="ReturnOpened and what came of it; UnitsMoved along ship and unship",
        instant="when the return was asked for, and the hand-over", unit=Unit.SHARE, slices=_BACK, whole=_BY_WHY,
        better="less", over=_amount(M.RETURNED), under=_amount(M.SHIPPED),
    ),
    Indicator(
        name="returns_by_cohort", title="Returns by cohort", question="How much of what was bought in a month comes back, in the end?",
        numerator="units that customers want to give back, until now; not what was declined, withdrawn or never came, nor repairs",
        denominator="units that have gone, until now", facts="OrderPlaced, ReturnOpened and what came of it, UnitsMoved",
        instant="the acceptance of the order, of both", unit=Unit.SHARE, slices=_BACK, whole=_BY_WHY, better="less",
        over=_amount(M.COHORT_RETURNED), under=_amount(M.COHORT_SENT),
    ),
    Indicator(
        name="split_rate", title="Split orders", question="How many orders leave in more than one shipment?",
        numerator="orders that left in more than one shipment", denominator="orders that left",
        facts="ShipmentHandedOver, HandoverUndone; the rule is that of the first shipment", instant="the first hand-over",
        unit=Unit.SHARE, slices=_WAY, better="less", over=_amount(M.SPLITS), under=_number(M.SPLITS),
    ),
    Indicator(
        name="cost_per_order", title="Cost per order", question="What does it cost to serve an order?",
        numerator="labels and labels for returns as they were bought, and work as the routing decision has reckoned it",
        denominator="orders that left; in another currency, those with costs in it",
        facts="ParcelLabeled, LabelVoided, ReturnLabeled, routing decisions; the rule is that of the first shipment",
        instant="the first hand-over", unit=Unit.MINOR, slices=(*_SITE, S.REASON), whole=_BY_WHY, better="less",
        over=_amount(M.COSTS), under=_number(M.COSTS),
    ),
    Indicator(
        name="margin", title="Margin per order", question="What is left of an order after returns, shipping and work?",
        numerator="what the ledger has of an order as revenue, less discounts, returns, appeasements, shares of sellers and"
        " losses; less labels, work as the routing decision has reckoned it, and goods that have gone and are not for sale"
        " again, by `cost_minor` of their lines; without tax",
        denominator="orders with revenue", facts="MoneyPosted, ParcelLabeled, ReturnLabeled, routing decisions, UnitsMoved",
        instant="the acceptance of the order", unit=Unit.MINOR, slices=(*_TO, S.RULE, S.REASON), whole=_BY_WHY, better="more",
        over=_amount(M.MARGIN), under=_number(M.MARGIN),
    ),
)  # fmt: skip

INDICATORS: Final[Mapping[str, Indicator]] = {each.name: each for each in _TABLE}
