"""The merchant's settings: SKUs, locations, pools, channels."""

import re
from collections.abc import Collection, Sequence
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from orderline.core.context import Context
from orderline.core.customer_links.decide import check_link_policy
from orderline.core.decisions.asking import MOST_ANSWER_HOURS, AskPolicy
from orderline.core.entities.decide import check_entity
from orderline.core.orders.guards import check_text
from orderline.core.orders.priced import SoldAs
from orderline.core.orders.vocabulary import check_words
from orderline.core.sellers.refusals import SellerRefusal
from orderline.core.stock.brands import check_brand
from orderline.core.stock.checks import check_code, check_seen, check_sku_code
from orderline.core.stock.commands import (
    PutChannel,
    PutCustomField,
    PutLocation,
    PutPool,
    PutSkus,
    PutSubstitutes,
)
from orderline.core.stock.custom_fields import LONGEST_INDEXED, FieldPlace, FieldType
from orderline.core.stock.events import (
    ChannelPut,
    CustomFieldPut,
    LocationPut,
    PoolPut,
    SkuPut,
)
from orderline.core.stock.lots import LotRefusal, Tracking
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.stock.state import Settings, Sku, SkuKind
from orderline.core.stock.substitutes import MOST_SUBSTITUTES, Substitute, SwapPrice
from orderline.core.tenders.deposits import check_deposits
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, check_currency
from orderline.values.quantity import MAX_QUANTITY, check_quantity
from orderline.values.time import utc

MOST_FIELDS: Final = 200
MOST_METHODS: Final = 50
MOST_RENEWAL_H: Final = 24 * 30
MOST_CHOICES: Final = 200
_FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
MOST_PEG_DAYS: Final = 3_650
MOST_EXCLUSIONS: Final = 20
MOST_MM: Final = 100_000

LONGEST_S: Final = 365 * 86_400


def decide_put_skus(draft: Draft, command: PutSkus, context: Context) -> None:
    """Create or replace SKUs. Refused CODE_NOT_ACCEPTABLE, SKU_CHANGES_KIND, SKU_UNKNOWN (a component), BUNDLE_...

    Refused SKU_SOLD_AS: services, fees and donations have no stock. A kind is kept: stock and order lines are handled by it.
    """
    given = {sku.code: sku for sku in command.skus}
    for index, sku in enumerate(command.skus):
        field = f"skus[{index}]"
        check_sku_code(sku.code, f"{field}.code")
        check_text(sku.description, f"{field}.description", 500)
        check_text(sku.gtin, f"{field}.gtin", 20)
        check_text(sku.unit, f"{field}.unit", 30)
        for name in ("weight_g", "backorder_cap"):
            if not 0 <= getattr(sku, name) <= MAX_QUANTITY:
                raise Refused(R.QUANTITY_NEGATIVE, field=f"{field}.{name}", value=getattr(sku, name))
        for name in ("sold_from", "sold_until"):
            at = getattr(sku, name)
            if at is not None:
                utc(at, field=f"{field}.{name}")
        wrong = next((code for code in sku.not_sold_in if not re.fullmatch("[A-Z]{2}", code)), None)
        if wrong is not None:
            allowed = "two capital letters (ISO 3166-1)"
            raise Refused(R.COUNTRY_UNKNOWN, field=f"{field}.not_sold_in", value=wrong[:20], allowed=allowed)
        if sku.peg_days is not None and not 0 <= sku.peg_days <= MOST_PEG_DAYS:
            allowed = f"from 0 to {MOST_PEG_DAYS}"
            raise Refused(R.QUANTITY_NEGATIVE, field=f"{field}.peg_days", value=sku.peg_days, allowed=allowed)
        if sku.kind is SkuKind.STOCKED and sku.sold_as not in (SoldAs.GOODS, SoldAs.GIFT_CARD):
            raise Refused(
                R.SKU_SOLD_AS, field=f"{field}.sold_as", value=sku.sold_as, allowed=f"{sku.sold_as} as a service"
            )
        if sku.seller and sku.seller not in draft.world.settings.sellers:
            raise Refused(SellerRefusal.SELLER_UNKNOWN, field=f"{field}.seller", value=sku.seller[:100])
        check_text(sku.category, f"{field}.category", 100)
        _check_goods(sku, field)
        _check_exclusions(draft.world.settings, sku, field)
        _check_bundle(draft.world, sku, given, field)
        check_substitutes(draft.world, sku.code, sku.substitutes, {*given, *draft.world.skus}, field)
        before = draft.world.skus.get(sku.code)
        if before is not None and before.substitutes and not sku.substitutes:
            sku = msgspec.structs.replace(sku, substitutes=before.substitutes)
        if before is not None and before.kind is not sku.kind:
            raise Refused(R.SKU_CHANGES_KIND, field=f"{field}.kind", value=sku.kind, allowed=before.kind)
        _check_tracking(draft.world, sku, before, field)
        if before != sku:
            draft.tell_stock(SkuPut(sku))


