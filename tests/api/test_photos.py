"""Photos of goods: what is taken in, who sees it, how it is served, and that it is erased with the people of the order."""

import hashlib
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from api.stage import Stage
from orderline.engine.verifying import verify
from orderline.store.photos import MOST
from support.engines import assert_clean, faults_of


def png(number: int = 0) -> bytes:
    """A picture of one dot; another for each number."""

    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    dot = zlib.compress(b"\x00" + number.to_bytes(3, "big"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", dot) + chunk(b"IEND", b"")


def keep(stage: Stage, order: str, content: bytes, key: str = "admin") -> Any:
    return stage.call("POST", f"/v1/orders/{order}/photos", key, content=content)


def test_a_photo_is_kept_once_and_shown_so_that_nothing_of_it_runs(stage: Stage) -> None:
    order = stage.place("photo-1")["id"]
    image = png()
    made = keep(stage, order, image)
    digest = hashlib.sha256(image).hexdigest()
    assert (made.status_code, made.json()["sha256"], made.json()["media"]) == (201, digest, "image/png")
    assert keep(stage, order, image).json()["sha256"] == digest
    [listed] = stage.call("GET", f"/v1/orders/{order}/photos").json()["items"]
    assert (listed["sha256"], listed["size_bytes"]) == (digest, len(image))
    shown = stage.call("GET", f"/v1/orders/{order}/photos/{digest}")
    assert (shown.content, shown.headers["content-type"]) == (image, "image/png")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"
    assert stage.call("GET", f"/v1/orders/{order}/photos/{'0' * 64}").json()["code"] == "PHOTO_UNKNOWN"
    assert stage.call("GET", f"/v1/orders/{order}/photos/x").status_code == 404
    assert_clean(stage.database)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"GIF89a" + b"\0" * 40,
        b"%PDF-1.7",
        png()[:11],
        b"\xff\xd8\xff and no more",
        png()[:-20],
        b"PK\x03\x04" + png(),
        png().replace(struct.pack(">II", 1, 1), struct.pack(">II", 60_000, 60_000)),
    ],
)
def test_only_images_are_taken_whatever_they_are_called(stage: Stage, content: bytes) -> None:
    order = stage.place(f"photo-type-{len(content)}-{content[:4].hex()}")["id"]
    named = stage.call("POST", f"/v1/orders/{order}/photos", content=content, headers={"content-type": "image/png"})
    assert (named.status_code, named.json()["code"]) == (422, "PHOTO_TYPE")


def test_no_more_and_no_larger_ones_than_allowed(stage: Stage) -> None:
    order = stage.place("photo-most")["id"]
    large = keep(stage, order, png() + b"\0" * 4_194_304)
    assert (large.status_code, large.json()["code"]) == (413, "BODY_TOO_LARGE")
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: keep(stage, order, png(n)).status_code, range(MOST + 6)))
    assert codes.count(201) == MOST
    assert codes.count(409) == 6
    assert keep(stage, order, png(999)).json()["code"] == "PHOTOS_TOO_MANY"


def test_who_may_not_see_the_order_sees_no_photo_of_it(stage: Stage) -> None:
    order = stage.place("photo-scope")["id"]
    digest = keep(stage, order, png()).json()["sha256"]
    stage.make_key("elsewhere", "orders:read", "orders:write", channels=("other",))
    stage.make_key("reader", "orders:read")
    for path in ("", f"/{digest}"):
        found = stage.call("GET", f"/v1/orders/{order}/photos{path}", "elsewhere")
        assert (found.status_code, found.json()["code"]) == (404, "ORDER_UNKNOWN")
    assert keep(stage, order, png(), "elsewhere").status_code == 404
    assert keep(stage, order, png(), "reader").status_code == 403
    assert stage.call("GET", f"/v1/orders/{order}/photos/{digest}", "reader").status_code == 200


def test_a_store_sees_photos_of_orders_that_it_works_on_or_takes_goods_back_of(stage: Stage) -> None:
    order = stage.place("photo-store")["id"]
    stage.make_key("a store", "orders:read", "orders:write", locations=("lyon",))
    digest = keep(stage, order, png(), "a store").json()["sha256"]  # goods may come to any
    for path in ("", f"/{digest}"):
        assert stage.call("GET", f"/v1/orders/{order}/photos{path}", "a store").json()["code"] == "ORDER_UNKNOWN"
    stage.allocate(order)
    for path in ("", f"/{digest}"):
        assert stage.call("GET", f"/v1/orders/{order}/photos{path}", "a store").status_code == 200


def test_photos_are_erased_with_the_people_of_the_order(stage: Stage) -> None:
    order, other = stage.place("photo-erased")["id"], stage.place("photo-stays")["id"]
    digest = keep(stage, order, png()).json()["sha256"]
    keep(stage, other, png())
    stage.call("POST", f"/v1/orders/{order}/cancellations", json={"reason": "changed my mind"})
    assert stage.call("POST", f"/v1/orders/{order}/erasures", json={}).status_code == 200
    assert stage.call("GET", f"/v1/orders/{order}/photos/{digest}").json()["code"] == "PHOTO_UNKNOWN"
    assert keep(stage, order, png()).json()["code"] == "PHOTOS_ERASED"
    assert len(stage.call("GET", f"/v1/orders/{other}/photos").json()["items"]) == 1
    assert_clean(stage.database)
    with psycopg.connect(stage.database.dsn) as connection:
        connection.execute("UPDATE photos SET content = 'x' WHERE order_id = %s", [other])
    assert "photos" in faults_of(verify(stage.database))
