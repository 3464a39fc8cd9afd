"""A worker in a process of its own, to be killed: python lone_worker.py DSN SANDBOX_URL."""

import asyncio
import sys

from orderline.contracts.registry import ConnectorSettings
from orderline.engine.engine import Engine
from orderline.sandbox.settings import CONNECTOR_OF
from orderline.store.database import Database
from orderline.worker.services import Services
from orderline.worker.worker import Worker


def main() -> None:
    dsn, sandbox_url = sys.argv[1:3]
    database = Database(dsn)
    services = Services(
        database=database,
        engine=Engine(database),
        connectors={
            name: ConnectorSettings(base_url=f"{sandbox_url}/{partner}", secret="c2VjcmV0")
            for partner, name in CONNECTOR_OF.items()
        },
        lease_s=0.5,
        poll_s=0.02,
        ladder_s=(0.05,) * 50,
        # Small sets, so that a kill finds many of them at work.
        claim_most=15,
    )
    asyncio.run(Worker(services).run())


if __name__ == "__main__":
    main()