def decide_put_substitutes(draft: Draft, command: PutSubstitutes, context: Context) -> None:
    """Say what may be sent for a SKU, anew. Refused SKU_UNKNOWN, SUBSTITUTES_NOT_ACCEPTABLE."""
    sku = draft.world.skus.get(command.sku)
    if sku is None:
        raise Refused(R.SKU_UNKNOWN, field="sku", value=command.sku[:100])
    check_substitutes(draft.world, sku.code, command.substitutes, draft.world.skus, "")
    changed = msgspec.structs.replace(sku, substitutes=command.substitutes)
    if changed != sku:
        draft.tell_stock(SkuPut(changed))


def check_substitutes(
    world: World, code: str, substitutes: Sequence[Substitute], known: Collection[str], field: str
) -> None:
    """Refused SUBSTITUTES_NOT_ACCEPTABLE: too many, one twice, or itself; a price below zero, or none where it counts.

    Refused SKU_UNKNOWN, CHANNEL_UNKNOWN, COUNTRY_UNKNOWN, CURRENCY_UNKNOWN. Who pays a difference is asked before.
    """
    at = f"{field}.substitutes".lstrip(".")
    codes = [each.sku for each in substitutes]
    if len(codes) > MOST_SUBSTITUTES or len(set(codes)) < len(codes) or code in codes:
        allowed = f"at most {MOST_SUBSTITUTES}, each once, and not the SKU itself"
        raise Refused(R.SUBSTITUTES_NOT_ACCEPTABLE, field=at, value=codes[:50], allowed=allowed)
    for index, each in enumerate(substitutes):
        if each.sku not in known:
            raise Refused(R.SKU_UNKNOWN, field=f"{at}[{index}].sku", value=each.sku[:100])
        priced = each.price is SwapPrice.KEEP or each.prices
        if not priced or any(not 0 <= price <= MAX_MINOR for price in each.prices.values()):
            allowed = "zero or more in each currency; needed unless the price is kept"
            raise Refused(R.SUBSTITUTES_NOT_ACCEPTABLE, field=f"{at}[{index}].prices", value="", allowed=allowed)
        for currency in each.prices:
            check_currency(currency)
        if each.price is SwapPrice.DIFFERENCE and not each.consent:
            raise Refused(R.SUBSTITUTES_NOT_ACCEPTABLE, field=f"{at}[{index}].consent", value=False, allowed=True)
        wrong = next((channel for channel in each.channels if channel not in world.settings.channels), None)
        if wrong is not None:
            raise Refused(R.CHANNEL_UNKNOWN, field=f"{at}[{index}].channels", value=wrong[:100])
        wrong = next((country for country in each.countries if not re.fullmatch("[A-Z]{2}", country)), None)
        if wrong is not None:
            allowed = "two capital letters (ISO 3166-1)"
            raise Refused(R.COUNTRY_UNKNOWN, field=f"{at}[{index}].countries", value=wrong[:20], allowed=allowed)


def _check_tracking(world: World, sku: Sku, before: Sku | None, field: str) -> None:
    """Refused SKU_CHANGES_TRACKING: units are there, whose lots nobody has told, or would not be told any more.

    Refused SKU_NOT_TRACKED: only lots expire.
    """
    if sku.tracking is not Tracking.NONE and sku.kind is not SkuKind.STOCKED:
        raise Refused(R.SKU_NOT_STOCKED, field=f"{field}.tracking", value=sku.tracking, kind=sku.kind)
    if sku.tracking is Tracking.NONE and (sku.expires or sku.min_shelf_days):
        name = "expires" if sku.expires else "min_shelf_days"
        raise Refused(LotRefusal.SKU_NOT_TRACKED, field=f"{field}.{name}", value=sku.code)
    if not 0 <= sku.min_shelf_days <= MOST_PEG_DAYS:
        allowed = f"from 0 to {MOST_PEG_DAYS}"
        raise Refused(R.QUANTITY_NEGATIVE, field=f"{field}.min_shelf_days", value=sku.min_shelf_days, allowed=allowed)
    if before is None or before.tracking is sku.tracking:
        return
    for code in world.settings.locations:
        level = world.level(sku.code, code)
        if level.on_hand + level.missing:
            raise Refused(
                R.SKU_CHANGES_TRACKING,
                field=f"{field}.tracking",
                value=sku.tracking,
                location=code,
                on_hand=level.on_hand + level.missing,
                allowed=before.tracking,
            )


