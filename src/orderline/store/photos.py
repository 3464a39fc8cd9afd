"""Photos of goods of orders: kept by the digest of their bytes, never changed, gone when the people of the order are."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.store.database import Database
from orderline.store.queries import query
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.images import image_of

MOST: Final = 50
MOST_DOTS: Final = 100_000_000
_TOKENS: Final = 0xFFFFF  # tokens differ from the id of their order in these bits only


class PhotoRefusal(StrEnum):
    """Why photos are refused."""

    PHOTO_TYPE = "PHOTO_TYPE"
    PHOTOS_ERASED = "PHOTOS_ERASED"
    PHOTOS_TOO_MANY = "PHOTOS_TOO_MANY"
    PHOTO_UNKNOWN = "PHOTO_UNKNOWN"


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that is kept. sha256: what it is known by, and attached by."""

    sha256: str
    media: str
    size_bytes: int
    kept_at: datetime
    kept_by: str


def media_of(content: bytes) -> str:
    """What an image is by its bytes, whatever it is called.

    Refused PHOTO_TYPE: no JPEG, PNG or WebP, or not all of one, or one of a size that nobody could open.
    """
    image = image_of(content)
    if image is None or not 0 < image.width * image.height <= MOST_DOTS:
        allowed = f"a JPEG, PNG or WebP image of at most {MOST_DOTS // 1_000_000} million dots"
        raise Refused(PhotoRefusal.PHOTO_TYPE, field="body", value=len(content), allowed=allowed)
    return image.media


def keep_photo(database: Database, order: OrderId, content: bytes, now: datetime, by: str) -> Photo:
    """Keep a photo of an order; the same bytes once. Refused PHOTO_TYPE, PHOTOS_ERASED, PHOTOS_TOO_MANY."""
    media, digest = media_of(content), hashlib.sha256(content).digest()
    given: dict[str, Any] = {
        "cell": database.cell, "order_id": order, "sha256": digest, "media": media, "now": now, "by": by,
        "content": content, "most": MOST, "low": UUID(int=order.int & ~_TOKENS), "high": UUID(int=order.int | _TOKENS),
    }  # fmt: skip
    with database.connection() as connection, connection.transaction():
        people = connection.execute(query("photos", "lock_people"), given).fetchall()
        if not people or any(erased for (erased,) in people):
            raise Refused(PhotoRefusal.PHOTOS_ERASED, field="order", value=str(order))
        row = connection.execute(query("photos", "keep_photo"), given).fetchone()
    assert row is not None
    kept, photos = row
    if not kept:
        raise Refused(PhotoRefusal.PHOTOS_TOO_MANY, field="order", value=photos, allowed=f"at most {MOST}")
    return Photo(sha256=digest.hex(), media=media, size_bytes=len(content), kept_at=now, kept_by=by)


def load_photo(source: Source, order: OrderId, sha256: str) -> tuple[str, bytes]:
    """A photo of an order: its media type and its bytes. Refused PHOTO_UNKNOWN."""
    known = len(sha256) == 64 and all(each in "0123456789abcdef" for each in sha256)
    rows = source.rows("photos", "photo", order_id=order, sha256=bytes.fromhex(sha256)) if known else []
    if not rows:
        raise Refused(PhotoRefusal.PHOTO_UNKNOWN, field="sha256", value=sha256[:80])
    return rows[0][0], bytes(rows[0][1])


def load_photos(source: Source, order: OrderId) -> list[Photo]:
    """The photos of an order, the oldest first."""
    return [
        Photo(sha256=bytes(row[0]).hex(), media=row[1], size_bytes=row[2], kept_at=row[3], kept_by=row[4])
        for row in source.rows("photos", "photos_of", order_id=order)
    ]
