"""Every page that there is, at a desk and on a phone, in the light and in the dark: clean by axe, no wider than the screen, still."""

import re
from collections.abc import Callable
from functools import partial

import pytest

from console.browser.conftest import DAYS_STORE, STORE, Shop
from console.browser.looking import DESK, PHONE, Eyes, Screen
from orderline.console.deed_table import DEEDS
from orderline.console.listings import BEHIND, LISTINGS
from orderline.console.pages import PAGES, Page

RECORDS = {f"{each.path}/{{id}}": each.path for _, each in LISTINGS.values() if each.record}
SHOWN = [page for page in PAGES if page.method == "GET" and not page.file]
FORMS = ("cancel_units", "place_hold", "annotate_order", "request_return", "receive_payment")


def orders(shop: Shop) -> list[str]:
    """Orders that have come far, and others."""
    listed = shop.call("GET", "/v1/orders?limit=50")["items"]
    by_phase = {each["status"]["phase"]: each["number"] for each in listed}
    returned = shop.call("GET", "/v1/returns?limit=1")["items"][0]["order_number"]
    return [f"/orders/{number}" for number in {*by_phase.values(), returned, shop.order()}]


def forms(shop: Shop) -> list[str]:
    """Forms of every kind of field."""
    number = shop.order()
    return [f"/orders/{number}/{operation}" for operation in FORMS]


def links(shop: Shop) -> list[str]:
    """An order as its customer sees it: one of which all can be done still, in both directions of writing, and one that goes back."""
    returned = shop.call("GET", "/v1/returns?limit=1")["items"][0]["order_number"]
    fresh = shop.customer_link(shop.order())
    return [fresh, f"{fresh}?lang=ar", shop.customer_link(returned)]


def stations(shop: Shop) -> list[str]:
    """Fulfillment orders at a store, each with something else to be done next."""
    made = (
        shop.work(), shop.work(picked=True), shop.work(packed=True), shop.work(packed=True, collected=True),
    )  # fmt: skip
    return [path for _, path in made]


# Where a page is to be found whose path has parts that vary; lists know the addresses of their records.
EXAMPLES: dict[str, Callable[[Shop], list[str]]] = {
    "/policies/{id}": lambda shop: [f"/policies/{shop.rules()}"],
    "/policies/{id}/versions/{version}": lambda shop: [f"/policies/{shop.rules()}/versions/2"],
    "/policies/{id}/diff": lambda shop: [f"/policies/{shop.rules()}/diff"],
    "/policies/{id}/edit": lambda shop: [f"/policies/{shop.rules()}/edit", "/policies/brand-new/edit"],
    "/policies/{id}/activate": lambda shop: [f"/policies/{shop.rules()}/activate?policy_version=2"],
    "/policies/{id}/rollback": lambda shop: [f"/policies/{shop.rules()}/rollback"],
    "/policies/{id}/retire": lambda shop: [f"/policies/{shop.rules()}/retire"],
    "/policies/{id}/shadow": lambda shop: [f"/policies/{shop.rules()}/shadow?policy_version=2"],
    "/policies/{id}/simulate": lambda shop: [f"/policies/{shop.rules()}/simulate?version=2&days=7"],
    "/policies/{id}/shadow-report": lambda shop: [f"/policies/{shop.rules()}/shadow-report"],
    "/routing-decisions": lambda shop: [
        "/routing-decisions",
        f"/routing-decisions?order={shop.routed()}&why_not={DAYS_STORE}",
    ],
    "/routing-trial": lambda shop: [f"/routing-trial?order={shop.order()}"],
    # They lead to the provider and back; `test_single_sign_on` goes that way.
    "/sign-in/begin": lambda shop: [],
    "/sign-in/back": lambda shop: [],
    "/welcome/{token}": lambda shop: [shop.invite("orders:read")[1]],
    "/your-order/{token}": links,
    "/your-offer/{token}": lambda shop: [shop.offer()],
    "/your-answer/{token}": lambda shop: [],  # only messages to customers have the link; `test_customers` opens it
    "/bulk": lambda shop: [f"/bulk?do=bulk_hold&pick.{shop.order()}=yes"],
    "/stock/{sku}": lambda shop: [f"/stock/{shop.call('GET', '/v1/stock?limit=1')['items'][0]['sku']}"],
    "/reports/indicators/{indicator}": lambda shop: [
        "/reports/indicators/order_to_ship?by=location",
        "/reports/indicators/margin?by=reason&period=month",
    ],
    "/reports/indicators/{indicator}/orders": lambda shop: ["/reports/indicators/order_to_ship/orders"],
    "/ledger/{account}": lambda shop: [
        "/ledger/receivable?currency=EUR",
        "/ledger/bank?since=2020-01-01&until=2020-01-01",
    ],
    "/station/{location}": lambda shop: [
        f"/station/{STORE}",
        f"/station/{STORE}?show=receive",
        f"/station/{STORE}?q=none",
        f"/station/{STORE}?show=waves",
    ],
    "/station/{location}/waves/{wave}/{number}": lambda shop: [shop.wave()],
    "/station/{location}/counts/{count}": lambda shop: [f"/station/{STORE}/counts/{shop.count()[0]}"],
    "/station/{location}/orders/{order}/{number}": stations,
    "/station/{location}/receive/{kind}/{record}": lambda shop: [shop.coming()],
    "/station/{location}/returns/{order}/{number}": lambda shop: [shop.returned()],
    "/returns-desk/{order}/{number}": lambda shop: ["/returns-desk/" + shop.returned().partition("/returns/")[2]],
    "/orders/{order}": orders,
    "/orders/{order}/{operation}": forms,
}


