"""What belongs to others, and every operation asked for it by somebody of another channel, or of another location."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import msgspec
import psycopg
from msgspec import inspect

from api.stage import Stage, order
from api.test_photos import png
from orderline.api.calls import GRANTABLE, Body, Operation, Right
from orderline.api.operations import OPERATIONS
from orderline.core.orders.commands import (
    AcceptFulfillment,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import LineQuantity
from orderline.values.ids import OrderId
from support.engines import order_id_of

NAME: Final = "THEIRS"  # in the name of whatever is of the other channel, and is at the other location
PLACE: Final = "AT-LYON"  # of what is at the other location, and of no channel
ALL: Final = tuple(right.value for right in GRANTABLE if right is not Right.ADMIN)
# Somebody of each scope, with all rights but `admin`, and with that alone.
SCOPES: Final[dict[str, dict[str, Any]]] = {
    "channel": {"channels": ("shop",)},
    "location": {"locations": ("lille",)},
}
WHO: Final = tuple(f"{scope} {rights}" for scope in SCOPES for rights in ("all", "admin"))
# Done by any location to any order of its channels.
ANYWHERE: Final = {"keep_photo": "goods may come to any location"}
LINES: Final = [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000}]
DUE: Final = "2030-01-01T00:00:00Z"


@dataclass
class Theirs:
    """An order of the channel `web` that Lyon has sent, one that Lyon works on, and records of many kinds."""

    stage: Stage
    connection: psycopg.Connection[Any]
    sent: dict[str, Any]
    open: dict[str, Any]
    ids: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def marks(self) -> tuple[str, ...]:
        """What an answer to somebody else never has."""
        return (self.sent["id"], self.sent["number"], self.open["id"], self.open["number"], NAME)

    def values(self, operation: Operation) -> dict[str, str]:
        """What the names in its path are."""
        prefix = operation.path.partition("{")[0]
        found = {
            "order": self.open["number"],
            "number": "1",
            "location": "lyon",
            "sku": "TEE-M",
            "pool": "eu",
            "code": "web",
        }
        known = {
            "account": "receivable",
            "currency": "EUR",
            "base": "USD",
            "id": self.ids.get(prefix, "none"),
            "cart": self.ids["cart"],
        }
        return {name: (found | known).get(name, "none") for name in re.findall(r"\{(\w+)\}", operation.path)}

    def now(self, who: str) -> list[Any]:
        """All that is theirs, as it stands: what is at the other location alone is of no channel."""
        there = who.startswith("location")
        ids = [each for each in self.ids.values() if there or each != PLACE]
        query = (
            "SELECT id::text, version FROM orders WHERE id = ANY(%s)"
            " UNION SELECT kind || ' ' || id, version FROM records WHERE id = ANY(%s) OR id LIKE %s"
            " UNION SELECT sku, sellable FROM stock WHERE location = 'lyon' AND %s ORDER BY 1"
        )
        given = [[self.sent["id"], self.open["id"]], ids, f"{NAME}%", there]
        return self.connection.execute(query, given).fetchall()


def make_theirs(stage: Stage, connection: psycopg.Connection[Any]) -> Theirs:
    """Make it, and those who are to see nothing of it."""
    for scope, limits in SCOPES.items():
        stage.make_key(f"{scope} all", *ALL, **limits)
        stage.make_key(f"{scope} admin", "admin", **limits)
    placed = [_placed(stage, number) for number in (1, 2)]
    one = OrderId(order_id_of(msgspec.json.encode(placed[0])))
    items = (LineQuantity(1, 1),)
    for each in placed:
        stage.allocate(each["id"])
    for command in (
        AcceptFulfillment(order=one, fulfillment=1),
        PickUnits(order=one, fulfillment=1, lines=items),
        PackUnits(order=one, fulfillment=1, parcels=(ParcelInput(items=items),)),
        ShipParcels(order=one, fulfillment=1, carrier="post"),
        TrackParcel(order=one, parcel=1, state="delivered"),
    ):
        stage.engine.run(command)
    theirs = Theirs(stage, connection, placed[0], placed[1])
    at = f"/v1/orders/{placed[1]['id']}"
    back = {"lines": [{"line": 1, "quantity": 1, "reason": "too_small"}], "to": "lyon", "approve": True, "reason": NAME}
    _done(stage, "POST", f"/v1/orders/{placed[0]['id']}/returns", back)
    came = {"receipt": NAME, "location": "lyon", "items": [{"item": 1, "quantity": 1}]}
    _done(stage, "POST", f"/v1/orders/{placed[0]['id']}/returns/1/receipts", came)
    _done(stage, "POST", f"{at}/notes", {"text": NAME})
    theirs.ids["/v1/customer-links/"] = _done(stage, "POST", f"{at}/customer-links", {"may": ["cancel"]})["id"]
    draft = {"channel": "web", "currency": "EUR", "lines": LINES, "groups": [{"place": {"country": "FR"}}]}
    line, due = {"sku": "TEE-M", "quantity": 1}, {"due_at": DUE}
    cart = {"place": {"country": "FR"}, "lines": [{"sku": "TEE-M"}], "quote_for_s": 600, "channel": "web"}
    theirs.ids["/v1/quotes/"] = _done(stage, "POST", "/v1/promises", cart)["quote"]
    for path, name, body in (
        ("draft-orders", NAME, draft),
        ("waves", NAME, {"location": "lyon"}),
        ("counts", PLACE, {"location": "lyon", "lines": ["TEE-M"]}),
        ("transfers", PLACE, {"source": "lyon", "target": "paris", "lines": [line], **due}),
        ("purchase-orders", PLACE, {"location": "lyon", "lines": [line | due]}),
    ):
        theirs.ids[f"/v1/{path}/"] = name
        _done(stage, "PUT", f"/v1/{path}/{name}", body)
    theirs.ids["cart"] = "01890a5d-ac96-774b-bcce-b302099a80aa"
    _done(stage, "PUT", f"/v1/carts/{theirs.ids['cart']}", {"channel": "web", "lines": [line]})
    failed = "UPDATE outbox SET state = 'dead', last_error = %s WHERE stream LIKE %s"
    assert connection.execute(failed, [NAME, f"%{placed[1]['id']}%"]).rowcount
    asked = {"order": placed[1]["number"], "cause": "late_work", "fulfillment": 1, "note": NAME}
    theirs.ids["/v1/decisions/"] = _done(stage, "POST", "/v1/decisions", asked)["id"]
    _done(stage, "POST", f"{at}/holds", {"type": "manual", "reason": NAME})
    return theirs


def _placed(stage: Stage, number: int) -> dict[str, Any]:
    customer = {"name": f"{NAME} Quagga", "email": f"{NAME}@example.com"}
    tender = {"provider": "sandbox", "method": "card", "amount_minor": 2000, "state": "captured"}
    return _done(stage, "POST", "/v1/orders", order(f"{NAME}-{number}", customer=customer, tenders=[tender]))


def _done(stage: Stage, method: str, path: str, body: Any) -> Any:
    answer = stage.call(method, path, json=body)
    assert answer.status_code < 300, (path, answer.text)
    return answer.json()


# What a body says where it names something: theirs, wherever it can be.
SAID: Final[dict[str, Any]] = {
    "location": "lyon", "source": "lyon", "target": "lyon", "to": "lyon", "channel": "web", "sku": "TEE-M", "currency": "EUR",
    "country": "FR", "reason": "damaged", "line": 1, "item": 1, "quantity": 1, "time_zone": "UTC", "pool": "eu",
    "pools": ["eu"], "command": "cancel_units", "rights": ["orders:read"], "scopes": ["orders:read"],
}  # fmt: skip


@cache
def _plain(type_: Any) -> inspect.Type:
    return inspect.type_info(type_)


def sample(theirs: Theirs, operation: Operation) -> Any:
    """A body of its least form, about what is theirs."""
    return _sample(theirs, _plain(operation.decodes or operation.input), "")


def _sample(theirs: Theirs, type_: inspect.Type, name: str) -> Any:
    match type_:
        case inspect.Metadata():
            return _sample(theirs, type_.type, name)
        case inspect.UnionType():
            structs = [each for each in type_.types if not isinstance(each, inspect.NoneType)]
            return _sample(theirs, structs[0], name)
        case inspect.StructType():
            # `location`, `channel` and `order` are said where they could be left out as well.
            said = {
                each.encode_name: _sample(theirs, each.type, each.encode_name)
                for each in type_.fields
                if each.required or each.encode_name in ("location", "channel", "order", "fulfillment")
            }
            tag = {type_.tag_field: type_.tag} if type_.tag_field else {}
            return tag | said
        case inspect.VarTupleType() | inspect.ListType() | inspect.SetType():
            return [_sample(theirs, type_.item_type, name.removesuffix("s"))]
        case inspect.TupleType():
            return [_sample(theirs, each, name) for each in type_.item_types]
        case inspect.EnumType():
            return next(iter(type_.cls)).value
        case inspect.LiteralType():
            return type_.values[0]
        case inspect.BoolType():
            return True
        case inspect.DateTimeType():
            return DUE
        case inspect.DateType():
            return DUE[:10]
        case inspect.DictType():
            return {}
        case inspect.UUIDType():
            return theirs.open["id"]
        case _:
            pass
    if name in ("order", "target_order"):
        return theirs.open["number"]
    if name in SAID:
        return SAID[name]
    return 1 if isinstance(type_, inspect.IntType) else "X1"


def reads() -> list[Operation]:
    """What reads, and needs a key."""
    return [each for each in OPERATIONS if each.method == "GET" and each.right in GRANTABLE]


def writes() -> list[Operation]:
    """What may change something, or is posted to be read, and needs a key."""
    return [each for each in OPERATIONS if each.method != "GET" and each.right in GRANTABLE]


def read_faults(theirs: Theirs, operation: Operation, who: str) -> Iterator[str]:
    """What somebody of another scope gets to see of theirs by an operation."""
    path = operation.path.format(**theirs.values(operation))
    answer = theirs.stage.call("GET", path, who)
    if "{order}" in operation.path and answer.status_code not in (403, 404):
        yield f"{who}: GET {path} is answered {answer.status_code}"
    if answer.status_code < 300:
        yield from (f"{who}: GET {path} tells {mark}" for mark in _marks(theirs, who) if mark in answer.text)


def _marks(theirs: Theirs, who: str) -> tuple[str, ...]:
    return (*theirs.marks, PLACE) if who.startswith("location") else theirs.marks


def write_faults(theirs: Theirs, operation: Operation, who: str) -> Iterator[str]:
    """What somebody of another scope can do to theirs by an operation."""
    path = operation.path.format(**theirs.values(operation))
    what: dict[str, Any] = {"json": sample(theirs, operation)} if operation.takes is Body.JSON else {}
    if operation.takes is Body.RAW:
        what = {"content": png()}
    before, open_to_all = theirs.now(who), operation.name in ANYWHERE and who.startswith("location")
    answer = theirs.stage.call(operation.method, path, who, **what)
    if "{order}" in operation.path and not open_to_all and answer.status_code not in (403, 404):
        yield f"{who}: {operation.method} {path} is answered {answer.status_code} {answer.text[:300]}"
    if theirs.now(who) != before:
        yield f"{who}: {operation.method} {path} has changed what is theirs"
    if answer.status_code < 300:
        yield from (
            f"{who}: {operation.method} {path} tells {mark}" for mark in _marks(theirs, who) if mark in answer.text
        )
