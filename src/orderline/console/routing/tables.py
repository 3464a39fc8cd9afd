"""A document as a form and back: the tables of a type with a field for each value, wherever it stands in it."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import quote, unquote

import msgspec
from msgspec import inspect

from orderline.console.filling import is_number
from orderline.console.forms import bare
from orderline.console.languages import word

# Said once, and never by a form.
_FIXED: Final = frozenset({"kind"})
_LONG: Final = frozenset({"when", "description", "reason"})
_UNITS: Final = {"minor": word("in minor units"), "ppm": word("parts per million"), "km": "km", "g": "g", "m": "m"}
_WORDS: Final = {
    "exclude": "Exclusion", "leftover": "Leftover", "when": "When (a condition in CEL)", "able": "Has what the goods need",
    "do": "What becomes of it", "skus": "SKUs", "location": "What is known of locations", "needs": "What goods need",
    "locations": "Locations it may use", "constraints": "Bounds", "select": "Which orders", "rule": "Rule", "objective": "Better is, by weight",
}  # fmt: skip
_SAID: Final = re.compile(r"-?[0-9]{1,18}")


@dataclass
class Node:
    """A value or a table of a document, by its path (`group/0/rule`), as a form shows it.

    kind: table, tables (one after the other), named (by key), or how a value is asked: text, long, number, flag, three (yes,
    no, as usual), choice, ranks (choices by weight), words, pairs (`name = value`), fixed (only the text can say it).
    told: which one of several it is (` 2: near`), or its name. given: does the document say it? value: as the form has it. meant: as the document does. wrong: what is wrong with it. can: to be added, moved, removed.
    """

    path: str
    kind: str
    label: str
    told: str = ""
    given: bool = False
    value: Any = None
    meant: Any = None
    note: str = ""
    choices: tuple[str, ...] = ()
    inner: list["Node"] = field(default_factory=list["Node"])
    wrong: list[str] = field(default_factory=list[str])
    first: bool = False
    last: bool = False

    @property
    def at(self) -> str:
        """The path as faults name it: `group[0].rule`."""
        told = ""
        for part in self.path.split("/"):
            told += f"[{part}]" if part.isdigit() else f".{unquote(part)}" if told else unquote(part)
        return told

    def every(self) -> Iterator["Node"]:
        """It and all inside of it."""
        yield self
        for each in self.inner:
            yield from each.every()


def form_of(type_: Any, document: Mapping[str, Any]) -> Node:
    """The form of a document. type_: the struct that it is written by."""
    return _table("", inspect.type_info(type_), document, "")


def tell_faults(form: Node, faults: Sequence[Mapping[str, Any]]) -> None:
    """Put each fault beside the field that it is about, or the nearest table around it."""
    known = {each.at: each for each in form.every()}
    for fault in faults:
        at = str(fault.get("at", ""))
        while at and at not in known:
            at = re.sub(r"(\.[^.\[\]]*|\[[^\]]*\]|^[^.\[\]]+)$", "", at)
        if at:
            known[at].wrong.append(told_of(fault))


def told_of(fault: Mapping[str, Any]) -> str:
    """A fault in words, without its place."""
    told = str(fault["message"])
    if fault.get("expected"):
        told += f"; expected {fault['expected']}"
    if fault.get("nearest"):
        told += f"; did you mean {' or '.join(fault['nearest'])}?"
    return told


def read_form(form: Node, document: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """The document as the fields say it; what no field is for stays. What can't be read is kept as it was typed."""
    made: Any = copy.deepcopy(dict(document))
    for each in form.every():
        if each.kind not in ("table", "tables", "named", "fixed"):
            _put(made, each.path.split("/"), _read(each, fields))
    return made


def rearranged(document: Mapping[str, Any], asked: str, name: str) -> dict[str, Any]:
    """The document after a thing of a list was added, removed or moved. asked: `up group/1`. name: of what is added by name."""
    made: Any = copy.deepcopy(dict(document))
    what, _, path = asked.partition(" ")
    parts = [unquote(each) for each in path.split("/")]
    if what == "add":
        _add(_around(made, parts[:-1]), parts[-1], name)
        return made
    around = _around(made, parts[:-1])
    if what == "remove" and isinstance(around, dict):
        cast("dict[str, Any]", around).pop(parts[-1], None)
    elif isinstance(around, list) and is_number(parts[-1]):
        several, at = cast("list[Any]", around), int(parts[-1])
        to = at + {"up": -1, "down": 1}.get(what, 0)
        if what == "remove":
            del several[at : at + 1]
        elif 0 <= at < len(several) and 0 <= to < len(several):
            several[at], several[to] = several[to], several[at]
    return _swept(made, parts[:-1])


