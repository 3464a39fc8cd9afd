"""What the worker and inbound need of the installation around them; boot provides it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from orderline.contracts.registry import Connector, ConnectorSettings, load_connectors
from orderline.engine.engine import Engine, utc_now
from orderline.store.database import Database

# Seconds until a job that met trouble is tried again, attempt by attempt; after the last it is a dead letter.
LADDER_S: Final = (5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0)


@dataclass(frozen=True, kw_only=True)
class Services:
    """The engine and database of this process, and how partners are reached.

    connectors: settings by connector name. notices: which connector sends messages; the first of its kind by name among
    `connectors` when empty, nobody when there is none. carrier: which one buys labels, or whichever is cheapest.
    public_url: what links in messages begin with.
    lease_s: how long a job stays with a worker that says nothing any more. poll_s: how often an idle worker looks for
    jobs that other processes wrote; those of its own process wake it.
    claim_most, in_flight_most: jobs taken at once, and jobs in work at a time. calls_most: calls to one partner at a
    time. patience_s: how long a fact that comes too early waits for those before, until it is parked.
    auto_claims: whether claims against carriers are drafted by themselves.
    rates_within_s: how long carriers are waited for that are asked what a parcel costs.
    """

    database: Database
    engine: Engine
    connectors: Mapping[str, ConnectorSettings] = field(default_factory=dict[str, ConnectorSettings])
    installed: Mapping[str, Connector] = field(default_factory=load_connectors)
    carrier: str = ""
    auto_claims: bool = True
    notices: str = ""
    allow_private_webhooks: bool = False
    public_url: str = ""
    lease_s: float = 30.0
    poll_s: float = 0.25
    claim_most: int = 500
    in_flight_most: int = 4_000
    calls_most: int = 4
    patience_s: float = 2.5
    rates_within_s: float = 3.0
    ladder_s: tuple[float, ...] = LADDER_S
    clock: Callable[[], datetime] = utc_now
