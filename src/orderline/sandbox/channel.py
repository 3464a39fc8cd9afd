"""The sandbox shop: has orders to pull, and keeps what it is told about them and about stock."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.routing import Route

from orderline.contracts.channels import (
    Acknowledged,
    ChannelCancellationRequested,
    ChannelFact,
    ChannelLine,
    ChannelOrder,
    ChannelOrderPlaced,
)
from orderline.contracts.terms import Country, Currency, Quantity, Recipient, Ref, Sequence64, Text
from orderline.sandbox.callbacks import Callbacks
from orderline.sandbox.chance import Chance
from orderline.sandbox.endpoint import get, post

PULLED_MAX: Final = 1000
CITIES: Final = {
    "FR": ("Lyon", "69001"),
    "DE": ("Berlin", "10115"),
    "NL": ("Utrecht", "3511"),
    "US": ("Denver", "80202"),
}


class LineIn(msgspec.Struct, frozen=True):
    line: Ref
    sku: Ref
    quantity: Quantity


class AcknowledgmentIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    order: Ref
    number: Text
    state: Acknowledged = Acknowledged.ACCEPTED
    reason: Text = ""


class AcknowledgmentsIn(msgspec.Struct, frozen=True):
    acknowledgments: list[AcknowledgmentIn]


class FulfillmentIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    order: Ref
    lines: tuple[LineIn, ...]
    shipped: datetime
    carrier: Text = ""
    tracking: Text = ""
    url: Text = ""


class FulfillmentsIn(msgspec.Struct, frozen=True):
    fulfillments: list[FulfillmentIn]


class WithdrawalIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    order: Ref
    fulfillment: Ref
    reason: Text
    lines: tuple[LineIn, ...]


class WithdrawalsIn(msgspec.Struct, frozen=True):
    withdrawals: list[WithdrawalIn]


class CancellationIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    order: Ref
    reason: Text
    lines: tuple[LineIn, ...] = ()


class CancellationsIn(msgspec.Struct, frozen=True):
    cancellations: list[CancellationIn]


class LevelIn(msgspec.Struct, frozen=True):
    sku: Ref
    quantity: int
    sequence: Sequence64


class StockIn(msgspec.Struct, frozen=True):
    levels: list[LevelIn]


class ListingIn(msgspec.Struct, frozen=True, kw_only=True):
    sku: Ref
    state: Literal["listed", "preorder", "backorder", "sold_out", "off"]
    sequence: Sequence64
    reason: Text = ""
    ready: datetime | None = None
    changes: datetime | None = None


class ListingsIn(msgspec.Struct, frozen=True):
    listings: list[ListingIn]


class OrdersIn(msgspec.Struct, frozen=True, kw_only=True):
    """Orders to put into the shop. announce: tell them as facts, too."""

    orders: list[ChannelOrder] = []
    announce: bool = False


class GenerateIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Let the shop make up orders from its seed."""

    count: Annotated[int, Meta(ge=1, le=100_000)]
    skus: Annotated[list[Ref], Meta(min_length=1)]
    currency: Currency = "EUR"
    countries: Annotated[tuple[Country, ...], Meta(min_length=1)] = ("FR", "DE", "NL")
    lines_max: Annotated[int, Meta(ge=1, le=50)] = 3
    announce: bool = False


class CustomerCancelsIn(msgspec.Struct, frozen=True, kw_only=True):
    order: Ref
    reason: Text = "changed mind"


Pushed = AcknowledgmentIn | FulfillmentIn | WithdrawalIn | CancellationIn


