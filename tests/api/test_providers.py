"""Orders are not accepted with money that nobody here can ask for."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.stage import Client, Stage, order
from api.test_drafts import DRAFT, WHO
from orderline.api.app import create_app
from orderline.api.calls import Services
from orderline.boot.wiring import providers_of
from orderline.contracts.registry import Kind
from orderline.engine.engine import AsyncEngine
from orderline.engine.readers import Readers

PROVIDERS = providers_of({"stripe_payments": Kind.PAYMENTS, "sandbox_carriers": Kind.CARRIERS})


@pytest.fixture
def shop(stage: Stage) -> Iterator[Stage]:
    """The merchant, with one payment provider set up."""
    reads = Readers(stage.database)
    services = Services(engine=AsyncEngine(stage.engine), database=stage.database, reads=reads, providers=PROVIDERS)
    app = create_app(services)
    made = Stage(Client(app), stage.database, stage.engine, app, stage.secrets)
    yield made
    made.client.close()
    reads.close()


def place(shop: Stage, name: str, provider: str, **about: Any) -> Any:
    tender = {"provider": provider, "amount_minor": 2000, "token": "tok", **about.pop("tender", {})}
    return shop.call("POST", "/v1/orders", json=order(name, tenders=[tender], **about))


def test_a_provider_that_is_not_set_up_is_refused_at_intake(shop: Stage) -> None:
    assert place(shop, "p1", "stripe_payments").status_code == 201
    refused = place(shop, "p2", "strip_payments")
    assert (refused.status_code, refused.json()["code"]) == (422, "PROVIDER_UNKNOWN")
    assert refused.json()["field"] == "tenders[0].provider"
    assert place(shop, "p3", "sandbox_carriers").json()["code"] == "PROVIDER_UNKNOWN"
    assert place(shop, "p4", "till", tender={"state": "captured"}).status_code == 201
    assert place(shop, "p5", "another", is_test=True).status_code == 201
    both = [order("p6"), order("p7", tenders=[{"provider": "none", "amount_minor": 2000}])]
    told = shop.call("POST", "/v1/orders/bulk", json={"items": both}).json()
    assert [each.get("code", "") for each in told["items"]] == ["", "PROVIDER_UNKNOWN"]
    assert shop.call("PUT", "/v1/draft-orders/p8", json=DRAFT).status_code == 200
    drafted = shop.call(
        "POST", "/v1/draft-orders/p8/orders", json=WHO | {"tenders": [{"provider": "none", "amount_minor": 1}]}
    )
    assert (drafted.json()["code"], drafted.json()["field"]) == ("PROVIDER_UNKNOWN", "tenders[0].provider")


def test_nothing_is_refused_where_no_provider_is_set_up() -> None:
    assert providers_of({"sandbox_carriers": Kind.CARRIERS}) == frozenset()
    assert {"stripe_payments", "terms", "credit_account"} == PROVIDERS
