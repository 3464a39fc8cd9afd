"""What was typed into a form, read as what the operation takes; what can't be read is told beside its field."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from orderline.console.forms import UNITS, Field
from orderline.console.languages import word
from orderline.values.failures import Refused
from orderline.values.money import parse_minor

# How many rows a form has for what is not there yet; how many it has at most.
ROWS: Final = 5
MOST_ROWS: Final = 200


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
        filled.wrong |= dict.fromkeys(_missing(each, value), say("It is needed."))
    return filled


def _missing(asked: Field, value: Any) -> Iterator[str]:
    """The parts of a field that are needed, and were not said."""
    for part in asked.columns if asked.kind in ("address", "parts") and value is not None else ():
        said = value.get(part.name.rpartition(".")[2])
        if part.required and said is None:
            yield part.name
        yield from _missing(part, said)


def _told(name: str, told: str, say: Callable[..., str]) -> str:
    return say(told) if name in ("field", "allowed") else told


def _value(asked: Field, form: Mapping[str, str], currency: str) -> Any:
    """None: nothing was said. Unread: it can't be read."""
    if asked.kind in UNITS:
        return _units(asked, form) or None
    if asked.kind == "rows":
        return [row for number in rows_of(asked, form) if (row := _row(asked, number, form, currency))] or None
    if asked.kind == "group":
        said = {each.name.rpartition(".")[2]: _value(each, form, currency) for each in asked.columns}
        told = {name: value for name, value in said.items() if value is not None}
        return told or ({} if form.get(asked.name) else None)
    if asked.kind in ("address", "parts"):
        said = {each.name.rpartition(".")[2]: _value(each, form, currency) for each in asked.columns}
        told = {name: value for name, value in said.items() if value is not None}
        return told or ({} if asked.choices and form.get(asked.name) else None)
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
        case "day":
            return _day(text)
        case "prices":
            return _prices(text, currency)
        case "pairs":
            return _pairs(text, asked.columns[0].kind)
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


def rows_of(asked: Field, form: Mapping[str, str]) -> range:
    """The rows of a form for a list: those in which something stands, and some that are empty, `ROWS` at least."""
    numbers = (re.match(rf"{re.escape(asked.name)}\.([0-9]{{1,4}})\.", name) for name, text in form.items() if text)
    last = max((int(each[1]) for each in numbers if each is not None), default=0)
    return range(1, min(max(ROWS, last + 2), MOST_ROWS) + 1)


def _prices(text: str, currency: str) -> list[dict[str, Any]]:
    """`TEE-M 20.00`, and `TEE-M 10 18.00`: the price from ten units on."""
    found = dict[str, list[dict[str, int]]]()
    for words in filter(None, map(str.split, text.splitlines())):
        if len(words) not in (2, 3):
            raise Unread(word("%(text)s is not a SKU, units and a price."), text=repr(" ".join(words)[:60]))
        units = _whole(words[1]) if len(words) == 3 else 1
        found.setdefault(words[0], []).append({"quantity": units, "price_minor": _minor(words[-1], currency)})
    return [{"sku": sku, "breaks": breaks} for sku, breaks in found.items()]


def _pairs(text: str, how: str) -> dict[str, Any]:
    """`name = value`, one a line."""
    found = dict[str, Any]()
    for line in filter(None, map(str.strip, text.splitlines())):
        name, sign, said = (each.strip() for each in line.partition("="))
        if not sign or not name or name in found:
            raise Unread(word("%(text)s is not a name and what stands for it, such as size = 3."), text=repr(line[:60]))
        found[name] = _whole(said) if how == "number" else _meant(said) if how == "any" else said
    return found


def _meant(text: str) -> Any:
    """`3`, `true` and `"3"` as what they are; all else is a text."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return value if isinstance(value, str | int | None) else text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Unread(word("This is not a day such as 2026-01-31.")) from None


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
