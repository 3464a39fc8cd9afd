"""From bytes to structs: bodies and query parameters, with the place of the fault when there is one."""

import re
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from orderline.api.choices import choices
from orderline.api.refusals import ApiRefusal
from orderline.values.failures import Refused

_POSITION: Final = re.compile(r"\(byte (\d+)\)$")
_AT: Final = re.compile(r" - at `(.*)`$", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected (.*), got `(\w+)`$", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]|\[key\]")
_MOST_PARAMETERS: Final = 200
_WORDS: Final = {
    "int": "a whole number",
    "float": "a number with decimals",
    "str": "text",
    "bool": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
    "datetime": "a time such as 2026-01-31T12:00:00Z",
    "uuid": "a UUID",
}
_INVALID: Final = {
    "Invalid UUID": _WORDS["uuid"],
    "Invalid RFC3339 encoded datetime": _WORDS["datetime"],
    "Invalid RFC3339 encoded date": "a day such as 2026-01-31",
}


def decoder(type_: Any) -> Callable[[bytes], Any]:
    """A function from a JSON body to a value of the type; an empty body is an empty object.

    Refused JSON_MALFORMED: not JSON; `position` is the byte where it stops being it.
    Refused INPUT_INVALID: JSON of another form; `field` is the place.
    """
    decode = msgspec.json.Decoder(type_).decode

    def read(body: bytes) -> Any:
        if b"\\u0000" in body:
            _check_null(body)
        try:
            return decode(body or b"{}")
        except msgspec.ValidationError as error:
            raise invalid(error, body, type_) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _malformed(error, body) from None

    return read


def query_decoder(type_: Any | None) -> Callable[[bytes], Any]:
    """A function from a query string to a value of the struct; parameters it does not know are refused.

    Refused INPUT_INVALID: `field` is the parameter.
    """
    fields = {each.encode_name: each for each in msgspec.structs.fields(type_)} if type_ is not None else {}
    many = {name for name, each in fields.items() if _is_list(each.type)}
    # Parameters that begin so: `custom.season=summer` is an entry of `custom`.
    open_ = {name for name, each in fields.items() if get_origin(each.type) is dict}
    # msgspec would read the word as None.
    not_null = {
        name for name, each in fields.items() if NoneType in get_args(each.type) and str not in get_args(each.type)
    }

    def read(text: bytes) -> Any:
        if not text:
            return None if type_ is None else _convert({})
        try:
            pairs = parse_qsl(
                text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
            )
        except ValueError:
            raise Refused(ApiRefusal.INPUT_INVALID, field="query", expected="parameters in percent form") from None
        given: dict[str, Any] = {}
        for name, value in pairs:
            family, dot, member = name.partition(".")
            if dot and member and family in open_:
                if "\x00" in value or member in given.setdefault(family, {}):
                    raise Refused(
                        ApiRefusal.INPUT_INVALID, field=name, value=value, expected="to be given once, no NUL"
                    )
                given[family][member] = value
                continue
            if name not in fields or name in open_:
                raise Refused(ApiRefusal.INPUT_INVALID, field=name, value=value, allowed=sorted(fields))
            if "\x00" in value:
                raise Refused(ApiRefusal.INPUT_INVALID, field=name, value=value, expected="no NUL")
            if name in not_null and value.lower() == "null":
                raise Refused(ApiRefusal.INPUT_INVALID, field=name, value=value, expected="a value, or no parameter")
            if name in many:
                given.setdefault(name, []).append(value)
            elif name in given:
                raise Refused(ApiRefusal.INPUT_INVALID, field=name, value=value, expected="to be given once")
            else:
                given[name] = value
        return None if type_ is None else _convert(given)

    def _convert(given: dict[str, Any]) -> Any:
        try:
            return msgspec.convert(given, type_, strict=False)
        except msgspec.ValidationError as error:
            raise invalid(error, given, type_) from None

    return read


def invalid(error: msgspec.ValidationError, source: Any, type_: Any = None) -> Refused:
    """What msgspec found, with its place and value. source: the body, or the value it was converted from, to `type_`."""
    text = str(error)
    at = _AT.search(text)
    path = at.group(1).removeprefix("$").removeprefix(".") if at else ""
    message = text[: at.start()] if at else text
    facts: dict[str, Any] = {}
    if found := _MISSING.match(message):
        path = f"{path}.{found.group(1)}" if path else found.group(1)
        facts = {"expected": "a value"}
    elif found := _UNKNOWN.match(message):
        path = f"{path}.{found.group(1)}" if path else found.group(1)
        facts = {"expected": "nothing: there is no field of this name"}
    elif found := _EXPECTED.match(message):
        facts = {"expected": _in_words(found.group(1)), "got": _WORDS.get(found.group(2), found.group(2))}
    elif type_ is not None and message.startswith("Invalid ") and (known := choices(type_, path)):
        facts = {"allowed": known}
    else:
        facts = {"expected": _INVALID.get(message) or _in_words(message.removeprefix("Expected "))}
    return Refused(ApiRefusal.INPUT_INVALID, field=path or "body", value=_value_at(source, path), **facts)


def _in_words(types: str) -> str:
    return re.sub(r"`([^`]*)`", lambda m: " or ".join(_WORDS.get(t, t) for t in m.group(1).split(" | ")), types)


def _malformed(error: Exception, body: bytes) -> Refused:
    if isinstance(error, RecursionError):
        return Refused(ApiRefusal.JSON_MALFORMED, expected="less nesting")
    if isinstance(error, UnicodeDecodeError):
        return Refused(ApiRefusal.JSON_MALFORMED, expected="UTF-8", position=max(0, body.find(error.object)))
    message = str(error)
    found = _POSITION.search(message)
    position = int(found.group(1)) if found else len(body)
    reason = message.removeprefix("JSON is malformed: ").partition(" (byte")[0]
    return Refused(ApiRefusal.JSON_MALFORMED, reason=reason, position=position)


def _check_null(body: bytes) -> None:
    """Refuse texts with NUL, which PostgreSQL can't keep; a backslash before `u0000` may itself be escaped."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # refused for that in a moment
    waiting: list[tuple[str, Any]] = [("", given)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            if "\x00" in value:
                shown = value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
                raise Refused(ApiRefusal.INPUT_INVALID, field=path or "body", value=shown, expected="no NUL (U+0000)")
        elif isinstance(value, dict):
            for name, each in value.items():
                waiting.append((f"{path}.{name}" if path else name, each))
                if "\x00" in name:
                    raise Refused(ApiRefusal.INPUT_INVALID, field=path or "body", expected="no NUL (U+0000) in names")
        elif isinstance(value, list):
            waiting.extend((f"{path}[{index}]", each) for index, each in enumerate(value))


def _value_at(source: Any, path: str) -> Any:
    """What was sent at the place; None where it can't be said, or is more than a single value."""
    try:
        value = msgspec.json.decode(source or b"{}") if isinstance(source, bytes) else source
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    for step in _STEP.finditer(f".{path}" if path and not path.startswith("[") else path):
        name, index, some = step.group(1), step.group(2), step.group(3)
        if name is not None and isinstance(value, dict):
            value = value.get(name)
        elif index is not None and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif some or index is not None or name is not None:
            return None
    return value if isinstance(value, str | int | float | bool) else None


def _is_list(type_: Any) -> bool:
    origin = get_origin(type_)
    if origin is Annotated or origin in (Union, UnionType):
        return any(_is_list(each) for each in get_args(type_)[: 1 if origin is Annotated else None])
    return (origin or type_) in (list, tuple, set, frozenset)
