"""A small merchant to test with: the same commands on a world in memory or through an engine on a database."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from orderline.core.context import SYSTEM, Context
from orderline.core.decide import run
from orderline.core.limits import MoneyLimits
from orderline.core.orders.commands import (
    Command,
    CustomerInput,
    GroupInput,
    LineInput,
    PlaceOrder,
    TenderInput,
)
from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.state import Order
from orderline.core.stock.commands import AdjustStock, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.events import StockEntry
from orderline.core.stock.state import (
    Channel,
    Component,
    Location,
    LocationKind,
    Pool,
    Settings,
    ShortPolicy,
    Sku,
    SkuKind,
)
from orderline.core.telling import order_events
from orderline.core.tenders.inputs import Already
from orderline.core.world import Draft, World
from orderline.engine.sealing import seal
from orderline.values.address import Address, Place
from orderline.values.ids import OrderId, new_id

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOME = Address(name="Ann Lee", lines=("1 Rue de la Paix",), city="Lyon", postal_code="69001", country="FR")

SKUS = (
    Sku("TEE-M", "Shirt"),
    Sku("MUG", "Mug", short_policy=ShortPolicy.BACKORDER),
    Sku("CAP-9", "Cap", short_policy=ShortPolicy.CAP, backorder_cap=5),
    Sku("EBOOK", "Book to download", kind=SkuKind.DIGITAL),
    Sku("WRAP", "Gift wrapping", kind=SkuKind.SERVICE),
    Sku(
        "SET",
        "Shirt and two mugs",
        kind=SkuKind.BUNDLE,
        components=(Component("TEE-M", 1, 20), Component("MUG", 2, 5)),
    ),
)
LOCATIONS = (
    Location("lyon", "Lyon", LocationKind.WAREHOUSE, "eu", Place(country="FR"), partner="sandbox"),
    Location("lille", "Lille", LocationKind.WAREHOUSE, "eu", Place(country="FR"), partner="sandbox"),
    Location("paris", "Paris", LocationKind.STORE, "stores", Place(country="FR"), pickup=True),
)


def opening(stock: Iterable[tuple[str, str, int]] = ()) -> list[Command]:
    """The commands that set the merchant up, with units of SKUs received at locations."""
    return [
        PutPool(pool=Pool("eu")),
        PutPool(pool=Pool("stores")),
        *(PutLocation(location=location) for location in LOCATIONS),
        PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"))),
        PutSkus(skus=SKUS),
        *(
            AdjustStock(sku=sku, location=location, quantity=quantity, reason="received")
            for sku, location, quantity in stock
        ),
    ]


def order_of(
    name: str,
    *lines: tuple[str, int, int] | LineInput,
    paid: Already | None = "authorized",
    pickup: str | None = None,
    **about: Any,
) -> PlaceOrder:
    """An order of lines (SKU, quantity, unit price in cents); `paid`: the state of its one tender, None: no tender."""
    inputs = tuple(
        line if isinstance(line, LineInput) else LineInput(sku=line[0], quantity=line[1], unit_price_minor=line[2])
        for line in lines
    )
    total = sum(each.unit_price_minor * each.quantity - each.discount_minor for each in inputs)
    total += sum(charge.amount_minor for charge in about.get("charges", ()))
    group = GroupInput(pickup_location=pickup) if pickup else GroupInput(address=HOME)
    given: dict[str, Any] = {
        "channel": "web",
        "external_id": name,
        "currency": "EUR",
        "lines": inputs,
        "total_minor": total,
        "customer": CustomerInput(name="Ann Lee", email="ann@example.com"),
        "groups": (group,),
        "taxes_included": True,
    }
    if paid is not None:
        tender = TenderInput(provider="sandbox", amount_minor=total, token="tok", state=paid)
        given["tenders"] = (tender,)
    return PlaceOrder(**{**given, **about})


class MemoryShop:
    """The rules on a world in memory: what the engine does, without a database."""

    def __init__(self, stock: Iterable[tuple[str, str, int]] = (), commands: Sequence[Command] | None = None) -> None:
        self.world = World(Settings({}, {}, {}))
        self.now = NOON
        self.events: dict[OrderId, list[AnyOrderEvent]] = {}
        self.entries: list[StockEntry] = []
        self.on_draft: Callable[[Draft], None] | None = None
        self._numbers = 0
        self.actor = SYSTEM
        self.limits: MoneyLimits | None = None
        self.told: Any = None  # what the last rule gave back
        for command in opening(stock) if commands is None else commands:
            self.do(command)

    def do(self, command: Command) -> Draft:
        """Decide one command, as a batch of one; raises what it is refused for."""
        self._numbers += 1
        context = Context(self.now, self.actor, OrderId(new_id()), f"SO-{self._numbers}", self.limits)
        draft, self.told = run(self.world, command, context)
        for order_id, events in order_events(draft).items():
            order = self.world.orders[OrderId(order_id)]
            assert order is not None
            sealed, _, _ = seal(order, str(command.__struct_config__.tag), events, self.actor, self.now)
            self.world.orders[sealed.id] = sealed
            self.events.setdefault(sealed.id, []).extend(events)
        self.entries.extend(draft.entries)
        if self.on_draft is not None:
            self.on_draft(draft)
        return draft

    def place(self, command: PlaceOrder) -> OrderId:
        """Place an order; its id."""
        return next(order_id for order_id, _ in self.do(command).events)

    def order(self, order_id: OrderId) -> Order:
        """The order as it stands."""
        order = self.world.orders[order_id]
        assert order is not None
        return order

    def records(self, kind: str) -> list[Any]:
        """The records of a kind, by their ids."""
        found = sorted((id_, record) for (of, id_), record in self.world.records.items() if of == kind and record)
        return [record for _, record in found]

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


def as_json(value: Any) -> bytes:
    """The value as it would be stored."""
    return msgspec.json.encode(value)
