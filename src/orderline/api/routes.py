"""From method and path to an operation: whole paths by one look, templates by a walk along their parts."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

from orderline.api.refusals import ApiRefusal
from orderline.values.failures import Refused

LONGEST_TARGET: Final = 8_000


class Routed(Protocol):
    """What a table of routes is made of."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


R = TypeVar("R", bound=Routed)


class _Node(Generic[R]):
    __slots__ = ("by_method", "names", "other", "parts")

    def __init__(self) -> None:
        self.parts: dict[str, _Node[R]] = {}
        self.other: _Node[R] | None = None
        self.by_method: dict[str, tuple[R, tuple[str, ...]]] = {}


class Routes(Generic[R]):
    """All routes of an API. RuntimeError: two of them are the same."""

    def __init__(self, routed: Iterable[R]) -> None:
        self._whole: dict[tuple[str, str], R] = {}
        self._root: _Node[R] = _Node()
        for each in routed:
            self._add(each)

    def find(self, scope: Mapping[str, Any]) -> tuple[R, dict[str, str]]:
        """The route of a request and the values of its names, as ASGI tells of it.

        Refused ROUTE_UNKNOWN, METHOD_NOT_ALLOWED, TARGET_TOO_LONG, INPUT_INVALID: a name's value can't be read.
        """
        method: str = scope["method"]
        path: str = scope["path"]
        if method == "HEAD":
            method = "GET"
        found = self._whole.get((method, path))
        if found is not None:
            return found, {}
        raw: bytes = scope.get("raw_path") or path.encode()
        if len(raw) > LONGEST_TARGET:
            raise Refused(ApiRefusal.TARGET_TOO_LONG, allowed=f"{LONGEST_TARGET} bytes")
        parts = path.split("/") if b"%" not in raw else [_read(part) for part in raw.split(b"?")[0].split(b"/")]
        nodes = self._walk(self._root, parts, 1, [])
        allowed: set[str] = set()
        for node, values in nodes:
            match = node.by_method.get(method)
            if match is not None:
                return match[0], dict(zip(match[1], values, strict=True))
            allowed.update(node.by_method)
        if allowed:
            raise Refused(ApiRefusal.METHOD_NOT_ALLOWED, value=scope["method"], allowed=sorted(allowed))
        raise Refused(ApiRefusal.ROUTE_UNKNOWN, value=path)

    def _add(self, route: R) -> None:
        node = self._root
        names: list[str] = []
        for part in route.path.split("/")[1:]:
            if part.startswith("{"):
                names.append(part[1:-1])
                node.other = node.other or _Node()
                node = node.other
            else:
                node = node.parts.setdefault(part, _Node())
        if route.method in node.by_method:
            raise RuntimeError(f"two operations have the route {route.method} {route.path}")
        node.by_method[route.method] = (route, tuple(names))
        if not names:
            self._whole[route.method, route.path] = route

    def _walk(self, node: _Node[R], parts: list[str], at: int, values: list[str]) -> list[tuple[_Node[R], list[str]]]:
        """Nodes that the path leads to, those of fixed parts first."""
        if at == len(parts):
            return [(node, values)]
        found: list[tuple[_Node[R], list[str]]] = []
        fixed = node.parts.get(parts[at])
        if fixed is not None:
            found = self._walk(fixed, parts, at + 1, values)
        if node.other is not None and parts[at]:
            found += self._walk(node.other, parts, at + 1, [*values, parts[at]])
        return found


def _read(part: bytes) -> str:
    try:
        text = unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        shown = part.decode("latin-1")
        raise Refused(ApiRefusal.INPUT_INVALID, field="path", value=shown, expected="UTF-8 in percent form") from None
    if "\x00" in text:
        raise Refused(ApiRefusal.INPUT_INVALID, field="path", value=part.decode("latin-1"), expected="no NUL") from None
    return text
