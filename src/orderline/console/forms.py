"""Forms made from what an operation takes, so that a page never asks for something that the API does not know."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from msgspec import inspect

from orderline.values.address import Address

# What a form says by itself, or what is for machines: never asked. A list of tags would take away what others have put there
# since it was read: people add tags, and take away those that they name.
_OWN: Final = frozenset({"expected_version", "token_hash", "tags"})
# Asked for rarely: kept apart.
_RARE: Final = frozenset({"occurred_at", "lots", "documents", "proof", "custom"})
# Kinds of fields that are made of others; an address in the order in which people say it.
_MADE_OF: Final = frozenset({"group", "address", "parts"})
# What stands in a cell of a row; a list of things that have nothing else is asked for in rows.
_IN_A_ROW: Final = frozenset(
    {"text", "long", "choice", "number", "amount", "time", "day", "yes_no", "flag", "texts", "numbers"}
)
# Numbers by name, where others are amounts by currency.
_COUNTED: Final = frozenset({"categories", "units", "packs", "figures"})
# Kinds of fields that name units: of lines, or of the items of a return; `some` of lines, none where none is entered.
UNITS: Final = frozenset({"lines", "items", "some"})
_ADDRESS: Final = ("name", "company", "lines", "postal_code", "city", "region", "country", "phone")
_WORDS: Final = {
    "lines": "Lines and units",
    "items": "Items",
    "due_at": "Due (UTC)",
    "expires_at": "Until (UTC)",
    "sku": "SKU",
    "unblock": "Who can unblock it",
    "gtin": "GTIN",
    "bic": "BIC",
    "iban": "IBAN",
    "url": "URL",
    "sha256": "SHA-256",
    "vat_id": "VAT id",
    "po_number": "PO number",
    "requires_po_number": "Requires PO number",
    "actor": "Who",
    "via": "By way of",
    "what": "Command or fact",
    "record": "Order or record",
    "accept_within_s": "To be accepted within (seconds)",
    "feed_max_age_s": "Its feed is stale after (seconds)",
    "answer_s": "Time to answer (seconds)",
    "answer_hours": "Time to answer (hours)",
    "lag_quantile_ppm": "Share of the lag that is covered (ppm)",
    "renew_before_h": "Authorizations are renewed before they expire by (hours)",
    "logo_url": "Logo (URL)",
    "asks": "Questions to customers",
    "drafts": "Questions that are drafted",
    "sends": "Questions that are sent by themselves",
    "page": "Page (URL)",
    "hs_code": "HS code",
    "min_life_days": "Shelf life left at least (days)",
    "min_shelf_days": "Shelf life left at least (days)",
    "above_minor": "From what amount on",
    "length_mm": "Length (mm)",
    "width_mm": "Width (mm)",
    "height_mm": "Height (mm)",
    "tare_g": "Weight when empty (g)",
    "max_weight_g": "Holds (g)",
    "from_on": "From",
    "until_on": "Until",
    "postal": "Postal code begins with",
    "subdivision": "Part of the country",
    "carbon_mg_per_kg_km": "CO2 of the way (mg per kg and km)",
    "carbon_parcel_g": "CO2 of the last mile (g per parcel)",
}


@dataclass(frozen=True)
class Field:
    """kind: how it is asked. choices: of a select. columns: of lines and rows, what is said of each, beside the
    quantity of a line; of a group, an address or parts, its fields; of pairs, how what stands by a name is read. Parts that have a choice may be there with nothing said in them.

    rare: kept apart, where there are many. within: of goods, the one field of what is taken that they stand in.
    """

    name: str
    kind: str
    label: str
    required: bool
    choices: tuple[str, ...] = ()
    columns: tuple["Field", ...] = ()
    rare: bool = False
    within: str = ""


@cache
def fields_of(input_: Any) -> tuple[Field, ...]:
    """The fields of an operation's input, the required ones first; without input there are none."""
    if input_ is None:
        return ()
    info = inspect.type_info(input_)
    if not isinstance(info, inspect.StructType):
        return ()
    found = [_field(each) for each in info.fields if each.encode_name not in _OWN]
    return tuple(sorted(found, key=lambda each: (not each.required, each.rare)))


def names_of(fields: Iterable[Field]) -> set[str]:
    """What the fields of a form are called, those that others are made of as well."""
    return {name for each in fields for name in (each.name, *(names_of(each.columns) if each.kind in _MADE_OF else ()))}


def label_of(name: str) -> str:
    """What a field is called; it is translated where it is shown."""
    return _WORDS.get(name) or name.removesuffix("_minor").replace("_", " ").capitalize()


