"""Answering what could be promised for carts: many askers read their stock together, each is decided by itself."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from orderline.core.promises.model import Cart, CartLine, Option
from orderline.core.promises.promise import promise
from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.core.routing.model import Snapshot
from orderline.core.routing.scoped import Live
from orderline.core.routing.terrain import Terrain
from orderline.core.stock.refusals import StockRefusal
from orderline.core.stock.state import SkuKind
from orderline.engine.routing import facts_of, live_policies, with_facts
from orderline.store.database import Database
from orderline.store.reading.lasting import Aged, load_aged, units_of
from orderline.store.reading.promises import Known, channel_of
from orderline.store.reading.promising import Ground, KnownGround, Stock, atp_of, expected_of, load_stock, snapshot_of
from orderline.store.reading.source import Source
from orderline.values.address import Place, check_country
from orderline.values.failures import Refused


class WantedLine(msgspec.Struct, frozen=True):
    """A SKU and how many of it."""

    sku: str
    quantity: int


class PromiseAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What could be promised for these, there? hold: their place is to be kept, beside those that are kept now."""

    channel: str
    lines: tuple[WantedLine, ...]
    place: Place
    methods: tuple[str, ...] = ()
    pickup: tuple[str, ...] = ()
    ship_complete: bool = False
    hold: bool = False


class Promised(msgspec.Struct, frozen=True):
    """The cart as it was looked at, and its options."""

    cart: Cart
    options: tuple[Option, ...]


class Promiser:
    """Answers askers in batches. clock: the present, for all of a batch."""

    def __init__(self, database: Database, clock: Callable[[], datetime] | None = None) -> None:
        self._database = database
        self._clock = clock or (lambda: datetime.now(UTC))
        self._ground = KnownGround()

    def answer(self, source: Source, asked: Sequence[PromiseAsked]) -> Sequence[Promised | Refused]:
        """One answer for each; what is refused concerns its asker alone."""
        now = self._clock()
        ground = self._ground.current(source, now, booking=any(each.hold for each in asked))
        stock = load_stock(source, {line.sku for each in asked for line in each.lines})
        live = live_policies(self._database, now)
        rules = Rules(live, self._facts(ground, live, set(stock.known), now))
        answers: list[Promised | Refused] = []
        for each in asked:
            try:
                channel = ground.settings.channels.get(each.channel)
                aged = load_aged(source, ground.settings, channel, stock.known, now.date())
                answers.append(answer_one(each, ground, stock, rules, now, aged))
            except Refused as refused:
                answers.append(refused)
        return answers

    def _facts(self, ground: Ground, live: Sequence[Live], skus: set[str], now: datetime) -> Snapshot:
        """What the rules ask of stock and locations beside the levels."""
        bare = Snapshot(position=0, locations=ground.locations, levels={})
        told = with_facts(self._database, bare, facts_of(live), skus, now)
        return bare if told is bare else msgspec.structs.replace(told, locations=Terrain(told.locations))


class Rules(NamedTuple):
    """What routing goes by: the policies that hold, and a snapshot without stock of what they ask for."""

    live: Sequence[Live]
    facts: Snapshot


def answer_one(
    asked: PromiseAsked, ground: Ground, stock: Stock, rules: Rules, now: datetime, aged: Aged | None = None
) -> Promised:
    """aged: lots that end too soon for the channel.

    Refused CHANNEL_UNKNOWN, COUNTRY_UNKNOWN, SKU_UNKNOWN, PICKUP_LOCATION_UNKNOWN, NOTHING_TO_PROMISE."""
    channel = channel_of(ground.settings, asked.channel)
    for code in asked.pickup:
        site = ground.settings.locations.get(code)
        if site is None or not site.pickup:
            allowed = sorted(each for each, at in ground.settings.locations.items() if at.pickup)[:50]
            raise Refused(StockRefusal.LOCATION_UNKNOWN, field="pickup_locations", value=code[:100], allowed=allowed)
    place = asked.place
    if place.country or not asked.pickup:  # what is collected goes nowhere
        place = msgspec.structs.replace(place, country=check_country(place.country, "place.country"))
    lines = tuple(part for number, line in enumerate(asked.lines, 1) for part in _parts(line, number, stock.known))
    cart = Cart(
        channel=asked.channel,
        lines=lines,
        place=place,
        pools=channel.pools,
        methods=asked.methods,
        pickup=asked.pickup,
        supplied_from={
            code: pools for code in asked.pickup if (pools := ground.settings.locations[code].supplied_from)
        },
        ship_complete=asked.ship_complete,
    )
    skus = sorted({line.sku for line in lines if line.stocked})
    snapshot = snapshot_of(rules.facts, stock.shelves, skus, stock.position)
    expected = expected_of(stock, skus, channel, now)
    atp = {key: max(0, units - units_of(aged or {}, *key)) for key, units in atp_of(stock.known, skus).items()}
    options = promise(cart, snapshot, ground.network, now, rules.live, atp=atp, expected=expected)
    if not options:
        raise Refused(R.NOTHING_TO_PROMISE, field="lines", value=[line.sku for line in asked.lines][:20])
    return Promised(cart, options)


def _parts(line: WantedLine, number: int, known: Known) -> list[CartLine]:
    """A line as it is served: the parts of a bundle for the bundle."""
    found = known.get(line.sku)
    if found is None:
        raise Refused(StockRefusal.SKU_UNKNOWN, field=f"lines[{number - 1}].sku", value=line.sku[:100])
    sku, _ = found
    parts = [(known[part.sku][0], part.quantity * line.quantity) for part in sku.components]
    return [
        CartLine(
            line=number,
            sku=part.code,
            quantity=quantity,
            weight_g=part.weight_g,
            stocked=part.kind is SkuKind.STOCKED,
        )
        for part, quantity in parts or [(sku, line.quantity)]
    ]
