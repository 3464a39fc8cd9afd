"""Photos of goods: kept with their order, shown to whoever may read it, gone with its people."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from orderline.api.calls import Answer, Body, Call, Operation, Right
from orderline.api.reading.paging import page, readers
from orderline.api.scoping import order_of, order_unknown, orders_of
from orderline.store.photos import Photo, keep_photo, load_photo, load_photos
from orderline.store.working import read_orders
from orderline.values.ids import OrderId

_PATH: Final = "/v1/orders/{order}/photos"
# Whatever the bytes are, a browser runs nothing of them.
_SAFE: Final = {
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


async def _keep(call: Call[None, None]) -> Answer:
    order = await order_of(call, anywhere=True)
    now = datetime.now(UTC)
    return Answer(
        await asyncio.to_thread(keep_photo, call.services.database, order, call.body, now, call.actor.name), 201
    )


async def _seen_order(call: Call[None, None]) -> OrderId:
    """The order of the path. A key for some locations sees those that they work on, or whose goods come back to them."""
    order = await order_of(call, anywhere=True)
    if not call.key.locations or (await orders_of(call, (call.path["order"],)))[0] is not None:
        return order
    found = (await asyncio.to_thread(read_orders, call.services.database, [order])).get(order)
    returns = found.returns if found is not None else ()
    places = {place for each in returns for place in (each.to, *(item.location for item in each.items))}
    if not any(map(call.key.sees_location, places - {""})):
        raise order_unknown(call.path["order"])
    return order


async def _list(call: Call[None, None]) -> Answer:
    order = await _seen_order(call)
    return page(await readers(call).run(lambda source: load_photos(source, order)), None)


async def _read(call: Call[None, None]) -> Answer:
    order = await _seen_order(call)
    sha256 = call.path["sha256"]
    media, content = await readers(call).run(lambda source: load_photo(source, order, sha256))
    name = f"{sha256[:16]}.{media.removeprefix('image/')}"
    headers = {**_SAFE, "etag": f'"{sha256}"', "content-disposition": f'inline; filename="{name}"'}
    return Answer(content, headers=headers, media=media)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="keep_photo", method="POST", path=_PATH, right=Right.ORDERS_WRITE, success=201, body=Body.RAW,
        summary="Keep a photo of goods of an order",
        description="The body is a whole JPEG, PNG or WebP image of at most 4 MiB and 100 million dots, told by its bytes and not by its name; at most"
        " 50 for an order. The same image is kept once, so that it may be sent again. Attach it to a return, a receipt"
        " or a grade by its `sha256`.",
        handler=_keep, capability="returns", output=Photo,
        refusals=("ORDER_UNKNOWN", "BODY_TOO_LARGE", "PHOTO_TYPE", "PHOTOS_ERASED", "PHOTOS_TOO_MANY"),
    ),
    Operation(
        name="list_photos", method="GET", path=_PATH, right=Right.ORDERS_READ, summary="List the photos of an order",
        handler=_list, capability="returns", output=Photo, page=True, refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="read_photo", method="GET", path=f"{_PATH}/{{sha256}}", right=Right.ORDERS_READ,
        summary="Look at a photo of an order", handler=_read, capability="returns",
        output="image/jpeg, image/png, image/webp", refusals=("ORDER_UNKNOWN", "PHOTO_UNKNOWN"),
    ),
)  # fmt: skip
