"""What only some commands ask for beside the rows that a batch locks: the lots of shelves, and what has moved since."""

from collections.abc import Sequence

from orderline.core.credits.sold import card_accounts
from orderline.core.credits.state import KIND, CreditAccount
from orderline.core.orders.commands import Command
from orderline.core.records import RecordCommand
from orderline.core.stock.commands import ApplyFeed
from orderline.core.stock.lots import LotLevel, LotPlace, Tracking
from orderline.core.world import World
from orderline.engine.submissions import is_storable
from orderline.engine.touching import Touched, lots_named
from orderline.store.loading import Answer, Reader, records_of


def ask_tracked(reader: Reader, touched: Touched) -> Answer:
    """How the SKUs of shelves are tracked; to be asked when the shelves are locked, and read later."""
    skus = sorted({sku for sku, _ in touched.stock | touched.aged})
    return reader.ask("lots", "tracked", wanted=bool(skus), skus=skus)


def lock_lots(reader: Reader, world: World, touched: Touched, tracked: Answer, commands: Sequence[Command]) -> None:
    """The lots of tracked SKUs, under the locks of their shelves; and where lots that are named stand elsewhere."""
    lots = world.lots
    lots.is_planned = True
    lots.tracked = {sku: Tracking(tracking) for sku, tracking in tracked.rows()}
    if not lots.tracked:
        return
    shelves = sorted(key for key in touched.stock | touched.aged if key[0] in lots.tracked)
    codes, locations = [key[0] for key in shelves], [key[1] for key in shelves]
    there = reader.ask("lots", "lots_at", skus=codes, locations=locations)
    named = sorted({key for each in commands for key in lots_named(world, each) if all(map(is_storable, key))})
    codes, names = [key[0] for key in named], [key[1] for key in named]
    elsewhere = reader.ask("lots", "places_of", wanted=bool(named), skus=codes, lots=names)
    lots.levels = dict.fromkeys(shelves, ())
    for row in there.rows():
        level = LotLevel(*row)
        lots.levels[level.sku, level.location] += (level,)
    for sku, lot, *place in elsewhere.rows():
        lots.elsewhere[sku, lot] = (*lots.elsewhere.get((sku, lot), ()), LotPlace(*place))


def lock_accounts(reader: Reader, world: World) -> None:
    """The credit accounts that follow from what was loaded: of cards sold on an order, and those a balance was moved to.

    They are few, and come after other records: a batch that thereby waits for another one which waits for it is run again.
    """
    wanted = {card for order in world.orders.values() if order is not None for card in card_accounts(order)}
    asked = {id_ for kind, id_ in world.records if kind == KIND}
    while True:
        wanted |= {e.moved_to for e in world.records.values() if isinstance(e, CreditAccount) and e.moved_to}
        wanted -= asked
        if not wanted:
            return
        asked |= wanted
        ids = sorted(filter(is_storable, wanted))
        found = reader.ask("records", "lock_records", kinds=[KIND] * len(ids), ids=ids)
        world.records.update(records_of(found.rows()))


def load_moved(reader: Reader, world: World, commands: Sequence[Command]) -> None:
    """Read, under the locks, what has moved since snapshots and counts were taken; one statement for all of them."""
    asked = [
        (cause, as_of, sku, location, "")
        for command in commands
        if isinstance(command, ApplyFeed | RecordCommand)
        for cause, as_of, sku, location in command.moved_since()
        if (sku, location) in world.stock and as_of.tzinfo is not None and is_storable(cause)
    ]
    asked += [
        each
        for command in commands
        if isinstance(command, ApplyFeed)
        for each in command.lots_moved_since()
        if (each[2], each[3]) in world.stock and each[1].tzinfo is not None and is_storable(each[0] + each[4])
    ]
    moved = reader.ask(
        "stock",
        "moved_since",
        wanted=bool(asked),
        skus=[row[2] for row in asked],
        locations=[row[3] for row in asked],
        as_ofs=[row[1] for row in asked],
        causes=[row[0] for row in asked],
        lots=[row[4] for row in asked],
    )
    for (cause, as_of, sku, location, lot), (units, sellable) in zip(asked, moved.rows(), strict=True):
        if lot:
            world.moved_lots[cause, as_of, sku, location, lot] = int(units or 0)
        else:
            world.moved[cause, as_of, sku, location] = int(units or 0)
            world.netted[cause, as_of, sku, location] = int(sellable or 0)
    missed = [
        each
        for command in commands
        if isinstance(command, RecordCommand)
        for each in command.written_off_since()
        if (each[1], each[2]) in world.stock and each[0].tzinfo is not None
    ]
    found = reader.ask(
        "stock",
        "missed_since",
        wanted=bool(missed),
        as_ofs=[row[0] for row in missed],
        skus=[row[1] for row in missed],
        locations=[row[2] for row in missed],
    )
    world.missed = {key: int(row[0] or 0) for key, row in zip(missed, found.rows(), strict=True)}
    world.keeps_posted = bool(asked or missed)
