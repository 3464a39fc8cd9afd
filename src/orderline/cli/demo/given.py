"""Orders of one's own for the demo: JSON Lines, each line the body of `POST /v1/orders`."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from orderline.cli.demo.day import DAY_S, Planned
from orderline.cli.demo.merchant import CENTRAL, STORE_POOL, Merchant
from orderline.cli.ports import Failure

SPARE = 10


def read_given(file: Path, merchant: Merchant, midnight: datetime) -> list[Planned]:
    """The orders of a file over one day, evenly; their channels and SKUs are added to the merchant, with stock.

    Failure: a line is no order; it is named.
    """
    bodies = [
        _body(line, number) for number, line in enumerate(file.read_bytes().splitlines(), start=1) if line.strip()
    ]
    if not bodies:
        raise Failure(f"{file} holds no orders.", "Each line must be the body of POST /v1/orders.")
    known_channels = {each["code"] for each in merchant.channels}
    for code in dict.fromkeys(str(body["channel"]) for body in bodies):
        if code not in known_channels:
            merchant.channels.append({"code": code, "name": code, "pools": [CENTRAL, STORE_POOL]})
    wanted: Counter[str] = Counter()
    for body in bodies:
        for line in body["lines"]:
            wanted[str(line["sku"])] += int(line.get("quantity") or 0)
    known_skus = {sku["code"] for sku in merchant.skus}
    warehouses = [each["code"] for each in merchant.locations if each["kind"] == "warehouse"]
    for index, (sku, units) in enumerate(wanted.items()):
        if sku not in known_skus:
            merchant.skus.append({"code": sku})
            for place in (warehouses[index % len(warehouses)], warehouses[(index + 1) % len(warehouses)]):
                merchant.stock.append({"sku": sku, "location": place, "quantity": max(1, units) + SPARE})
    step = DAY_S / len(bodies)
    return [Planned(index * step, _placed(body, midnight, index * step)) for index, body in enumerate(bodies)]


def _body(line: bytes, number: int) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failure(
            f"Line {number} is no JSON object: {error}.", "Each line must be the body of POST /v1/orders."
        ) from None
    if not isinstance(body.get("channel"), str) or not isinstance(body.get("lines"), list) or "external_id" not in body:
        raise Failure(
            f"Line {number} lacks a channel, an external_id or lines.", "Each line must be the body of POST /v1/orders."
        )
    if not all(
        isinstance(each, dict) and isinstance(each.get("sku"), str) and isinstance(each.get("quantity"), int)
        for each in body["lines"]
    ):
        raise Failure(f"Line {number} has a line without a sku or a whole quantity.")
    return body


def _placed(body: dict[str, Any], midnight: datetime, at_s: float) -> dict[str, Any]:
    return {"placed_at": (midnight + timedelta(seconds=round(at_s))).isoformat(), **body}
