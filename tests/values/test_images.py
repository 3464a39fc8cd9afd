"""What images are, by bytes as cameras and programs write them."""

import struct

import pytest

from orderline.values.images import Image, image_of

FRAME = b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", 3024, 4032) + b"\x03"
JPEG = b"\xff\xd8" + b"\xff\xe0\x00\x10JFIF" + b"\0" * 10 + b"\xff\xc4\x00\x03\0" + FRAME + b"\0" * 20 + b"\xff\xd9"


def webp(kind: bytes, chunk: bytes) -> bytes:
    body = b"WEBP" + kind + struct.pack("<I", len(chunk)) + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


LOSSLESS = webp(b"VP8L", b"\x2f" + struct.pack("<I", 639 | 479 << 14))
CASES = [
    (JPEG, Image("image/jpeg", 4032, 3024)),
    (JPEG[:-2], None),
    (JPEG + b"\0\0\0\x18ftypmp42" + b"\0" * 1_000, Image("image/jpeg", 4032, 3024)),
    (JPEG.replace(FRAME, b""), None),
    (webp(b"VP8X", b"\0" * 4 + (99).to_bytes(3, "little") + (49).to_bytes(3, "little")), Image("image/webp", 100, 50)),
    (LOSSLESS, Image("image/webp", 640, 480)),
    (LOSSLESS[:-1], None),
    (webp(b"VP8 ", b"\0" * 3 + b"\x9d\x01\x2a" + struct.pack("<HH", 320, 200)), Image("image/webp", 320, 200)),
    (webp(b"ICCP", b"\0" * 20), None),
    (b"", None),
]


@pytest.mark.parametrize(("content", "image"), CASES)
def test_an_image_is_known_by_its_bytes_and_only_if_it_is_whole(content: bytes, image: Image | None) -> None:
    assert image_of(content) == image