def _check_exclusions(settings: Settings, sku: Sku, field: str) -> None:
    """Refused CHANNEL_UNKNOWN, LOCATION_UNKNOWN, FIELD_REQUIRED (an owner), EXCLUSION_NOT_ACCEPTABLE, TIME_..."""
    if len(sku.exclusions) > MOST_EXCLUSIONS:
        allowed = f"at most {MOST_EXCLUSIONS}"
        raise Refused(
            R.EXCLUSION_NOT_ACCEPTABLE, field=f"{field}.exclusions", value=len(sku.exclusions), allowed=allowed
        )
    for number, each in enumerate(sku.exclusions):
        place = f"{field}.exclusions[{number}]"
        check_text(each.owner, f"{place}.owner", 60, required=True)
        check_text(each.reason, f"{place}.reason", 200)
        check_seen(settings, each.channels, each.locations, under=f"{place}.")
        for name in ("starts_at", "ends_at"):
            if getattr(each, name) is not None:
                utc(getattr(each, name), field=f"{place}.{name}")
        if each.locations and not each.pickup:
            allowed = "locations only with pickup"
            raise Refused(
                R.EXCLUSION_NOT_ACCEPTABLE, field=f"{place}.locations", value=each.locations[0], allowed=allowed
            )
        if each.starts_at is not None and each.ends_at is not None and each.ends_at <= each.starts_at:
            value = each.ends_at.isoformat()
            raise Refused(R.EXCLUSION_NOT_ACCEPTABLE, field=f"{place}.ends_at", value=value, allowed="after starts_at")


def _check_goods(sku: Sku, field: str) -> None:
    """What the thing is like. Refused QUANTITY_NEGATIVE, HS_CODE_NOT_ACCEPTABLE, COUNTRY_UNKNOWN."""
    for name in ("length_mm", "width_mm", "height_mm"):
        if not 0 <= getattr(sku, name) <= MOST_MM:
            allowed = f"from 0 to {MOST_MM}"
            raise Refused(R.QUANTITY_NEGATIVE, field=f"{field}.{name}", value=getattr(sku, name), allowed=allowed)
    if sku.hs_code and not re.fullmatch(r"[0-9]{6,10}", sku.hs_code):
        raise Refused(
            R.HS_CODE_NOT_ACCEPTABLE, field=f"{field}.hs_code", value=sku.hs_code[:40], allowed="6 to 10 digits"
        )
    if sku.origin and not re.fullmatch("[A-Z]{2}", sku.origin):
        allowed = "two capital letters (ISO 3166-1)"
        raise Refused(R.COUNTRY_UNKNOWN, field=f"{field}.origin", value=sku.origin[:40], allowed=allowed)


def _check_bundle(world: World, sku: Sku, given: dict[str, Sku], field: str) -> None:
    if (sku.kind is SkuKind.BUNDLE) != bool(sku.components):
        raise Refused(R.BUNDLE_WITHOUT_COMPONENTS, field=f"{field}.components", value=sku.code, kind=sku.kind)
    for component in sku.components:
        part = given.get(component.sku) or world.skus.get(component.sku)
        if part is None:
            raise Refused(R.SKU_UNKNOWN, field=f"{field}.components", value=component.sku)
        if part.kind is SkuKind.BUNDLE:
            raise Refused(R.BUNDLE_OF_BUNDLES, field=f"{field}.components", value=component.sku)
        check_quantity(component.quantity, field=f"{field}.components.quantity")
        check_quantity(component.weight, field=f"{field}.components.weight")