class SandboxChannel:
    """The shop. It takes pushes about orders it does not know when `strict` is off, as a shop whose orders came by API."""

    def __init__(self, *, callbacks: Callbacks, chance: Chance, strict: bool = False) -> None:
        self._callbacks = callbacks
        self._chance = chance
        self._strict = strict
        self._orders: list[ChannelOrder] = []
        self._known: set[str] = set()
        self._told: dict[str, Pushed] = {}
        self._by_order: dict[str, list[Pushed]] = {}
        self._levels: dict[str, LevelIn] = {}
        self._listings: dict[str, ListingIn] = {}
        self._stale = 0
        self._cancels = 0

    def counts(self) -> dict[str, int]:
        """Orders, pushes and stock levels."""
        kinds = [type(each) for each in self._told.values()]
        return {
            "orders": len(self._orders),
            "acknowledged": kinds.count(AcknowledgmentIn),
            "fulfillments": kinds.count(FulfillmentIn),
            "withdrawals": kinds.count(WithdrawalIn),
            "cancellations": kinds.count(CancellationIn),
            "levels": len(self._levels),
            "levels_stale": self._stale,
            "listings": len(self._listings),
        }

    def routes(self) -> list[Route]:
        """What the shop can be asked."""
        return [
            post("/acknowledgments", AcknowledgmentsIn, lambda b: self._take_all(b.acknowledgments)),
            post("/fulfillments", FulfillmentsIn, lambda b: self._take_all(b.fulfillments)),
            post("/withdrawals", WithdrawalsIn, lambda b: self._take_all(b.withdrawals)),
            post("/cancellations", CancellationsIn, lambda b: self._take_all(b.cancellations)),
            post("/stock", StockIn, self._set_levels),
            get("/stock/{sku}", self._show_level),
            post("/listings", ListingsIn, self._set_listings),
            get("/listings/{sku}", self._show_listing),
            get("/orders", self._pull),
            get("/orders/{order}", self._show_order),
        ]

    def put_orders(self, body: OrdersIn) -> dict[str, Any]:
        """Customers buy."""
        for order in body.orders:
            self._orders.append(order)
            self._known.add(order.external_id)
            if body.announce:
                self._tell(
                    order.external_id,
                    ChannelOrderPlaced(
                        event_id=f"so-{order.external_id}-{order.revision}", occurred_at=order.placed_at, order=order
                    ),
                )
        return {"orders": len(self._orders)}

    def generate(self, body: GenerateIn) -> dict[str, Any]:
        """Customers buy, drawn from the seed; the same seed and number give the same orders."""
        start = len(self._orders) + 1
        orders = [self._make_order(number, body) for number in range(start, start + body.count)]
        self.put_orders(OrdersIn(orders=orders, announce=body.announce))
        return {"first": orders[0].external_id, "last": orders[-1].external_id, "orders": len(self._orders)}

    def customer_cancels(self, body: CustomerCancelsIn) -> dict[str, Any]:
        """A customer asks the shop to cancel."""
        self._cancels += 1
        fact = ChannelCancellationRequested(
            event_id=f"sc-{body.order}-{self._cancels}",
            occurred_at=datetime.now(UTC),
            external_id=body.order,
            reason=body.reason,
        )
        self._tell(body.order, fact)
        return {"event": fact.event_id}

    def _tell(self, about: str, fact: ChannelFact) -> None:
        self._callbacks.tell(about, fact)

    def _take_all(self, pushes: list[Any]) -> dict[str, Any]:
        return {"results": [self._take(push) for push in pushes]}

    def _take(self, push: Pushed) -> dict[str, Any]:
        known = self._told.get(push.key)
        if known is not None and known != push:
            return {"key": push.key, "taken": False, "code": "key_reused"}
        if self._strict and push.order not in self._known:
            return {"key": push.key, "taken": False, "code": "order_unknown"}
        if known is None:
            self._told[push.key] = push
            self._by_order.setdefault(push.order, []).append(push)
        return {"key": push.key, "taken": True, "reference": push.key}

    def _set_levels(self, body: StockIn) -> dict[str, Any]:
        stale = 0
        for level in body.levels:
            known = self._levels.get(level.sku)
            if known is None or known.sequence < level.sequence:
                self._levels[level.sku] = level
            elif known != level:
                stale += 1
        self._stale += stale
        return {"set": len(body.levels) - stale, "stale": stale, "unknown": []}

    def _show_level(self, request: Request) -> LevelIn:
        level = self._levels.get(request.path_params["sku"])
        if level is None:
            raise LookupError("no level was published for this sku")
        return level

    def _set_listings(self, body: ListingsIn) -> dict[str, Any]:
        stale = 0
        for listing in body.listings:
            known = self._listings.get(listing.sku)
            if known is None or known.sequence < listing.sequence:
                self._listings[listing.sku] = listing
            elif known != listing:
                stale += 1
        return {"set": len(body.listings) - stale, "stale": stale, "unknown": []}

    def _show_listing(self, request: Request) -> ListingIn:
        listing = self._listings.get(request.path_params["sku"])
        if listing is None:
            raise LookupError("nothing was published for this sku")
        return listing

    def _pull(self, request: Request) -> dict[str, Any]:
        after = int(request.query_params.get("after") or "0")
        limit = min(int(request.query_params.get("limit", "250")), PULLED_MAX)
        orders = self._orders[after : after + limit]
        return {"orders": orders, "next": str(after + len(orders)), "more": after + len(orders) < len(self._orders)}

    def _show_order(self, request: Request) -> dict[str, Any]:
        """What the shop was told about an order."""
        order = request.path_params["order"]
        told = self._by_order.get(order, [])
        if not told and order not in self._known:
            raise LookupError("unknown order")
        return {
            "order": order,
            "acknowledgments": [each for each in told if isinstance(each, AcknowledgmentIn)],
            "fulfillments": [each for each in told if isinstance(each, FulfillmentIn)],
            "withdrawals": [each for each in told if isinstance(each, WithdrawalIn)],
            "cancellations": [each for each in told if isinstance(each, CancellationIn)],
        }

    def _make_order(self, number: int, body: GenerateIn) -> ChannelOrder:
        chance = self._chance
        count = 1 + chance.below(min(body.lines_max, len(body.skus)), "lines", number)
        start = chance.below(len(body.skus), "sku", number)
        lines = tuple(
            ChannelLine(
                external_line_id=str(line),
                sku=body.skus[(start + line) % len(body.skus)],
                quantity=1 + chance.below(3, "quantity", number, line),
                unit_price_minor=500 + chance.below(9_500, "price", body.skus[(start + line) % len(body.skus)]),
            )
            for line in range(1, count + 1)
        )
        country = body.countries[chance.below(len(body.countries), "country", number)]
        city, postal_code = CITIES.get(country, ("Capital", "1000"))
        return ChannelOrder(
            external_id=f"SHOP-{number:07d}",
            placed_at=datetime.now(UTC),
            currency=body.currency,
            lines=lines,
            ship_to=Recipient(
                name=f"Customer {number}", lines=(f"{number % 200 + 1} Main Street",),
                city=city, postal_code=postal_code, country=country,
            ),
            email=f"customer{number}@example.com",
            total_minor=sum(line.quantity * line.unit_price_minor for line in lines),
            payment_token="tok_ok",
        )  # fmt: skip
