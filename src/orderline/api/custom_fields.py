"""Custom fields: define them, list them, and ask for orders by them."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import page, readers
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_unlimited
from orderline.core.stock.commands import PutCustomField
from orderline.core.stock.custom_fields import CustomField, FieldPlace, FieldType, fields_on, index_text
from orderline.values.failures import Refused


def custom_of(asked: Mapping[str, str], defined: Mapping[str, CustomField]) -> tuple[tuple[str, str], ...]:
    """The fields of a query as they are indexed. Refused INPUT_INVALID: none that is, or a value of another type."""
    known = {name: each for name, each in fields_on(defined, FieldPlace.ORDER).items() if each.indexed}
    found: list[tuple[str, str]] = []
    for name, text in asked.items():
        field = known.get(name)
        if field is None:
            allowed = sorted(known)[:50]
            raise Refused(ApiRefusal.INPUT_INVALID, field=f"custom.{name}", value=text, allowed=allowed)
        value = _value(field, text)
        if value is None or not field.takes(value):
            raise Refused(ApiRefusal.INPUT_INVALID, field=f"custom.{name}", value=text, expected=field.expected())
        found.append((name, index_text(value) or ""))
    return tuple(found)


def _value(field: CustomField, text: str) -> str | int | bool | None:
    try:
        match field.type:
            case FieldType.INT:
                return msgspec.convert(text, int, strict=False)
            case FieldType.BOOL:
                return msgspec.convert(text, bool, strict=False)
            case FieldType.TEXT | FieldType.CHOICE:
                return text
    except msgspec.ValidationError:
        return None


async def _put(call: Call[None, Any]) -> Answer:
    check_unlimited(call)  # a field is of all orders
    try:
        on = FieldPlace(call.path["on"])
    except ValueError:
        allowed = [each.value for each in FieldPlace]
        raise Refused(ApiRefusal.INPUT_INVALID, field="on", value=call.path["on"], allowed=allowed) from None
    field = CustomField(on=on, name=call.path["name"], **fields_of(call.input))
    answer = await decide(call, PutCustomField(field=field))
    return Answer(field, headers=answer.headers)


async def _list(call: Call[None, None]) -> Answer:
    settings = await readers(call).run(lambda source: source.settings())
    return page([settings.fields[code] for code in sorted(settings.fields)], None)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="put_custom_field", method="PUT", path="/v1/custom-fields/{on}/{name}", right=Right.SETTINGS_WRITE,
        summary="Define a custom field, or change it",
        description="As soon as one is defined for orders, lines or groups, unknown and mistyped ones are refused there.",
        handler=_put, capability="channels", input=input_of(CustomField, "PutCustomFieldInput", without=("on", "name")),
        output=CustomField, refusals=("CUSTOM_FIELD_NOT_ACCEPTABLE", "CUSTOM_FIELD_CHANGES_TYPE"),
    ),
    Operation(
        name="list_custom_fields", method="GET", path="/v1/custom-fields", right=Right.SETTINGS_READ,
        summary="List custom fields", handler=_list, capability="channels", output=CustomField, page=True,
    ),
)  # fmt: skip
