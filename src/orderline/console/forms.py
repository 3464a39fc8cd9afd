"""Forms made from what an operation takes, so that a page never asks for something that the API does not know."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from orderline.console.languages import word
from orderline.values.address import Address
from orderline.values.failures import Refused
from orderline.values.money import parse_minor

# What a form says by itself, or what is for machines: never asked. A list of tags would take away what others have put there
# since it was read: people add tags, and take away those that they name.
_OWN: Final = frozenset({"expected_version", "token_hash", "tags"})
# Asked for rarely: kept apart.
_RARE: Final = frozenset({"occurred_at", "lots", "documents", "proof", "custom"})
# Kinds of fields that are made of others; an address in the order in which people say it.
_MADE_OF: Final = frozenset({"group", "address"})
# Kinds of fields that name units: of lines, or of the items of a return; `some` of lines, none where none is entered.
UNITS: Final = frozenset({"lines", "items", "some"})
# How many rows a form has for what is not there yet.
ROWS: Final = 5
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
}


@dataclass(frozen=True)
class Field:
    """kind: how it is asked. choices: of a select. columns: of lines, what is said of each beside the
    quantity; of a group or an address, its fields.

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


class Unread(ValueError):
    """What was typed can't be read. text: in words, marked to be translated. places: what is filled in."""

    def __init__(self, text: str, /, **places: str) -> None:
        super().__init__(text)
        self.text = text
        self.places = places


@dataclass
class Filled:
    """What was sent. input: for the operation. wrong: what is not right, in words, by field."""

    input: dict[str, Any] = field(default_factory=dict[str, Any])
    wrong: dict[str, str] = field(default_factory=dict[str, str])


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


def fill(fields: Sequence[Field], form: Mapping[str, str], currency: str, say: Callable[..., str]) -> Filled:
    """The input that a form stands for. Amounts are said in whole and decimal units, and are minor units from here on.

    say: what is wrong, in the language of the person.
    """
    filled = Filled()
    for each in fields:
        try:
            value = _value(each, form, currency)
        except Unread as unread:
            filled.wrong[each.name] = say(
                unread.text, **{name: _told(name, told, say) for name, told in unread.places.items()}
            )
            continue
        if value is not None:
            filled.input[each.name] = value
        elif each.required:
            filled.wrong[each.name] = say("It is needed.")
        for part in each.columns if each.kind == "address" and value is not None else ():
            if part.required and part.name.rpartition(".")[2] not in value:
                filled.wrong[part.name] = say("It is needed.")
    return filled


def names_of(fields: Iterable[Field]) -> set[str]:
    """What the fields of a form are called, those of an address as well."""
    return {name for each in fields for name in (each.name, *(c.name for c in each.columns if each.kind in _MADE_OF))}


def _told(name: str, told: str, say: Callable[..., str]) -> str:
    return say(told) if name in ("field", "allowed") else told


def label_of(name: str) -> str:
    """What a field is called; it is translated where it is shown."""
    return _WORDS.get(name) or name.removesuffix("_minor").replace("_", " ").capitalize()


def _field(info: inspect.Field) -> Field:
    name = info.encode_name
    type_ = bare(info.type)
    kind, choices, columns, within = "json", (), (), ""
    match type_:
        case inspect.BoolType():
            kind, choices = ("yes_no", ("yes", "no")) if info.required else ("flag", ())
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
        case inspect.VarTupleType() | inspect.ListType():
            kind, columns = _many(type_.item_type)
            item = bare(type_.item_type)
            if isinstance(item, inspect.EnumType):
                choices = tuple(str(member.value) for member in item.cls)
        case inspect.DictType() if isinstance(bare(type_.value_type), inspect.IntType):
            kind = "amounts"
        case inspect.StructType() if type_.cls is Address:
            known = {each.encode_name: _field(each) for each in type_.fields}
            kind, columns = "address", tuple(_part(name, known[each]) for each in _ADDRESS)
        case inspect.StructType():
            inner = tuple(_field(each) for each in type_.fields)
            if any(each.kind == "amounts" for each in inner):
                kind, columns = "group", tuple(replace(each, name=f"{name}.{each.name}") for each in inner)
            elif [each.kind for each in inner if each.required] == ["skus"]:
                kind, within = "skus", next(each.name for each in inner if each.required)
        case _:
            pass
    required = info.required and kind != "flag"
    rare = (name in _RARE or kind == "json") and not info.required
    return Field(name, kind, label_of(name), required, choices, columns, rare=rare, within=within)


