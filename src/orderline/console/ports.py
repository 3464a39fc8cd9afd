"""What the console stands on: the operations of the API, in the same process, and what people sign in with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from orderline.console.languages import Language
from orderline.store.access import Access
from orderline.store.database import Database
from orderline.values.address import Place


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
    def does(self) -> tuple[str, ...]: ...

    @property
    def summary(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def input(self) -> Any: ...

    @property
    def query(self) -> Any: ...

    @property
    def output(self) -> Any: ...


class Backend(Protocol):
    """The operations, by name; `perform` never raises a refusal, it is its reply."""

    @property
    def operations(self) -> Mapping[str, Called]: ...

    async def perform(
        self, access: Access, method: str, target: str, body: bytes, key: str, reason: str = ""
    ) -> Reply: ...

    def tell(
        self, entries: Sequence[Any], currency: str, spoken: Language, order: Mapping[str, Any] | None = None
    ) -> list[list[str]]:
        """The `events` of each journal entry, or of what is not written, in words, in a language.

        order: as it was before them; not needed where the first entry is its first.
        """
        ...

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        """Of each location its place; none of a code that there is not any more. It asks the database."""
        ...

    def meaning(self, code: str) -> str:
        """What a refusal's code means, in words."""
        ...

    def problem(
        self, code: str, facts: Mapping[str, Any], say: Callable[[str], str], call: Callable[[str], str]
    ) -> dict[str, Any]:
        """The problem document of a refusal. say: its words, in a language; call: what its facts are called there."""
        ...


@dataclass(frozen=True, kw_only=True)
class SingleSignOn:
    """The provider that people sign in with, and who they are here. name: as the button says it. back: where it sends them.

    user_claim: the claim that names the user. role_claim, roles: the claim that names groups, and the role of each; the first
    that fits is the person's from then on. make_users: whoever is in one of the groups becomes a user.
    """

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    back: str
    scopes: str
    user_claim: str
    role_claim: str
    roles: tuple[tuple[str, str], ...] = ()
    make_users: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """What binds the way back from the provider to the way there."""

    state: str
    nonce: str
    verifier: str


class NotBelieved(Exception):
    """What the provider says lets nobody in; the text is for the log. told: in words for the person; "": nothing more."""

    def __init__(self, why: str, told: str = "") -> None:
        super().__init__(why)
        self.told = told


class Provided(Protocol):
    """`console.provider.Provider`."""

    @property
    def settings(self) -> SingleSignOn: ...

    async def address(self, begun: Begun) -> str: ...

    async def claims(self, code: str, begun: Begun, now: int) -> Mapping[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Parts:
    """secure: pages are served over HTTPS, so that cookies go over nothing else. public_url: what links for others begin with. provider: of single sign-on.

    password_users: who may sign in with a password; None: everybody who has one.
    """

    backend: Backend
    database: Database
    secure: bool = False
    public_url: str = ""
    version: str = ""
    provider: Provided | None = None
    password_users: frozenset[str] | None = None

    def may_use_password(self, user: str) -> bool:
        """Others sign in by the provider alone."""
        return self.password_users is None or user in self.password_users
