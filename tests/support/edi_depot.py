"""A depot that is asked by 940 and answers by 945, behind an engine on a real database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from orderline.core.context import Actor
from orderline.core.edi.decide import PutEdiPartner
from orderline.core.edi.state import EdiKind
from orderline.core.orders import commands as c
from orderline.core.orders.state import Order
from orderline.core.stock.commands import AdjustStock, PutLocation
from orderline.core.stock.state import Location, LocationKind
from orderline.engine.edi import EdiDesk, TakenInterchange, WrittenDocument
from orderline.engine.submissions import Outcome, Submission
from orderline.values.address import Place
from support.databases import Databases
from support.edi_texts import WAREHOUSE_PROFILE
from support.engine_shop import EngineShop
from support.shop import order_of

MILL = Location("mill", "Mill", LocationKind.THIRD_PARTY, "eu", Place(country="FR", city="Lille"))
DEPOT = Location("depot", "Depot", LocationKind.THIRD_PARTY, "eu", Place(country="FR", city="Lille"))


@contextmanager
def opened_depot(databases: Databases) -> Iterator[EngineShop]:
    with databases.migrated() as dsn:
        made = EngineShop(dsn, [("TEE-M", "lyon", 5)])
        made.do(PutLocation(location=DEPOT))
        made.do(PutLocation(location=MILL))
        for sku in ("TEE-M", "MUG"):
            made.do(AdjustStock(sku=sku, location="depot", quantity=100, reason="received"))
        made.do(PutEdiPartner(partner="depot", profile=WAREHOUSE_PROFILE))
        yield made
        made.close()


def desk(shop: EngineShop, run: Callable[[Submission], Outcome] | None = None) -> EdiDesk:
    return EdiDesk(
        shop.database, run or (lambda submission: shop.engine.submit(submission).result()), Actor("edi", "edi")
    )


def ordered(shop: EngineShop, name: str, *lines: tuple[str, int, int], location: str = "depot", **about: Any) -> Order:
    """An order of which all stands allocated at a location, in its first fulfillment order."""
    id_ = shop.place(order_of(name, *lines, **about))
    allotments = tuple(c.Allotment(place, "eu", location, each[1]) for place, each in enumerate(lines, 1))
    shop.do(c.AllocateUnits(order=id_, group=1, allotments=allotments))
    return shop.order(id_)


def asked(shop: EngineShop, order: Order, *, key: str = "") -> WrittenDocument:
    return desk(shop).write(shop.order(order.id), EdiKind.SHIPPING_ORDER, "1", key=key)


def take(shop: EngineShop, data: bytes) -> TakenInterchange:
    return desk(shop).take_in(data, datetime.now(UTC)).interchanges[0]


def results(taken: TakenInterchange) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.result, each.codes) for each in taken.documents]


def units(order: Order) -> list[dict[str, int]]:
    return [{name: count for name, count in msgspec.to_builtins(line.units).items() if count} for line in order.lines]


def canceled(shop: EngineShop, order: Order, *lines: tuple[int, int], accepted: bool = True) -> None:
    wanted = tuple(c.LineQuantity(*each) for each in lines)
    shop.do(c.CancelUnits(order=order.id, reason="changed their mind", lines=wanted))
    if accepted:
        shop.do(c.AnswerCancel(order=order.id, fulfillment=1, accepted=True))


def holds(order: Order) -> list[str]:
    return [hold.type for hold in order.holds]
