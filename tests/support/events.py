"""Events of orders made up by their types: each kind in many shapes, none of which an order need have had."""

import enum
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final, get_args
from uuid import UUID

import msgspec
from msgspec import inspect

from orderline.core.orders.events import AnyOrderEvent

KINDS: Final[tuple[type[AnyOrderEvent], ...]] = get_args(AnyOrderEvent)
AT: Final = datetime(2026, 3, 6, 12, 5, tzinfo=UTC)


def made(kind: type[AnyOrderEvent], dice: Random) -> AnyOrderEvent:
    """An event of the kind: what may be left out is left out now and then; texts are `text-1` and the like."""
    return msgspec.convert(_value(inspect.type_info(kind), "", dice), kind)


def many(kind: type[AnyOrderEvent], number: int) -> Iterator[AnyOrderEvent]:
    """So many events of the kind, always the same."""
    dice = Random(kind.__name__)
    return (made(kind, dice) for _ in range(number))


def _value(type_: inspect.Type, name: str, dice: Random) -> Any:
    match type_:
        case inspect.StructType():
            return _struct(type_, dice)
        case inspect.UnionType():
            return _value(dice.choice(type_.types), name, dice)
        case inspect.EnumType():
            kinds: list[enum.Enum] = list(type_.cls)
            return dice.choice(kinds).value
        case inspect.LiteralType():
            return dice.choice(type_.values)
        case inspect.BoolType():
            return dice.random() < 0.5
        case inspect.IntType():
            return dice.choice((0, 1, 2, 5, 1234)) if not name.endswith("_ppm") else dice.randint(1, 999_999)
        case inspect.StrType():
            return "EUR" if name == "currency" else dice.choice(("", "text-1", "text-2"))
        case inspect.DateTimeType():
            return AT + timedelta(days=dice.randint(0, 3))
        case inspect.DateType():
            return date(2026, 3, 6)
        case inspect.UUIDType():
            return UUID(int=dice.getrandbits(128), version=4)
        case inspect.NoneType():
            return None
        case inspect.VarTupleType() | inspect.ListType():
            return [_value(type_.item_type, name, dice) for _ in range(dice.randint(0, 3))]
        case inspect.DictType():
            return {}
        case _:
            raise AssertionError(f"no value is made up for {name}: {type_}")


def _struct(type_: inspect.StructType, dice: Random) -> dict[str, Any]:
    given = {
        each.encode_name: _value(each.type, each.encode_name, dice)
        for each in type_.fields
        if each.required or dice.random() < 0.7
    }
    return given if type_.tag is None else {type_.tag_field or "type": type_.tag, **given}
