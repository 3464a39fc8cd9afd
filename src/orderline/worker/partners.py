"""The partners of this installation: connectors opened when first needed, with so many calls to each at a time."""

from enum import StrEnum
from typing import Any, Final

from orderline.contracts.registry import Capability, Connector, Kind, connector_of
from orderline.values.failures import Refused
from orderline.worker.services import Services
from orderline.worker.sinks import SINKS
from orderline.worker.tallies import Tallies, Turns

SANDBOX: Final = "sandbox"


class PartnerRefusal(StrEnum):
    CONNECTOR_NOT_CONFIGURED = "CONNECTOR_NOT_CONFIGURED"


class Partner:
    """An opened connector. `calls`: a place for each call at a time; `waiting`: jobs that wait for one."""

    def __init__(self, connector: Connector | None, contract: Any, calls: Turns) -> None:
        self.connector = connector
        self.contract = contract
        self.calls = calls
        self.waiting = 0

    def can(self, capability: Capability) -> bool:
        """Whether the partner can; one that is not there can do everything."""
        return self.connector is None or self.connector.can(capability)


class Partners:
    """All partners, for one event loop."""

    def __init__(self, services: Services, holder: str = "") -> None:
        self._services = services
        self._open: dict[str, Partner] = {}
        self._tallies = Tallies(services, holder)
        self._sinks = {
            kind: Partner(None, sink, Turns(kind.value, services.calls_most, services.clock, lambda _: None))
            for kind, sink in SINKS.items()
        }

    def partner(self, kind: Kind, name: str, *, test: bool = False) -> Partner:
        """The partner of that name. A test order never reaches a real one.

        Refused CONNECTOR_UNKNOWN: no such connector is installed; CONNECTOR_NOT_CONFIGURED: it has no address.
        """
        if test and not name.startswith(SANDBOX):
            return self._sinks[kind]
        known = self._open.get(name)
        if known is not None:
            return known
        connector = connector_of(dict(self._services.installed), name, kind)
        settings = self._services.connectors.get(name)
        if settings is None:
            raise Refused(
                PartnerRefusal.CONNECTOR_NOT_CONFIGURED, value=name, allowed=sorted(self._services.connectors)
            )
        opened = self._open[name] = Partner(connector, connector.open(settings), self._tallies.turns(name))
        return opened

    def chosen(self, kind: Kind) -> str:
        """The connector that buys labels or sends messages; empty when there is none."""
        wanted = {Kind.CARRIERS: self._services.carrier, Kind.NOTICES: self._services.notices}.get(kind, "")
        if wanted:
            return wanted
        installed = self._services.installed
        names = (name for name in sorted(self._services.connectors) if name in installed)
        return next((name for name in names if installed[name].kind is kind), "")

    def sellers(self) -> tuple[str, ...]:
        """All connectors that labels can be bought through, by name; the one chosen alone, where one is named."""
        if self._services.carrier:
            return (self._services.carrier,)
        installed = self._services.installed
        names = (name for name in sorted(self._services.connectors) if name in installed)
        return tuple(name for name in names if installed[name].kind is Kind.CARRIERS)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._tallies.close()
        opened, self._open = self._open, {}
        for each in opened.values():
            await each.contract.close()
