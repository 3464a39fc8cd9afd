"""Connectors by name: what each can do, and how to open it. Found by entry point, group `orderline.connectors`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import msgspec

from orderline.values.failures import Refused

GROUP: Final = "orderline.connectors"


class Kind(StrEnum):
    """Which contract a connector fulfills."""

    PAYMENTS = "payments"
    CARRIERS = "carriers"
    WAREHOUSES = "warehouses"
    CHANNELS = "channels"
    NOTICES = "notices"
    SCORES = "scores"


class Capability(StrEnum):
    """What a connector can do beyond the least its contract asks for."""

    BATCH = "batch"  # one call carries many requests
    FACTS = "facts"  # tells facts by calling us
    CATCH_UP = "catch_up"  # can be asked for what was missed
    PARTIAL_CAPTURE = "partial_capture"
    MULTI_CAPTURE = "multi_capture"
    OVER_CAPTURE = "over_capture"
    PARTIAL_REFUND = "partial_refund"
    EXTEND = "extend"  # raises an authorization, or holds it longer
    SETTLEMENTS = "settlements"  # lists fees and payouts
    DISPUTES = "disputes"  # takes evidence
    VERIFY_BY_CALL = "verify_by_call"  # has to call the partner to verify what it tells: `verify_inbound`
    PARTIAL_SHIP = "partial_ship"
    UNSHIP = "unship"  # takes back that units were shipped
    PARTIAL_CANCEL = "partial_cancel"
    REQUEST_CANCEL = "request_cancel"
    OWN_LABELS = "own_labels"  # the location buys its labels itself
    RATES = "rates"
    MANIFEST = "manifest"
    PICKUPS = "pickups"  # comes to a location when it is asked to
    EDIT = "edit"
    REFUND_LINES = "refund_lines"
    TRACKING_UPDATE = "tracking_update"
    ADDRESS_CHANGE = "address_change"
    STOCK = "stock"
    LISTINGS = "listings"  # is told whether it offers a SKU, and as what


class RegistryRefusal(StrEnum):
    CONNECTOR_UNKNOWN = "CONNECTOR_UNKNOWN"
    CONNECTOR_DOUBLE = "CONNECTOR_DOUBLE"
    CONNECTOR_NOT_LOADABLE = "CONNECTOR_NOT_LOADABLE"


class ConnectorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one account at a partner.

    secret: verifies the partner's calls to us; several while it is being changed.
    api_key: sent with our calls to the partner.
    extra: settings only this connector knows.
    """

    base_url: str
    api_key: str = ""
    secret: str | tuple[str, ...] = ()
    connect_timeout_s: float = 5.0
    timeout_s: float = 20.0
    connections_max: int = 16
    batch_max: int | None = None
    extra: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"ConnectorSettings(base_url={self.base_url!r}, api_key=..., secret=...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """The declaration of a connector: what it is, what it can do, how it is opened.

    open: gives an object that fulfills the contract of `kind`; connects to nothing yet.
    batch_max: how many requests one call carries at most; longer sets are sent in several calls.
    listed_after_s: how long after something has happened it is sure to be listed.
    """

    name: str
    title: str
    kind: Kind
    open: Callable[[ConnectorSettings], Any]
    capabilities: frozenset[Capability] = frozenset()
    batch_max: int = 1
    listed_after_s: int = 600

    def can(self, capability: Capability) -> bool:
        """Whether the connector declares the capability."""
        return capability in self.capabilities


def load_connectors(found: Iterable[EntryPoint] | None = None) -> dict[str, Connector]:
    """All installed connectors by name.

    found: entry points to load instead of the installed ones.
    Refused CONNECTOR_DOUBLE: two packages bring a connector of one name.
    Refused CONNECTOR_NOT_LOADABLE: an entry point cannot be imported, or is not a Connector.
    """
    connectors: dict[str, Connector] = {}
    for entry in sorted(entry_points(group=GROUP) if found is None else found, key=lambda entry: entry.name):
        try:
            connector = entry.load()
        except (ImportError, AttributeError) as error:
            raise Refused(RegistryRefusal.CONNECTOR_NOT_LOADABLE, value=entry.value, message=str(error)) from error
        if not isinstance(connector, Connector):
            raise Refused(RegistryRefusal.CONNECTOR_NOT_LOADABLE, value=entry.value, message="not a Connector")
        if connector.name in connectors:
            raise Refused(RegistryRefusal.CONNECTOR_DOUBLE, value=connector.name)
        connectors[connector.name] = connector
    return connectors


def connector_of(connectors: dict[str, Connector], name: str, kind: Kind) -> Connector:
    """The connector of that name and kind. Refused CONNECTOR_UNKNOWN: none is installed."""
    connector = connectors.get(name)
    if connector is None or connector.kind is not kind:
        allowed = sorted(each.name for each in connectors.values() if each.kind is kind)
        raise Refused(RegistryRefusal.CONNECTOR_UNKNOWN, value=name, kind=kind.value, allowed=allowed)
    return connector
