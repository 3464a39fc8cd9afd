"""The settings reach the parts they are for."""

import asyncio

import httpx

from orderline.boot.settings import read_settings
from orderline.boot.wiring import open_engine, open_site, worker_services
from orderline.contracts.registry import Kind
from orderline.store.database import Database
from orderline.worker.partners import Partners


def read_metrics(dsn: str, **environment: str) -> int:
    settings = read_settings({f"ORDERLINE_{name.upper()}": value for name, value in environment.items()})

    async def read() -> int:
        async with open_site(settings, database, worker=False) as site:
            transport = httpx.ASGITransport(app=site.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://orderline") as client:
                return (await client.get("/metrics")).status_code

    database = Database(dsn)
    try:
        return asyncio.run(read())
    finally:
        database.close()


def test_metrics_are_open_where_the_setting_says_so(database_url: str) -> None:
    assert read_metrics(database_url) == 401
    assert read_metrics(database_url, metrics_open="on") == 200


def test_the_carrier_is_the_one_that_was_chosen_or_the_first(database_url: str) -> None:
    addresses = {
        f"ORDERLINE_CONNECTOR_{name}_BASE_URL": "http://localhost"
        for name in ("OTHER_CARRIERS", "SANDBOX_CARRIERS", "SANDBOX_NOTICES")
    }

    async def chosen(**environment: str) -> list[str]:
        settings = read_settings({**addresses, **environment})
        async with open_engine(settings, database) as engine:
            partners = Partners(worker_services(settings, database, engine))
            return [partners.chosen(kind) for kind in (Kind.CARRIERS, Kind.NOTICES, Kind.PAYMENTS)]

    database = Database(database_url)
    try:
        assert asyncio.run(chosen()) == ["sandbox_carriers", "sandbox_notices", ""]
        assert asyncio.run(chosen(ORDERLINE_CARRIER="other_carriers"))[0] == "other_carriers"
    finally:
        database.close()