def _field(info: inspect.Field) -> Field:
    name = info.encode_name
    type_ = bare(info.type)
    kind, choices, columns, within = "json", (), (), ""
    match type_:
        case inspect.BoolType():
            kind, choices = ("yes_no", ("yes", "no")) if info.required or info.default is True else ("flag", ())
        case inspect.IntType() if name.endswith("_minor"):
            kind = "amount"
        case inspect.IntType():
            kind = "number"
        case inspect.StrType():
            kind = "long" if name in ("reason", "note") else "text"
        case inspect.EnumType():
            kind, choices = "choice", tuple(str(member.value) for member in type_.cls)
        case inspect.LiteralType():
            kind, choices = "choice", tuple(str(value) for value in type_.values)
        case inspect.DateTimeType():
            kind = "time"
        case inspect.DateType():
            kind = "day"
        case inspect.VarTupleType() | inspect.ListType():
            kind, columns = _many(type_.item_type)
            item = bare(type_.item_type)
            if isinstance(item, inspect.EnumType):
                choices = tuple(str(member.value) for member in item.cls)
        case inspect.DictType() if isinstance(bare(type_.value_type), inspect.IntType) and name not in _COUNTED:
            kind = "amounts"
        case inspect.DictType() if how := _of_pair(bare(type_.value_type)):
            kind, columns = "pairs", (Field("", how, "", False),)
        case inspect.StructType() if type_.cls is Address:
            known = {each.encode_name: _field(each) for each in type_.fields}
            kind, columns = "address", tuple(_part(name, known[each]) for each in _ADDRESS)
        case inspect.StructType():
            # An id inside of what is named by a path is the name itself.
            inner = tuple(_field(each) for each in type_.fields if each.required or each.encode_name != "id")
            if any(each.kind == "amounts" for each in inner) and not info.required:
                kind, columns = "group", tuple(_within(name, each) for each in inner)
            elif [each.kind for each in inner if each.required] == ["skus"]:
                kind, within = "skus", next(each.name for each in inner if each.required)
            elif inner:
                inner = tuple(sorted(inner, key=lambda each: not each.required))
                kind, columns = "parts", tuple(_within(name, each) for each in inner)
                choices = ("yes",) if info.default is None else ()
        case _:
            pass
    required = info.required and kind != "flag"
    rare = (name in _RARE or kind in ("json", "rows", "pairs")) and not info.required
    return Field(name, kind, label_of(name), required, choices, columns, rare=rare, within=within)


def _within(name: str, part: Field) -> Field:
    """A field as a part of another, and its own parts with it."""
    inner = tuple(_within(name, each) for each in part.columns) if part.kind in _MADE_OF else part.columns
    return replace(part, name=f"{name}.{part.name}", columns=inner)


def _of_pair(value: inspect.Type) -> str:
    """How a value by a name is read: as a text, a number, or as either, or as yes or no; "": it is none of them."""
    match value:
        case inspect.StrType() | inspect.LiteralType():
            return "text"
        case inspect.IntType():
            return "number"
        case inspect.UnionType() if all(
            isinstance(each, inspect.StrType | inspect.IntType | inspect.BoolType | inspect.NoneType)
            for each in value.types
        ):
            return "any"
        case _:
            return ""


def _part(name: str, part: Field) -> Field:
    made = replace(part, name=f"{name}.{part.name}")
    return replace(made, kind="streets", label="Street") if part.name == "lines" else made


def _many(item: inspect.Type) -> tuple[str, tuple[Field, ...]]:
    item = bare(item)
    match item:
        case inspect.IntType():
            return "numbers", ()
        case inspect.StrType() | inspect.UUIDType():
            return "texts", ()
        case inspect.EnumType():
            return "choices", ()
        case inspect.StructType():
            names = {each.encode_name for each in item.fields}
            if {"sku", "breaks"} == names:
                return "prices", ()
            if (
                {"sku", "quantity"} <= names
                and "weight" not in names
                and {each.encode_name for each in item.fields if each.required}
                <= {
                    "sku",
                    "quantity",
                    "due_at",
                }
            ):
                return "skus", tuple(
                    _field(each) for each in item.fields if each.required and each.encode_name == "due_at"
                )
            told = {each.encode_name for each in item.fields if each.required}
            for key in ("item", "line") if "item" in told else ("line", "item"):
                if {key, "quantity"} <= names:
                    others = [_field(each) for each in item.fields if each.encode_name not in (key, "quantity")]
                    simple = tuple(
                        each
                        for each in others
                        if (each.kind in ("text", "choice", "long", "time") and not each.rare)
                        or (each.kind == "number" and each.required)
                    )
                    return f"{key}s", simple
            columns = tuple(map(_field, item.fields))
            if columns and all(each.kind in _IN_A_ROW for each in columns):
                return "rows", tuple(_in_a_row(each) for each in columns)
        case _:
            pass
    return "json", ()


def _in_a_row(column: Field) -> Field:
    """A flag is chosen: what is not ticked could not be told from what is not said."""
    return replace(column, kind="yes_no", choices=("yes", "no")) if column.kind == "flag" else column


def bare(type_: inspect.Type) -> Any:
    """A type without what is said of it, and without that it may be left out."""
    if isinstance(type_, inspect.Metadata):
        return bare(type_.type)
    if isinstance(type_, inspect.UnionType):
        others = [each for each in type_.types if not isinstance(each, inspect.NoneType)]
        return bare(others[0]) if len(others) == 1 else type_
    return type_
