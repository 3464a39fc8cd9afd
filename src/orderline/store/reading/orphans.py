"""Orders that goods with no order known may be of: looked for by whatever is told of them, each in bounded time."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from orderline.core.returns.orphans import Orphan
from orderline.core.returns.suggesting import WEIGHTS, Clue
from orderline.core.stock.lots import Tracking
from orderline.store.documents import load_skus_of
from orderline.store.reading.finding import find_codes, find_people, find_skus
from orderline.store.reading.lots import load_recall
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

NEWEST: Final = UUID(int=2**128 - 1)
MOST_ORDERS: Final = 300
MOST_LOTS: Final = 50


def find_clues(source: Source, orphan: Orphan, *, email: str = "", name: str = "") -> dict[OrderId, set[Clue]]:
    """Orders, and what speaks for each. email, name: of who may have sent it; in lower case, the beginning will do."""
    clues: dict[OrderId, set[Clue]] = {}

    def add(clue: Clue, ids: Iterable[UUID]) -> None:
        for each in ids:
            clues.setdefault(OrderId(each), set()).add(clue)

    if orphan.tracking_number:
        rows = source.rows("returns", "locate_returns", tracking_numbers=[orphan.tracking_number])
        add(Clue.RETURN_TRACKING, (row[1] for row in rows))
        add(Clue.PARCEL_TRACKING, find_codes(source, tracking=(orphan.tracking_number,)).ids)
    if words := tuple(word for each in orphan.reference.split()[:10] if (word := each.strip(".,;:#()[]"))):
        upper = tuple(each.upper() for each in words)
        add(Clue.REFERENCE, find_codes(source, numbers=(*words, *upper), external_ids=words).ids)
    if email:
        add(Clue.EMAIL, find_people(source, NEWEST, email=email.strip().lower()).ids)
    if name:
        add(Clue.NAME, find_people(source, NEWEST, name=name.strip().lower()).ids)
    skus = {each.sku for each in orphan.items if each.sku and each.left}
    known = load_skus_of(source, skus)
    lots = [(each.sku, lot.lot) for each in orphan.items if each.left for lot in each.lots]
    for sku, lot in lots[:MOST_LOTS]:
        serial = sku in known and known[sku].tracking is Tracking.SERIAL
        recall = load_recall(source, sku, lot, most=MOST_ORDERS)
        add(Clue.SERIAL if serial else Clue.LOT, (each.order for each in recall.orders if each.sent))
    add(Clue.SKU, find_skus(source, sorted(skus), NEWEST).ids)
    # the likeliest, and of those that are as likely the newest: their ids are in the order of their placement
    ranked = sorted(((sum(map(WEIGHTS.__getitem__, said)), id_) for id_, said in clues.items()), reverse=True)
    return {id_: clues[id_] for _, id_ in ranked[:MOST_ORDERS]}
