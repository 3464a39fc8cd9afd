"""Custom fields of orders, lines and groups, held against what the merchant has defined."""

from collections.abc import Mapping

from orderline.core.orders.guards import check_custom
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.stock.custom_fields import CustomField, CustomValue, FieldPlace, fields_on
from orderline.values.failures import Refused


def check_fields(
    defined: Mapping[str, CustomField],
    place: FieldPlace,
    custom: dict[str, CustomValue],
    field: str,
    *,
    history: bool = False,
) -> None:
    """Fields as they are defined for their place; where none is, any that are few, short and plain.

    history: orders served elsewhere need not have what is required.
    Refused CUSTOM_FIELD_UNKNOWN, CUSTOM_FIELD_MISTYPED, FIELD_REQUIRED, and as `check_custom`.
    """
    if custom:
        check_custom(custom, field)
    known = fields_on(defined, place) if defined else {}
    if not known:
        return
    for name, value in custom.items():
        definition = known.get(name)
        if definition is None:
            raise Refused(R.CUSTOM_FIELD_UNKNOWN, field=f"{field}.{name}", value=name, allowed=sorted(known)[:50])
        if not definition.takes(value):
            expected = definition.expected()
            raise Refused(R.CUSTOM_FIELD_MISTYPED, field=f"{field}.{name}", value=value, expected=expected)
    for name, definition in known.items():
        if definition.required and not history and custom.get(name, "") == "":
            raise Refused(R.FIELD_REQUIRED, field=f"{field}.{name}", value="")
