"""A browser, a day of the demo to look at, and people who sign in to it."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count, cycle
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from console.browser.looking import DESK, PHONE, SCREENS, Eyes, Screen
from support.browsers import chromium, opened
from support.demo_day import demo_day
from support.skipping import skip_loudly

PASSWORD = "correct horse battery"
DAYS_STORE = "paris-marais"  # the one location of the day that no partner works at
# One like it for each process of a run, where nobody else takes the work away.
STORE, PLACE = f"atelier-{os.getpid()}", f"Atelier {os.getpid()}"
RULES = """# Of the stores
kind = "routing"
scope = { stores = ["paris-marais"] }
[[group]]
name = "all"
[[group.rule]]
name = "near"
objective = ["late", "distance"]
leftover = [{ do = "next_rule" }]
[group.rule.locations]
kinds = ["store"]
[[group.rule]]
name = "anywhere"
"""
_numbers = count(1)


class Shop:
    """The day, the browser, and who looks at it. store, place: where its work is done, by its code and as people say it."""

    store, place = STORE, PLACE

    def __init__(self, url: str, key: str, browser: Browser) -> None:
        self.url = url
        self.browser = browser
        self._key = key
        self._eyes: list[Eyes] = []
        like = self.call("GET", f"/v1/locations/{DAYS_STORE}")
        self.call(
            "PUT",
            f"/v1/locations/{self.store}",
            {name: like[name] for name in like.keys() - {"code", "feed_stale"}} | {"name": self.place},
        )

    def call(self, method: str, path: str, body: object = None) -> Any:
        """An operation of the API, as an administrator."""
        headers = {"authorization": f"Bearer {self._key}"}
        answer = httpx.request(method, f"{self.url}{path}", headers=headers, json=body, timeout=60)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    def invite(self, *rights: str) -> tuple[str, str]:
        """A new user, and the path of the link that lets in."""
        user = f"person-{next(_numbers)}-{id(self)}"
        self.call("PUT", f"/v1/roles/{user}", {"rights": list(rights) or ["admin"]})
        self.call("PUT", f"/v1/users/{user}", {"role": user})
        return user, self.call("POST", f"/v1/users/{user}/invitations", {"name": user})["path"]

    def stranger(self, screen: Screen, *, scripts: bool = True) -> Eyes:
        """A browser of its own, in which nobody has signed in."""
        eyes = Eyes(self.browser, self.url, screen, scripts=scripts)
        self._eyes.append(eyes)
        return eyes

    def person(self, screen: Screen, *rights: str, scripts: bool = True) -> Eyes:
        """A browser of its own, with somebody signed in."""
        eyes = self.stranger(screen, scripts=scripts)
        eyes.user, link = self.invite(*rights)
        eyes.page.goto(link)
        eyes.page.fill("#password", PASSWORD)
        eyes.page.fill("#again", PASSWORD)
        eyes.page.click("main button")
        eyes.page.wait_for_url("**/me")
        return eyes

    def fresh(self, what: str) -> str:
        """A name that nothing has yet."""
        return f"{what}-{id(self)}-{next(_numbers)}"

    def order(self) -> str:
        """A new order of two lines whose card was declined, so that it stays as it is; its number."""
        lines = [{"sku": next(self._skus), "quantity": 2, "unit_price_minor": 1500} for _ in range(2)]
        body = {
            "channel": "web", "external_id": self.fresh("BROWSER"), "currency": "EUR",
            "customer": {"name": "Greta Okafor", "email": "greta@example.com"},
            "groups": [{"address": {"name": "Greta Okafor", "lines": ["1 Rue de la Paix"], "city": "Lyon", "postal_code": "69001", "country": "FR"}}],
            "lines": lines, "total_minor": 6000,
            "tenders": [{"provider": "sandbox_payments", "token": "tok_decline", "amount_minor": 6000}],
        }  # fmt: skip
        number = str(self.call("POST", "/v1/orders", body)["number"])
        give_up_at = monotonic() + 60
        while self.call("GET", f"/v1/orders/{number}?parts=")["status"]["payment"] != "declined":
            assert monotonic() < give_up_at
            sleep(0.1)
        return number

    def work(self, *, picked: bool = False, packed: bool = False, collected: bool = False) -> tuple[str, str]:
        """A new order that the store without a partner is to serve, as far as that has come: its number, and its page there."""
        sku, name = self.fresh("SHIRT"), self.fresh("STORE")
        self.call("PUT", "/v1/skus", {"skus": [{"code": sku, "description": "Linen shirt, natural"}]})
        shelf = {"sku": sku, "location": self.store, "quantity": 9, "reason": "received"}
        self.call("POST", "/v1/stock/adjustments", shelf)
        address = {
            "name": "Greta Okafor",
            "lines": ["1 Rue de la Paix"],
            "city": "Paris",
            "postal_code": "75001",
            "country": "FR",
        }
        body = {
            "channel": "web", "external_id": name, "currency": "EUR",
            "customer": {"name": "Greta Okafor", "email": "greta@example.com"},
            "groups": [{"pickup_location": self.store} if collected else {"address": address}],
            "lines": [{"sku": sku, "quantity": 2, "unit_price_minor": 1500}], "total_minor": 3000,
            "tenders": [{"provider": "sandbox_payments", "token": "tok_ok", "amount_minor": 3000}],
        }  # fmt: skip
        number = str(self.call("POST", "/v1/orders", body)["number"])
        at, lines = f"/v1/orders/{number}/fulfillments/1", [{"line": 1, "quantity": 2}]
        give_up_at = monotonic() + 60
        while not self.call("GET", f"/v1/orders/{number}?parts=")["order"].get("fulfillments"):
            assert monotonic() < give_up_at
            sleep(0.1)
        if picked or packed:
            self.call("POST", f"{at}/picks", {"lines": lines})
        if packed:
            self.call("POST", f"{at}/packings", {"parcels": [{"items": lines, "weight_g": 600}]})
        if packed and collected:
            self.call("POST", f"{at}/pickup", {})
        return number, f"/station/{self.store}/orders/{number}/1"

    def coming(self) -> str:
        """The page of a purchase order that is on its way to the store."""
        purchase, due = self.fresh("PO"), "2027-01-31T12:00:00Z"
        lines = [{"sku": next(self._skus), "quantity": 4, "due_at": due}]
        self.call(
            "PUT", f"/v1/purchase-orders/{purchase}", {"location": self.store, "vendor": "Weavers", "lines": lines}
        )
        self.call("POST", f"/v1/purchase-orders/{purchase}/sending", {})
        return f"/station/{self.store}/receive/purchase/{purchase}"

    def wave(self) -> str:
        """The page of a walk for two new orders, and all else that waits at the store."""
        self.work()
        self.work()
        name = self.fresh("W")
        self.call("PUT", f"/v1/waves/{name}", {"location": self.store, "most": 500})
        return f"/station/{self.store}/waves/{name}/1"

    def count(self) -> tuple[str, list[str]]:
        """A count at the store of two SKUs: its name, and theirs."""
        name, skus = self.fresh("AISLE"), [self.fresh("CUP") for _ in range(2)]
        self.call("PUT", "/v1/skus", {"skus": [{"code": each, "description": "Cup"} for each in skus]})
        self.call("PUT", f"/v1/counts/{name}", {"location": self.store, "lines": skus})
        return name, skus

    def returned(self) -> str:
        """The page of goods that a customer sends back, where they go to."""
        number, line = next(self._delivered)
        lines = [{"line": line, "quantity": 1, "reason": "too_small"}]
        self.call(
            "POST",
            f"/v1/orders/{number}/returns",
            {"lines": lines, "approve": True, "reason": "agreed", "to": self.store},
        )
        rows = self.call("GET", "/v1/returns?custody=approved&custody=in_transit&limit=200")["items"]
        row = next(each for each in rows if each["order_number"] == number)
        return f"/station/{row['location']}/returns/{number}/{row['number']}"

    def rules(self) -> str:
        """A policy of routing of which a version holds that is for no order here, another is drafted, and each says what is new."""
        name = f"rules-{id(self)}"
        if name not in {each["id"] for each in self.call("GET", "/v1/policies?limit=200")["items"]}:
            self.call("PUT", f"/v1/policies/{name}", {"text": RULES, "note": "near first"})
            self.call(
                "PUT", f"/v1/policies/{name}", {"text": RULES.replace('"distance"', '"cost"'), "note": "cheap first"}
            )
            self.call("PUT", f"/v1/policies/{name}", {"text": RULES.replace('"distance"', '"distanz"'), "draft": True})
            self.call("POST", f"/v1/policies/{name}/activations", {"policy_version": 1, "reason": "the shop wants it"})
        return name

    def routed(self) -> str:
        """An order that is served from more than one place."""
        rows = self.call("GET", "/v1/orders?phase=delivered&limit=50")["items"]
        return str(max(rows, key=self._places)["number"])

    def _places(self, row: dict[str, Any]) -> int:
        """From how many locations an order is served."""
        order = self.call("GET", f"/v1/orders/{row['number']}?parts=")["order"]
        return len({each["location"] for each in order["fulfillments"]})

    def customer_link(self, number: str) -> str:
        """The page of an order for its customer, by a link for everything."""
        body = {"may": ["cancel", "address", "return"]}
        return str(self.call("POST", f"/v1/orders/{number}/customer-links", body)["page"])

    def offer(self) -> str:
        """The page of an offer that a customer may accept."""
        path = f"/v1/draft-orders/offer-{next(_numbers)}-{id(self)}"
        lines = [{"sku": next(self._skus), "quantity": 1, "unit_price_minor": 1500}]
        place = {"country": "FR", "postal_code": "69001"}
        self.call("PUT", path, {"channel": "web", "currency": "EUR", "lines": lines, "groups": [{"place": place}]})
        until = (datetime.now(UTC) + timedelta(days=2)).isoformat()
        return str(self.call("POST", f"{path}/offers", {"until": until})["page"])

    @cached_property
    def everyone(self) -> dict[Screen, Eyes]:
        """Somebody who may see everything, at each kind of screen."""
        return {screen: self.person(screen) for screen in SCREENS}

    @cached_property
    def _skus(self) -> Iterator[str]:
        shelves = self.call("GET", "/v1/stock?limit=200")["items"]
        return cycle(sorted({each["sku"] for each in shelves if each.get("promisable", 0) >= 8}))

    @cached_property
    def _delivered(self) -> Iterator[tuple[str, int]]:
        """Orders that have come in the whole, each with a line of which the customer has some."""
        for row in self.call("GET", "/v1/orders?phase=delivered&limit=50")["items"]:
            order = self.call("GET", f"/v1/orders/{row['number']}?parts=")["order"]
            lines = [] if order.get("returns") else order["lines"]  # other tests send goods of the same day back
            yield from [(row["number"], each["line"]) for each in lines if each["units"].get("delivered")][:1]

    def leave(self) -> None:
        """Close what was opened."""
        for eyes in self._eyes:
            eyes.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """The day in the browser, closed before other tests run: while it is open, the process has an event loop that runs."""
    program = chromium()
    if program is None:
        skip_loudly("pages in a browser", unless="chromium is installed")
    day = demo_day()
    with opened(program) as browser:
        made = Shop(day.url, day.key, browser)
        try:
            yield made
        finally:
            made.leave()


@pytest.fixture
def desk(shop: Shop) -> Iterator[Eyes]:
    """Somebody at a wide screen, who may do everything."""
    eyes = shop.everyone[DESK]
    yield eyes
    assert eyes.wrong() == []


@pytest.fixture
def phone(shop: Shop) -> Iterator[Eyes]:
    """Somebody with a phone in the dark, who may do everything."""
    eyes = shop.everyone[PHONE]
    yield eyes
    assert eyes.wrong() == []
