"""What orders of companies ask for beside the rows that a batch locks, once the companies themselves are locked."""

from collections.abc import Sequence

from orderline.core.companies.state import Company
from orderline.core.orders.commands import Command, PlaceOrder
from orderline.core.price_lists.state import LIST, PRICE, price_id
from orderline.core.records import RecordKey
from orderline.core.world import World
from orderline.engine.submissions import is_storable
from orderline.engine.touching import Touched
from orderline.store.loading import Reader, records_of
from orderline.store.snapshots import SnapshotReader
from orderline.values.ids import OrderId


def touch_buying(reader: Reader | SnapshotReader, touched: Touched) -> None:
    """Add the companies whose orders may owe more than before. An order never goes over to another company."""
    if touched.added:
        found = reader.ask("companies", "companies_of", orders=sorted(touched.added)).rows()
        touched.companies.update(row[0] for row in found)
        touched.records.update(("company", row[0]) for row in found)


def load_buying(reader: Reader | SnapshotReader, world: World, touched: Touched, commands: Sequence[Command]) -> None:
    """What companies owe, which of their numbers are taken, and their prices; read under the locks of the companies.

    Whatever adds to what a company owes by placing or changing orders holds that lock, so the sum is exact until this batch is done.
    """
    companies = sorted(filter(is_storable, touched.companies))
    placed = [each for each in commands if isinstance(each, PlaceOrder) and each.company is not None]
    numbers: set[tuple[str, str]] = set()
    prices: set[RecordKey] = set()
    for each in placed:
        assert each.company is not None
        pair = (each.company.company, each.company.po_number)
        if each.company.po_number and all(map(is_storable, pair)):
            numbers.add(pair)
        company = world.records.get(("company", each.company.company))
        if isinstance(company, Company) and company.terms.price_list:
            list_ = company.terms.price_list
            prices.add((LIST, list_))
            prices.update((PRICE, price_id(list_, line.sku)) for line in each.lines if is_storable(line.sku))
    known = sorted(id_ for id_, order in world.orders.items() if order is not None)
    owed = reader.ask("companies", "owed", companies=companies, orders=known)
    asked = sorted(numbers)
    taken = reader.ask(
        "companies",
        "orders_by_po_number",
        companies=[pair[0] for pair in asked],
        po_numbers=[pair[1] for pair in asked],
    )
    keys = sorted(prices)
    listed = reader.ask("companies", "read_records", kinds=[key[0] for key in keys], ids=[key[1] for key in keys])
    world.exposures = {row[0]: int(row[1]) for row in owed.rows()}
    world.purchase_orders = {(row[0], row[1]): OrderId(row[2]) for row in taken.rows()}
    world.records.update(records_of(listed.rows()))
