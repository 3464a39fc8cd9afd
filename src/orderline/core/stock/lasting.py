"""How long units are to last that a channel sells: those of lots that end sooner are not promised on it, nor picked for it.

What others were promised may be of the units that last, so that all that do not are taken off what the channel may
promise. Nobody is promised what can't be sent.
"""

from collections.abc import Iterable
from datetime import date

from orderline.core.moves import StockBucket
from orderline.core.stock.lots import AgedLot, LotLevel, is_fresh
from orderline.core.stock.state import Channel, Settings
from orderline.core.world import World


def aged_lots(levels: Iterable[LotLevel], channel: Channel, day: date) -> list[AgedLot]:
    """What of the lots of shelves does not last as long as the channel asks for, from a day on."""
    return [
        AgedLot(level.location, level.lot, level.quantity, level.expires_on)
        for level in levels
        if level.bucket == StockBucket.SELLABLE and level.expires_on is not None
        if not is_fresh(level.expires_on, day, channel.min_life_days)
    ]


def offering(settings: Settings, pool: str) -> list[str]:
    """The locations whose units count in a pool."""
    return [code for code, each in settings.locations.items() if each.pool == pool and each.offers]


def aged_units(world: World, channel: Channel, sku: str, pool: str, day: date) -> int:
    """Units of a SKU in a pool that the channel may not promise for a day, as they end too soon; nought for most."""
    if not channel.min_life_days or not world.lots.tracks(sku):
        return 0
    levels = (level for code in offering(world.settings, pool) for level in world.lots.of(sku, code))
    return sum(each.quantity for each in aged_lots(levels, channel, day))