def _part(name: str, part: Field) -> Field:
    made = replace(part, name=f"{name}.{part.name}")
    return replace(made, kind="streets", label="Street") if part.name == "lines" else made


def _many(item: inspect.Type) -> tuple[str, tuple[Field, ...]]:
    item = bare(item)
    match item:
        case inspect.IntType():
            return "numbers", ()
        case inspect.StrType():
            return "texts", ()
        case inspect.EnumType():
            return "choices", ()
        case inspect.StructType():
            names = {each.encode_name for each in item.fields}
            if {"sku", "quantity"} <= names and {each.encode_name for each in item.fields if each.required} <= {
                "sku",
                "quantity",
                "due_at",
            }:
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
        case _:
            pass
    return "json", ()


def bare(type_: inspect.Type) -> Any:
    """A type without what is said of it, and without that it may be left out."""
    if isinstance(type_, inspect.Metadata):
        return bare(type_.type)
    if isinstance(type_, inspect.UnionType):
        others = [each for each in type_.types if not isinstance(each, inspect.NoneType)]
        return bare(others[0]) if len(others) == 1 else type_
    return type_


def _value(asked: Field, form: Mapping[str, str], currency: str) -> Any:
    """None: nothing was said. Unread: it can't be read."""
    if asked.kind in UNITS:
        return _units(asked, form) or None
    if asked.kind == "rows":
        return [row for number in range(1, ROWS + 1) if (row := _row(asked, number, form, currency))] or None
    if asked.kind == "group":
        said = {each.name.rpartition(".")[2]: _value(each, form, currency) for each in asked.columns}
        told = {name: value for name, value in said.items() if value is not None}
        return told or ({} if form.get(asked.name) else None)
    if asked.kind == "address":
        said = {each.name.rpartition(".")[2]: _value(each, form, currency) for each in asked.columns}
        return {name: value for name, value in said.items() if value is not None} or None
    text = form.get(asked.name, "").strip()
    if asked.kind == "choices" and (ticked := [each for each in asked.choices if form.get(f"{asked.name}.{each}")]):
        return ticked
    if asked.kind == "rights":
        said = [*(each for each in asked.choices if form.get(f"{asked.name}.{each}")), *_parts(text)]
        return list(dict.fromkeys(said)) or None
    if asked.kind == "flag":
        return True if text else None
    if not text:
        return None
    match asked.kind:
        case "yes_no":
            return text == "yes"
        case "number":
            return _whole(text)
        case "amount":
            return _minor(text, currency)
        case "time":
            return _instant(text)
        case "numbers":
            return [_whole(part) for part in re.split(r"[\s,]+", text) if part]
        case "streets":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "texts" | "choices":
            return _parts(text)
        case "amounts":
            amounts = [_amount(part) for part in re.split(r"[;,\n]+", text) if part.strip()]
            if len(dict(amounts)) < len(amounts):
                raise Unread(word("A currency is said twice."))
            return dict(amounts)
        case "skus" if not text.startswith("["):
            rows = [_sku_units(line.split(), asked.columns) for line in text.splitlines() if line.strip()]
            return {asked.within: rows} if asked.within else rows
        case "json" | "skus":
            try:
                return msgspec.json.decode(text)
            except (msgspec.DecodeError, RecursionError):  # it lies too deep
                raise Unread(word("This is not JSON.")) from None
        case _:
            return text