def _add(around: Any, kind: str, name: str) -> None:
    """A new thing at the end of a list, or by its name; none, where what is written is no such list."""
    if not isinstance(around, dict):
        return
    table = cast("dict[str, Any]", around)
    by_name = bool(name) or kind == "location"
    if kind in table and not isinstance(table[kind], dict if by_name else list):
        return
    if not by_name:
        several: list[Any] = table.setdefault(kind, [])
        several.append(_new(kind, len(several) + 1))
    elif name:
        table.setdefault(kind, {}).setdefault(name, {})


def merged(base: Any, form: Any, text: Any) -> Any:
    """What the text says, with what the form has changed since both were the same."""
    if form == base:
        return text
    if text == base:
        return form
    if isinstance(base, dict) and isinstance(form, dict) and isinstance(text, dict):
        three = [cast("dict[str, Any]", each) for each in (base, form, text)]
        names = dict.fromkeys([*three[2], *three[1]])
        found = {name: merged(*(each.get(name) for each in three)) for name in names}
        return {name: value for name, value in found.items() if value is not None}
    if isinstance(base, list) and isinstance(form, list) and isinstance(text, list):
        lists = [cast("list[Any]", each) for each in (base, form, text)]
        if len({len(each) for each in lists}) == 1:
            return [merged(*each) for each in zip(*lists, strict=True)]
    return form


def _table(path: str, info: Any, value: Any, label: str) -> Node:
    given = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
    made = Node(path, "table", label, given=bool(given))
    for each in info.fields:
        if each.encode_name not in _FIXED:
            at = f"{path}/{each.encode_name}" if path else each.encode_name
            made.inner.append(_node(at, each, given.get(each.encode_name)))
    return made


def _node(path: str, info: inspect.Field, value: Any) -> Node:
    name, type_ = info.encode_name, bare(info.type)
    label = label_of(name)
    match type_:
        case inspect.StructType():
            return _table(path, type_, value, label)
        case inspect.VarTupleType() | inspect.ListType() if isinstance(bare(type_.item_type), inspect.StructType):
            rows = cast("list[Any]", value) if isinstance(value, list) else []
            made = Node(path, "tables", label, given=bool(rows))
            for at, row in enumerate(rows):
                one = _table(f"{path}/{at}", bare(type_.item_type), row, label)
                one.told = _title(at, row)
                one.first, one.last = at == 0, at == len(rows) - 1
                made.inner.append(one)
            return made
        case inspect.DictType() if isinstance(bare(type_.value_type), inspect.StructType):
            named = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
            inner: list[Node] = []
            for key, each in named.items():
                inner.append(_table(f"{path}/{quote(key, safe='')}", bare(type_.value_type), each, ""))
                inner[-1].told = key
            return Node(path, "named", label, given=bool(named), inner=inner)
        case _:
            return _value(path, info, type_, value, label)


def _value(path: str, info: inspect.Field, type_: Any, value: Any, label: str) -> Node:
    made = Node(path, "text", label, given=value is not None, note=_UNITS.get(info.encode_name.rpartition("_")[2], ""))
    match type_:
        case inspect.BoolType():
            made.kind, made.value = ("flag" if info.default is False else "three"), value
            if not isinstance(value, bool) and value is not None:
                made.kind = "fixed"
        case inspect.IntType():
            made.kind = "number"
        case inspect.EnumType():
            made.kind, made.choices = "choice", tuple(str(each.value) for each in type_.cls)
        case inspect.VarTupleType() | inspect.ListType():
            item = bare(type_.item_type)
            made.kind = "ranks" if isinstance(item, inspect.EnumType) else "words"
            made.choices = tuple(str(each.value) for each in item.cls) if isinstance(item, inspect.EnumType) else ()
            made.note = "" if made.choices else word("with commas between")
        case inspect.DictType():
            made.kind, made.note = "pairs", word("name = value, one a line")
        case _ if info.encode_name in _LONG:
            made.kind = "long"
        case _:
            pass
    if made.kind in ("flag", "three"):
        return made
    return _filled(made, value)


