"""What the console stands on: the operations of the API, in the same process, and what people sign in with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from orderline.store.access import Access
from orderline.store.database import Database


class Reply(Protocol):
    """status: as of HTTP. body: JSON, or what `media` says; of a refusal, its problem document."""

    @property
    def status(self) -> int: ...

    @property
    def body(self) -> Any: ...

    @property
    def media(self) -> str: ...


class Called(Protocol):
    """A row of the operations table."""

    @property
    def name(self) -> str: ...

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def right(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def input(self) -> Any: ...

    @property
    def query(self) -> Any: ...


class Backend(Protocol):
    """The operations, by name; `perform` never raises a refusal, it is its reply."""

    @property
    def operations(self) -> Mapping[str, Called]: ...

    async def perform(self, access: Access, method: str, target: str, body: bytes, key: str) -> Reply: ...

    def tell(self, entries: Sequence[Any], currency: str) -> list[list[str]]:
        """The events of each journal entry in words."""
        ...

    def title(self, code: str) -> str:
        """What a refusal's code means, in words."""
        ...


@dataclass(frozen=True, kw_only=True)
class Parts:
    """secure: pages are served over HTTPS, so that cookies go over nothing else."""

    backend: Backend
    database: Database
    secure: bool = False
    version: str = ""