def _parts(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _sku_units(words: list[str], columns: Sequence[Field]) -> dict[str, Any]:
    """`TEE-M 12`, and a time after it, where one is asked for."""
    if len(words) != 2 + len(columns):
        told = (
            word("%(text)s is not a SKU, how many units, and a day.")
            if columns
            else word("%(text)s is not a SKU, how many units.")
        )
        raise Unread(told, text=repr(" ".join(words)[:60]))
    row: dict[str, Any] = {"sku": words[0], "quantity": _whole(words[1])}
    return row | {each.name: _instant(said) for each, said in zip(columns, words[2:], strict=True)}


def _units(asked: Field, form: Mapping[str, str]) -> list[dict[str, Any]]:
    """`lines.2` holds how many units of line 2, `lines.2.reason` what is said of them."""
    one, found = "item" if asked.kind == "items" else "line", list[dict[str, Any]]()
    for name, text in form.items():
        prefix, _, number = name.partition(".")
        if prefix == asked.name and re.fullmatch("[0-9]{1,9}", number) and text.strip() not in ("", "0"):
            row: dict[str, Any] = {one: int(number), "quantity": _whole(text.strip())}
            for column in asked.columns:
                said = form.get(f"{name}.{column.name}", "").strip()
                if said:
                    row[column.name] = _of_unit(column, said)
                elif column.required:
                    raise Unread(word("For each of those units it is needed to say: %(field)s."), field=column.label)
            found.append(row)
    return found


def _of_unit(column: Field, said: str) -> Any:
    match column.kind:
        case "time":
            return _instant(said)
        case "number":
            return _whole(said)
        case _:
            return said


def _row(asked: Field, number: int, form: Mapping[str, str], currency: str) -> dict[str, Any]:
    """`added.2.sku` holds what is said in the second row as its SKU; empty, where nothing is said in the row."""
    named = [(each.name, replace(each, name=f"{asked.name}.{number}.{each.name}")) for each in asked.columns]
    said = {name: value for name, each in named if (value := _value(each, form, currency)) is not None}
    missing = next((each for each in asked.columns if each.required and each.name not in said), None)
    if said and missing is not None:
        raise Unread(word("For each of those rows it is needed to say: %(field)s."), field=missing.label)
    return said


def is_number(text: str) -> bool:
    """Is it a whole number that none of ours is beyond?"""
    return re.fullmatch("[0-9]{1,9}", text) is not None


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise Unread(word("%(text)s is not a whole number."), text=repr(text[:40]))
    return int(text)


def _minor(text: str, currency: str) -> int:
    """`1 234.5`, and `12,50`: a comma before one or two digits parts no thousands."""
    plain = re.sub(r"^(-?[0-9]+),([0-9]{1,2})$", r"\1.\2", re.sub(r"\s", "", text))
    try:
        return parse_minor(plain, currency)
    except Refused as refused:
        allowed = str(refused.facts.get("allowed", "digits"))
        told = word("%(text)s is not an amount in %(currency)s: %(allowed)s")
        raise Unread(told, text=repr(text[:40]), currency=currency, allowed=allowed) from None


def _amount(text: str) -> tuple[str, int]:
    """`20.00 EUR` or `EUR 20.00`."""
    words = text.split()
    code = next((each for each in words if re.fullmatch("[A-Z]{3}", each)), "")
    if len(words) != 2 or not code:
        raise Unread(word("%(text)s is not an amount such as 20.00 EUR."), text=repr(text.strip()[:40]))
    return code, _minor(words[1 - words.index(code)], code)


def _instant(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Unread(word("This is not a time such as 2026-01-31T12:00.")) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def instant_of(text: str) -> str:
    """A time in UTC as operations take it; as it was typed, where it is none: the operation will say so."""
    try:
        return _instant(text)
    except ValueError:
        return text