def _filled(made: Node, value: Any) -> Node:
    """With the value as it is typed, or fixed where a field can't say it."""
    made.meant = value
    if value is None:
        made.value = [] if made.kind == "ranks" else ""
        return made
    match made.kind:
        case "words" | "ranks":
            rows = cast("list[Any]", value) if isinstance(value, list) else [None]
            plain = all(isinstance(each, str) and "," not in each and each == each.strip() for each in rows)
            made.value = rows if made.kind == "ranks" else ", ".join(map(str, rows))
        case "pairs":
            named = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
            plain = isinstance(value, dict) and all("=" not in name and "\n" not in name for name in named)
            made.value = "\n".join(f"{name} = {_told(each)}" for name, each in named.items())
        case _:
            plain = isinstance(value, str | int) and not isinstance(value, bool)
            made.value = str(value)
    if not plain:
        made.kind, made.value = "fixed", msgspec.json.encode(value).decode()
    return made


def _read(node: Node, fields: Mapping[str, str]) -> Any:
    text = fields.get(node.path, "").replace("\r\n", "\n").strip()
    if isinstance(node.value, str) and text == node.value.strip():
        return node.meant
    match node.kind:
        case "flag":
            # What is usual is not said, unless it was.
            return True if text else False if node.value is False else None
        case "three":
            return {"yes": True, "no": False}.get(text)
        case "number":
            return int(text) if _SAID.fullmatch(text) else text or None
        case "words":
            return [each.strip() for each in text.split(",") if each.strip()] or None
        case "ranks":
            found = [fields.get(f"{node.path}/{at}", "").strip() for at in range(len(node.value) + 2)]
            return [each for each in found if each] or None
        case "pairs":
            pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
            return {name.strip(): _meant(value.strip()) for name, _, value in pairs} or None
        case _:
            return text or None


def _told(value: Any) -> str:
    return value if isinstance(value, str) and isinstance(_meant(value), str) else msgspec.json.encode(value).decode()


def _meant(text: str) -> Any:
    """`["a"]`, `3`, `true` as what they are; all else as a text."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _put(document: Any, parts: Sequence[str], value: Any) -> None:
    """Say a value, or nothing; tables are made where something is said in them, and left where they stand."""
    here = document
    for at, part in enumerate(parts[:-1]):
        if isinstance(here, list) and not is_number(part):
            return  # a list stands where a table is to: the text has it, and what is wrong with it is told
        key: Any = int(part) if isinstance(here, list) else unquote(part)
        if isinstance(here, dict) and not isinstance(here.get(key), dict | list):
            if value is None:
                return
            here[key] = {}
        here = here[key]
        assert at < len(parts)
    if isinstance(here, dict):
        table = cast("dict[str, Any]", here)
        if value is not None:
            table[parts[-1]] = value
        else:
            table.pop(parts[-1], None)


def _around(document: Any, parts: Sequence[str]) -> Any:
    here = document
    for part in parts:
        if isinstance(here, list):
            rows = cast("list[Any]", here)
            here = rows[int(part)] if is_number(part) and int(part) < len(rows) else {}
        else:
            here = here.setdefault(part, {}) if isinstance(here, dict) else {}
    return here


def _swept(document: Any, parts: Sequence[str]) -> Any:
    """Without the list, or the table of names, that nothing is left in."""
    around = _around(document, parts[:-1])
    if parts and isinstance(around, dict) and not around.get(parts[-1]):
        cast("dict[str, Any]", around).pop(parts[-1], None)
    return document


def _new(name: str, number: int) -> dict[str, Any]:
    match name:
        case "group":
            return {"name": f"group {number}", "rule": [{"name": "rule 1"}]}
        case "rule":
            return {"name": f"rule {number}"}
        case "leftover":
            return {"do": "next_rule"}
        case _:
            return {"reason": "why"}


def _title(at: int, row: Any) -> str:
    told = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
    said = told.get("name") or told.get("do") or told.get("reason") or ""
    return f" {at + 1}{f': {said}' if said else ''}"


def label_of(name: str) -> str:
    """What a field is called; it is translated where it is shown."""
    return _WORDS.get(name) or re.sub(r"_(minor|ppm|km|g|m)$", "", name).replace("_", " ").capitalize()
