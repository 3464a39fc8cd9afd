"""How long units are to last on a channel, on a database: the figure, its explanation, the cart and the order agree."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from orderline.core.changes.actions import AddLine
from orderline.core.changes.commands import ChangeOrder
from orderline.core.context import SYSTEM
from orderline.core.orders.commands import AllocateUnits, Allotment, LineInput
from orderline.core.orders.state import Order
from orderline.core.routing.model import RoutableOrder
from orderline.core.routing.replaying import pack, route_again, unpack
from orderline.core.routing.route import route
from orderline.core.stock.commands import AdjustStock, CartLineInput, HoldCart, PutChannel, PutSkus
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Channel, Settings, Sku
from orderline.engine.engine import Engine
from orderline.engine.previewing import preview
from orderline.engine.promising import PromiseAsked, Promiser, WantedLine
from orderline.engine.routing import demand_groups, dry_run, route_snapshot, with_lasting
from orderline.store.database import Database
from orderline.store.reading.promises import AtpAsked, explain_promise, load_atp
from orderline.store.reading.source import Source, open_source
from orderline.store.working import read_orders
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, OrderId, new_id
from support.engines import assert_clean, open_shop, placed
from support.shop import order_of


def test_the_figure_the_cart_and_the_order_agree(engine: Engine, database: Database) -> None:
    open_shop(engine)
    engine.run(PutSkus(skus=(Sku("TEE-M", "Shirt", tracking=Tracking.LOT, expires=True),)))
    today = datetime.now(UTC).date()
    lots = (LotUnits("SOON", 2, today + timedelta(days=9)), LotUnits("LATE", 3, today + timedelta(days=60)))
    engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=5, reason="received", lots=lots))
    engine.run(PutChannel(channel=Channel("web", "Web", ("eu",), min_life_days=30)))
    engine.run(PutChannel(channel=Channel("pop-up", "Pop-up", ("eu",))))
    with closing(open_source(database).connection) as connection:
        source = Source(connection, database.cell)
        settings = source.settings()
        [fresh] = load_atp(source, settings, [AtpAsked("web", ("TEE-M",))])
        [any_] = load_atp(source, settings, [AtpAsked("pop-up", ("TEE-M",))])
        assert isinstance(fresh, bytes)
        assert isinstance(any_, bytes)
        assert [msgspec.json.decode(each)["items"][0]["atp"] for each in (fresh, any_)] == [3, 5]
        told = explain_promise(source, settings, "TEE-M", "web")
        [term] = [each for each in told.pools[0].terms if each.name == "short_life"]
        assert (told.atp, term.amount, [(each.lot, each.location) for each in term.lots]) == (3, -2, [("SOON", "lyon")])
        later = explain_promise(source, settings, "TEE-M", "web", at=datetime.now(UTC) + timedelta(days=40))
        assert later.atp == 0
    asked = PromiseAsked(channel="web", lines=(WantedLine("TEE-M", 4),), place=Place(country="FR"))
    with closing(open_source(database).connection) as connection:
        source = Source(connection, database.cell)
        [answer] = Promiser(database).answer(source, [asked])
    short = isinstance(answer, Refused) or not answer.options[0].complete
    assert short
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        placed(engine, order_of("A-1", ("TEE-M", 4, 2000)))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        engine.run(HoldCart(cart=CartHoldId(new_id()), channel="web", lines=(CartLineInput("TEE-M", 4),)))
    order = placed(engine, order_of("A-2", ("TEE-M", 2, 2000)))
    add = AddLine(line=LineInput(sku="TEE-M", quantity=2, unit_price_minor=2000))
    more = ChangeOrder(order=order, reason="more", actions=(add,))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        engine.run(more)
    one = msgspec.structs.replace(add, line=msgspec.structs.replace(add.line, quantity=1))
    preview(database, msgspec.structs.replace(more, actions=(one,)), SYSTEM, datetime.now(UTC))
    engine.run(msgspec.structs.replace(more, actions=(one,)))
    assert_clean(database)


def two_places(engine: Engine, soon: int, late: int) -> None:
    """The near place has units that end soon, and some that do not; the far one has only those."""
    open_shop(engine)
    engine.run(PutSkus(skus=(Sku("TEE-M", "Shirt", tracking=Tracking.LOT, expires=True),)))
    today = datetime.now(UTC).date()
    near = (LotUnits("SOON", soon, today + timedelta(days=9)), LotUnits("LATE", late, today + timedelta(days=60)))
    far = (LotUnits("FAR", 10, today + timedelta(days=60)),)
    for location, lots in (("lille", near), ("lyon", far)):
        told = tuple(each for each in lots if each.quantity)
        quantity = sum(each.quantity for each in told)
        engine.run(AdjustStock(sku="TEE-M", location=location, quantity=quantity, reason="received", lots=told))
    engine.run(PutChannel(channel=Channel("web", "Web", ("eu",), min_life_days=30)))
    engine.run(PutChannel(channel=Channel("pop-up", "Pop-up", ("eu",))))


def routed(database: Database, order: OrderId) -> tuple[dict[str, int], dict[str, str]]:
    """Units by location, and why others were left out."""
    [run] = dry_run(database, order, datetime.now(UTC))
    served = {each.location: each.quantity for each in run.decision.allotments}
    assert route_again(unpack(pack(run.inputs, ""), run.inputs.locations), run.policy, dry_run=True) == run.decision
    return served, {each.location: each.excluded for each in run.decision.candidates if each.excluded}


def test_goods_are_sent_from_where_they_last(engine: Engine, database: Database) -> None:
    two_places(engine, 5, 0)
    assert routed(database, placed(engine, order_of("A-1", ("TEE-M", 2, 2000), channel="pop-up")))[0] == {"lille": 2}
    served, excluded = routed(database, placed(engine, order_of("A-2", ("TEE-M", 2, 2000))))
    assert (served, excluded) == ({"lyon": 2}, {"lille": "ENDS_TOO_SOON"})


def test_what_lasts_and_waits_to_be_picked_is_not_sent_twice(engine: Engine, database: Database) -> None:
    two_places(engine, 5, 3)
    first = placed(engine, order_of("A-1", ("TEE-M", 2, 2000)))
    second = placed(engine, order_of("A-2", ("TEE-M", 2, 2000)))
    other = placed(engine, order_of("A-3", ("TEE-M", 2, 2000), channel="pop-up"))
    groups = with_lasting(database, load(database), *both(database, first, second, other), datetime.now(UTC))
    snapshot = route_snapshot(database, load(database), groups, datetime.now(UTC))
    together = route(groups, snapshot, datetime.now(UTC))
    assert [{a.location for a in each.allotments} for each in together] == [{"lille"}, {"lyon"}, {"lille"}]
    assert routed(database, second)[0] == {"lille": 2}
    engine.run(AllocateUnits(order=first, group=1, allotments=(Allotment(1, "eu", "lille", 2),)))
    assert routed(database, second)[0] == {"lyon": 2}, "one of those that last is left there"
    assert routed(database, other)[0] == {"lille": 2}
    assert_clean(database)


def load(database: Database) -> Settings:
    with closing(open_source(database).connection) as connection:
        return Source(connection, database.cell).settings()


def both(database: Database, *ids: OrderId) -> tuple[list[RoutableOrder], list[Order]]:
    found = read_orders(database, ids)
    orders = [found[id_] for id_ in ids]
    return demand_groups(database, orders), orders
