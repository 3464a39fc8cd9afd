"""A phone at a station: with a connection, without one, and when it is back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.browser.conftest import STORE, Shop
from console.browser.looking import MOST_SHIFT, PHONE, Eyes
from orderline.values.barcodes import code_128, runs

pytestmark = pytest.mark.slow
STAFF = ("fulfillments:read", "fulfillments:write", "settings:read", "stock:read", "stock:write")
# What the browser says of requests that fail since there is no connection.
NO_CONNECTION = re.compile(r"ERR_INTERNET_DISCONNECTED|status of 4\d\d")


@pytest.fixture
def staff(shop: Shop) -> Eyes:
    """Somebody of the store, whose phone has kept a page of the station."""
    eyes = shop.person(PHONE, *STAFF)
    eyes.page.goto(f"/station/{STORE}")
    kept(eyes.page)
    return eyes


def kept(page: Page) -> None:
    """Wait until the page that is open is kept on the device."""
    page.evaluate(
        """async () => {
          await navigator.serviceWorker.ready;
          const name = location.href.replace(/[?&](done|order)=[^&]*/g, "");
          while (!(await caches.match(name))) await new Promise(requestAnimationFrame);
        }"""
    )


def shift(page: Page) -> float:
    """By how much a page has moved since it was opened, once all that it shows is drawn."""
    drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    page.bring_to_front()
    return float(page.evaluate(f"{drawn}.then(() => window.seen.shift)"))


def scan(page: Page, *codes: str) -> None:
    for code in codes:
        page.fill("#scan", code)
        page.press("#scan", "Enter")


def orders_of(wave: dict[str, Any]) -> set[str]:
    return {each["order_number"] for found in wave["lists"] for stop in found["stops"] for each in stop["shares"]}


def faults(eyes: Eyes) -> list[str]:
    return [each for each in eyes.faults() if not NO_CONNECTION.search(each)]


def test_work_goes_on_without_a_connection_and_is_sent_when_it_is_back(shop: Shop, staff: Eyes) -> None:
    number, path = shop.work()
    other, elsewhere = shop.work()
    page, reader = staff.page, staff.context.new_page()  # the same person looks at another page all the time
    for each in (f"/station/{STORE}", elsewhere, path):
        page.goto(each)
        kept(page)
    reader.goto(f"/station/{STORE}?show=receive")  # where no work comes or goes meanwhile
    sku = page.locator("[data-sku]").first.get_attribute("data-sku") or ""
    staff.context.set_offline(True)
    scan(page, sku, "no such thing")
    expect(page.locator("#scan-wrong")).to_contain_text("not on this page")
    expect(page.locator(".waits")).to_have_text("waiting to be sent: 1")
    page.reload()
    scan(page, sku)
    expect(page.locator("#later")).to_contain_text("waiting to be sent: 3")
    assert faults(staff) == []
    slow = staff.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 12})  # what waits stands there from the first sight on
    page.goto(f"/station/{STORE}")
    expect(page.locator("#later")).to_contain_text("waiting to be sent: 3")
    expect(page.locator("main")).to_contain_text(number)
    page.goto(f"/station/{STORE}/orders/NEVER-OPENED/1")
    expect(page.locator("h1")).to_have_text("This page is not kept here")
    assert faults(staff) == []
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    # Meanwhile somebody else takes the other order away, which is then packed here without being there.
    page.goto(elsewhere)
    shop.call("POST", f"/v1/orders/{other}/fulfillments/1/rejections", {"reason": "closed today"})
    page.click("text=All picked")
    page.goto(path)
    staff.context.set_offline(False)
    told = page.locator("[data-verdicts] li")
    expect(told).to_have_count(4)
    expect(page.locator("#later")).not_to_contain_text("waiting to be sent")
    assert [each.split()[0] for each in told.all_inner_texts()] == ["too", "done", "refused", "done"]
    expect(told.nth(0)).to_contain_text("It has changed meanwhile")
    expect(told.nth(2)).to_contain_text("this is not in the order")
    [item] = shop.call("GET", f"/v1/orders/{number}/fulfillments/1")["items"]
    assert item["units"] == {"picked": 2}
    assert faults(staff) == [], "verdicts that arrive do not move what is read"
    expect(reader.locator("[data-verdicts] li")).to_have_count(4)
    assert shift(reader) < MOST_SHIFT
    reader.close()
    page.reload()
    expect(told).to_have_count(4)
    assert faults(staff) == []
    page.click("text=Dismiss what is done")
    expect(told).to_have_count(2)
    for _ in range(2):
        page.locator("[data-verdicts] button").first.click()
    expect(page.locator("#later")).to_be_hidden()


def test_a_double_click_without_scripts_has_one_effect(shop: Shop) -> None:
    eyes = shop.person(PHONE, *STAFF, scripts=False)
    number, path = shop.work()
    eyes.page.goto(path)
    eyes.page.dblclick("text=All picked")
    eyes.page.wait_for_url("**/1?done=pick_units")
    expect(eyes.page.get_by_role("alert").locator("visible=true")).to_have_count(0)
    [item] = shop.call("GET", f"/v1/orders/{number}/fulfillments/1")["items"]
    assert item["units"] == {"picked": 2}


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_done_twice(shop: Shop, staff: Eyes) -> None:
    number, path = shop.work()
    page = staff.page
    page.goto(path)
    sku = page.locator("[data-sku]").first.get_attribute("data-sku") or ""
    lost: list[str] = []

    def lose(route: Any) -> None:
        lost.append(route.fetch().text())
        route.abort()

    page.route("**/scan", lose, times=2)
    scan(page, sku)
    expect(page.locator("#later")).to_contain_text("waiting to be sent: 1")
    page.reload()
    expect(page.locator("#later")).to_contain_text("waiting to be sent: 1")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-verdicts]")).to_contain_text("done")
    assert len(lost) == 2
    [item] = shop.call("GET", f"/v1/orders/{number}/fulfillments/1")["items"]
    assert item["units"] == {"picked": 1, "released": 1}


def test_what_one_person_did_is_not_sent_by_another(shop: Shop, staff: Eyes) -> None:
    number, path = shop.work()
    page = staff.page
    page.goto(path)
    kept(page)
    staff.context.set_offline(True)
    page.click("text=All picked")
    expect(page.locator("#later")).to_contain_text("waiting to be sent: 1")
    staff.context.clear_cookies()
    staff.context.set_offline(False)
    expect(page.locator("#later")).to_contain_text("waiting until you sign in again: 1")
    other, link = shop.invite(*STAFF)
    page.goto(link)
    page.fill("#password", "correct horse battery")
    page.fill("#again", "correct horse battery")
    page.click("main button")
    page.wait_for_url("**/me")
    page.goto(path)
    expect(page.locator("#later")).to_contain_text(f"What {staff.user} did here waits")
    [item] = shop.call("GET", f"/v1/orders/{number}/fulfillments/1")["items"]
    assert item["units"] == {"allocated": 2}
    assert page.evaluate("caches.keys()") == ["station files", f"station of {other}"]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_several_orders_are_picked_in_one_walk(shop: Shop, scripts: bool) -> None:
    numbers = {shop.work()[0] for _ in range(2)}
    eyes = shop.person(PHONE, *STAFF, scripts=scripts)
    page = eyes.page
    page.goto(f"/station/{STORE}?show=waves")
    page.fill("#most", "500")
    page.click("text=Begin a wave")
    expect(page.get_by_role("status")).to_contain_text("Ready")
    [wave] = [
        each for each in shop.call("GET", "/v1/waves?state=open&limit=200")["items"] if numbers <= orders_of(each)
    ]
    page.click(f"text={wave['id']}")
    sku = next(str(stop["sku"]) for stop in wave["lists"][0]["stops"] if stop["quantity"] == 2)
    row = page.locator(f"[data-sku='{sku}']")
    scan(page, sku)
    expect(page.get_by_role("status")).to_have_text("Picked.")
    scan(page, "no such thing")
    expect(page.locator("#scan-wrong")).to_contain_text("not on the list")
    if scripts:
        assert faults(eyes) == []
    row.locator("summary").click()
    row.get_by_label("How many are not there").fill("1")
    page.click("text=I picked the rest without scanning")
    if scripts:
        assert faults(eyes) == []
        page.click("text=Put what is picked")
        scan(page, sku)
        expect(page.get_by_role("status")).to_contain_text("Put it to")
        assert faults(eyes) == []
        page.click(".thumb >> text=Back to picking")
        expect(row.get_by_label("How many are not there")).to_have_value("1")
    page.click(".thumb >> text=The walk is over")
    expect(page.get_by_role("status")).to_contain_text("The walk is over")
    wave = shop.call("GET", f"/v1/waves/{wave['id']}")
    assert sum(stop.get("short", 0) for stop in wave["lists"][0]["stops"]) == 1
    assert wave["lists"][0]["wrong_scans"] == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_shelf_is_counted_by_scanning(shop: Shop, scripts: bool) -> None:
    name, skus = shop.count()
    eyes = shop.person(PHONE, *STAFF, scripts=scripts)
    page = eyes.page
    page.goto(f"/station/{STORE}?show=count")
    page.click(f"text={name}")
    page.click("text=Begin")
    expect(page.get_by_role("status")).to_have_text("Begun.")
    if scripts:
        kept(page)
        eyes.context.set_offline(True)
    scan(page, skus[0], skus[0], skus[1])
    first, second = page.get_by_label(f"How many of {skus[0]}"), page.get_by_label(f"How many of {skus[1]}")
    expect(second).to_have_value("1")
    scan(page, "no such thing")
    expect(page.locator("#scan-wrong")).to_contain_text("not counted here")
    if scripts:
        page.reload()
        assert faults(eyes) == []
    expect(first).to_have_value("2")
    page.fill("#scan", "")
    page.click("text=Hand in")
    if scripts:
        expect(page.locator("#later")).to_contain_text("waiting to be sent: 1")
        eyes.context.set_offline(False)
        expect(page.locator("[data-verdicts]")).to_contain_text("done")
    else:
        expect(page.get_by_role("status")).to_have_text("Handed in.")
    count = shop.call("GET", f"/v1/counts/{name}")
    assert [each["quantity"] for each in count["lines"]] == [2, 1]
    assert count["state"] == "submitted"


@pytest.mark.parametrize("reader", ["the browser's", "ours"])
def test_the_camera_reads_barcodes(shop: Shop, reader: str) -> None:
    _, path = shop.work()
    eyes = shop.person(PHONE, *STAFF)
    page = eyes.page
    page.goto(path)
    sku = page.locator("[data-sku]").first.get_attribute("data-sku") or ""
    # There is no camera here: it sees a picture of the barcode, as long as ours reads it once. Nor does this browser read any.
    bars = [[start + 20, width] for start, width in runs(code_128(sku))]
    detector = f"window.BarcodeDetector = class {{ async detect() {{ return [{{rawValue: '{sku}'}}]; }} }};"
    page.add_init_script(
        f"""
        {detector if reader != "ours" else ""}
        navigator.mediaDevices.getUserMedia = async () => {{
          const canvas = Object.assign(document.createElement("canvas"), {{ width: 900, height: 300 }});
          const drawn = canvas.getContext("2d");
          const bars = {"true" if reader == "ours" else "false"} && sessionStorage.getItem("shown") ? [] : {bars};
          sessionStorage.setItem("shown", "yes");
          const draw = () => {{
            drawn.fillStyle = "white";
            drawn.fillRect(0, 0, 900, 300);
            drawn.fillStyle = "black";
            for (const [start, width] of bars) drawn.fillRect(start * 2, 60, width * 2, 180);
            requestAnimationFrame(draw);
          }};
          draw();
          return canvas.captureStream();
        }};
        """
    )
    page.reload()
    page.get_by_label("Scan with the camera").click()
    expect(page.get_by_role("status")).to_have_text("Picked.")
    expect(page.locator(".left").first).to_have_text("1 to pick")
    expect(page.get_by_label("Scan with the camera")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Scan with the camera").click()
    expect(page.locator("video")).to_have_count(0)
    expect(page.locator(".left").first).to_have_text("1 to pick")