def decide_put_location(draft: Draft, command: PutLocation, context: Context) -> None:
    """Create or replace a location. Refused LOCATION_CHANGES_POOL: its stock is promised from its pool already."""
    location = command.location
    check_code(location.code, "location.code")
    check_text(location.name, "location.name", 200)
    settings = draft.world.settings
    if location.pool not in settings.pools:
        raise Refused(R.POOL_UNKNOWN, field="location.pool", value=location.pool, allowed=sorted(settings.pools)[:50])
    before = settings.locations.get(location.code)
    if before is not None and before.pool != location.pool:
        raise Refused(R.LOCATION_CHANGES_POOL, field="location.pool", value=location.pool, allowed=before.pool)
    if not re.fullmatch("[A-Z]{2}", location.place.country):
        allowed = "two capital letters (ISO 3166-1)"
        raise Refused(R.COUNTRY_UNKNOWN, field="location.place.country", value=location.place.country, allowed=allowed)
    try:
        ZoneInfo(location.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(R.TIME_ZONE_UNKNOWN, field="location.time_zone", value=location.time_zone) from None
    if not 0 <= location.handling_days <= 365:
        raise Refused(R.QUANTITY_NEGATIVE, field="location.handling_days", value=location.handling_days)
    for name in ("daily_capacity", "hourly_capacity"):
        capacity = getattr(location, name)
        if capacity is not None and not 0 <= capacity <= MAX_QUANTITY:
            allowed = f"from 0 to {MAX_QUANTITY}, or none"
            raise Refused(R.QUANTITY_NEGATIVE, field=f"location.{name}", value=capacity, allowed=allowed)
    _check_days(location.pickup_days, "location.pickup_days")
    for days in location.reminder_days:
        _check_days(days, "location.reminder_days")
    for name in ("feed_max_age_s", "accept_within_s"):
        seconds = getattr(location, name)
        if seconds is not None and not 0 < seconds <= LONGEST_S:
            allowed = f"from 1 to {LONGEST_S}, or none"
            raise Refused(R.QUANTITY_NEGATIVE, field=f"location.{name}", value=seconds, allowed=allowed)
    for index, carrier in enumerate(location.books_pickups):
        check_code(carrier, f"location.books_pickups[{index}]")
    for index, pool in enumerate(location.supplied_from):
        if pool not in settings.pools or pool == location.pool or pool in location.supplied_from[:index]:
            allowed = sorted(set(settings.pools) - {location.pool})[:50]
            raise Refused(R.POOL_UNKNOWN, field=f"location.supplied_from[{index}]", value=pool, allowed=allowed)
    # Whether its feed is too old is not for people to say.
    stale = before is not None and before.feed_stale and location.feed_max_age_s is not None
    location = msgspec.structs.replace(location, feed_stale=stale)
    if before != location:
        draft.tell_stock(LocationPut(location))


def decide_put_pool(draft: Draft, command: PutPool, context: Context) -> None:
    """Create or rename a pool."""
    check_code(command.pool.code, "pool.code")
    check_text(command.pool.name, "pool.name", 200)
    draft.tell_stock(PoolPut(command.pool))


def decide_put_custom_field(draft: Draft, command: PutCustomField, context: Context) -> None:
    """Define a custom field.

    Refused CUSTOM_FIELD_NOT_ACCEPTABLE: its name, its choices, or an index on what is no order's.
    Refused CUSTOM_FIELD_CHANGES_TYPE: orders have values of the type it has.
    """
    field = command.field
    if not _FIELD_NAME.fullmatch(field.name):
        allowed = "1 to 60 letters, digits, _ and -, a letter first"
        raise Refused(R.CUSTOM_FIELD_NOT_ACCEPTABLE, field="field.name", value=field.name[:80], allowed=allowed)
    check_text(field.description, "field.description", 500)
    if (field.type is FieldType.CHOICE) != bool(field.choices) or len(set(field.choices)) < len(field.choices):
        allowed = "different ones, of a choice and of nothing else"
        raise Refused(R.CUSTOM_FIELD_NOT_ACCEPTABLE, field="field.choices", value=len(field.choices), allowed=allowed)
    if len(field.choices) > MOST_CHOICES:
        allowed = f"at most {MOST_CHOICES}"
        raise Refused(R.CUSTOM_FIELD_NOT_ACCEPTABLE, field="field.choices", value=len(field.choices), allowed=allowed)
    for index, choice in enumerate(field.choices):
        check_text(choice, f"field.choices[{index}]", LONGEST_INDEXED, required=True)
    if field.indexed and field.on is not FieldPlace.ORDER:
        raise Refused(R.CUSTOM_FIELD_NOT_ACCEPTABLE, field="field.indexed", value=True, allowed="only on orders")
    before = draft.world.settings.fields.get(field.code)
    if before is not None and before.type is not field.type:
        raise Refused(R.CUSTOM_FIELD_CHANGES_TYPE, field="field.type", value=field.type, allowed=before.type)
    if before is None and len(draft.world.settings.fields) >= MOST_FIELDS:
        raise Refused(R.CUSTOM_FIELD_NOT_ACCEPTABLE, field="field", value=field.code, allowed=f"at most {MOST_FIELDS}")
    if before != field:
        draft.tell_stock(CustomFieldPut(field))


def decide_put_channel(draft: Draft, command: PutChannel, context: Context) -> None:
    """Create or replace a channel. Refused POOL_UNKNOWN: it names none, or one that does not exist."""
    channel, pools = command.channel, draft.world.settings.pools
    check_code(channel.code, "channel.code")
    check_text(channel.name, "channel.name", 200)
    if not channel.pools:
        raise Refused(R.POOL_UNKNOWN, field="channel.pools", value=[], allowed=sorted(pools)[:50])
    for pool in channel.pools:
        if pool not in pools or channel.pools.count(pool) > 1:
            raise Refused(R.POOL_UNKNOWN, field="channel.pools", value=pool, allowed=sorted(pools)[:50])
    for currency in channel.currencies:
        check_currency(currency, field="channel.currencies")
    if not 0 <= channel.buffer <= MAX_QUANTITY:
        allowed = f"from 0 to {MAX_QUANTITY}"
        raise Refused(R.QUANTITY_NEGATIVE, field="channel.buffer", value=channel.buffer, allowed=allowed)
    if not 0 <= channel.lag_quantile_ppm < 1_000_000:
        value = channel.lag_quantile_ppm
        raise Refused(R.QUANTITY_NEGATIVE, field="channel.lag_quantile_ppm", value=value, allowed="from 0 to 999999")
    if not 0 <= channel.min_life_days <= MOST_PEG_DAYS:
        value, allowed = channel.min_life_days, f"from 0 to {MOST_PEG_DAYS}"
        raise Refused(R.QUANTITY_NEGATIVE, field="channel.min_life_days", value=value, allowed=allowed)
    if not 0 <= channel.upgrade_minor <= MAX_MINOR:
        value, allowed = channel.upgrade_minor, f"from 0 to {MAX_MINOR}"
        raise Refused(R.QUANTITY_NEGATIVE, field="channel.upgrade_minor", value=value, allowed=allowed)
    if channel.pickup_days is not None:
        _check_days(channel.pickup_days, "channel.pickup_days")
    _check_asks(channel.asks)
    if len(channel.money.refund_to) > MOST_METHODS:
        value, allowed = len(channel.money.refund_to), f"at most {MOST_METHODS}"
        raise Refused(R.QUANTITY_NEGATIVE, field="channel.money.refund_to", value=value, allowed=allowed)
    if not 0 <= channel.money.renew_before_h <= MOST_RENEWAL_H:
        value, allowed = channel.money.renew_before_h, f"from 0 to {MOST_RENEWAL_H}"
        raise Refused(R.QUANTITY_NEGATIVE, field="channel.money.renew_before_h", value=value, allowed=allowed)
    for index, name in enumerate(channel.money.refund_to):
        check_code(name, f"channel.money.refund_to[{index}]")
    check_deposits(channel.money, invoices=channel.invoices)
    if channel.customer_link is not None:
        check_link_policy(channel.customer_link, "channel.customer_link")
    check_words(channel.words, "channel.words")
    check_brand(channel.brand, "channel.brand")
    check_entity(draft, channel.entity, "channel.entity")
    draft.tell_stock(ChannelPut(channel))


def _check_asks(asks: AskPolicy) -> None:
    _check_days(asks.delay_days, "channel.asks.delay_days")
    most_s = MOST_ANSWER_HOURS * 3600
    for field, value, least, most in (
        ("answer_s", asks.answer_s, 0 if asks.answer_hours else 1, most_s),
        ("answer_hours", asks.answer_hours, 0, (most_s - asks.answer_s) // 3600),
        *(("reminder_hours", hours, 1, MOST_ANSWER_HOURS) for hours in asks.reminder_hours),
    ):
        if not least <= value <= most:
            allowed = f"from {least} to {most}"
            raise Refused(R.QUANTITY_NEGATIVE, field=f"channel.asks.{field}", value=value, allowed=allowed)


def _check_days(days: int, field: str) -> None:
    if not 0 <= days <= 365:
        raise Refused(R.QUANTITY_NEGATIVE, field=field, value=days, allowed="from 0 to 365")