def disputed(shop: Shop) -> list[str]:
    """Disputes of the day, if it has any."""
    rows = shop.call("GET", "/v1/disputes?limit=1")["items"]
    return [f"/disputes/{row['order_number']}/{row['number']}" for row in rows]


def unmapped(shop: Shop) -> list[str]:
    """Words of partners that mean nothing yet, if the day has any."""
    return [f"/mappings/{row['id']}" for row in shop.call("GET", "/v1/mappings?limit=1")["items"]]


def recalled(shop: Shop) -> list[str]:
    """A lot, if the day has any."""
    rows = shop.call("GET", "/v1/lots?limit=1")["items"]
    return [f"/stock/{row['sku']}/lots/{row['lot']}" for row in rows]


EXAMPLES["/channel-health/{code}"] = lambda shop: ["/channel-health/web"]
EXAMPLES |= {"/disputes/{order}/{number}": disputed, "/mappings/{id}": unmapped, "/stock/{sku}/lots/{lot}": recalled}
# What stands behind reports is listed as all else is: one is looked at.
EXAMPLES |= {each.path: partial(lambda paths, shop: paths, []) for each in BEHIND[1:]}
# The form of what can be done to a record is the same for each, and is shown before it is asked for: some are looked at.
EXAMPLES |= {
    each.path: partial(
        lambda paths, shop: paths,
        [] if at % 4 or each.reads or "{order}" in each.path else [re.sub(r"\{\w+\}", "none", each.path)],
    )
    for at, each in enumerate(DEEDS)
}


def addresses(shop: Shop, page: Page) -> list[str]:
    if page.path in EXAMPLES:
        return EXAMPLES[page.path](shop)
    if "{" not in page.path:
        return [page.path]
    eyes = shop.everyone[DESK]
    eyes.page.goto(RECORDS[page.path])
    links = eyes.page.locator(f'main a[href^="{RECORDS[page.path]}/"]')
    return [links.first.get_attribute("href") or ""] if links.count() else []


def screens(page: Page) -> tuple[Screen, ...]:
    """The work home, orders, the station and what strangers see are looked at on both; of the rest every other one on a phone."""
    if page.open or page.links or page.path == "/" or page.path.startswith(("/orders", "/station")):
        return (DESK, PHONE)
    return ((DESK, PHONE)[SHOWN.index(page) % 2],)


def is_as_others(page: Page) -> bool:
    """Lists have one template, and so have their records: all are opened, and every third is looked at."""
    return (page.path in LISTINGS or page.path in RECORDS) and SHOWN.index(page) % 3 != 0


@pytest.fixture(scope="module")
def strangers(shop: Shop) -> dict[Screen, Eyes]:
    """Windows in which nobody has signed in."""
    return {screen: shop.stranger(screen) for screen in (DESK, PHONE)}


@pytest.mark.slow
@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.path)
def test_a_page_is_clean_and_fits(shop: Shop, strangers: dict[Screen, Eyes], page: Page) -> None:
    found: list[str] = []
    windows = strangers if page.open or page.links else shop.everyone
    for at, address in enumerate(addresses(shop, page)):
        for screen in screens(page) if at == 0 else ((DESK, PHONE)[at % 2],):
            eyes = windows[screen]
            answer = eyes.page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            found += eyes.wrong() if is_as_others(page) else eyes.faults()
    assert found == []


@pytest.mark.slow
def test_a_page_that_failed_is_clean_and_says_so(desk: Eyes) -> None:
    desk.page.goto("/orders/NOBODY-HAS-THIS")
    assert "There is no" in desk.page.inner_text("h1") or desk.page.inner_text("h1")
    assert [each for each in desk.faults() if "status of 404" not in each] == []


def test_every_page_is_opened_somewhere() -> None:
    varying = {page.path for page in SHOWN if "{" in page.path}
    assert varying - set(RECORDS) - set(EXAMPLES) == set(), "a page whose path varies needs an example"
