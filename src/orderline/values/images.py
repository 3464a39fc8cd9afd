"""What an image is, and how large, by its first bytes and its end; nothing of it is unpacked."""

from typing import NamedTuple


class Image(NamedTuple):
    """An image that is whole. width, height: in dots, once it is unpacked."""

    media: str
    width: int
    height: int


def image_of(content: bytes) -> Image | None:
    """A JPEG, PNG or WebP image; None: something else, or the end is missing."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and content[12:16] == b"IHDR" and content.find(b"IEND", 24) > 0:
        return Image("image/png", _number(content[16:20]), _number(content[20:24]))
    if content[:3] == b"\xff\xd8\xff":
        return _jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP" and _little(content[4:8]) + 8 <= len(content):
        return _webp(content)
    return None


def _jpeg(content: bytes) -> Image | None:
    """Its size stands in the segment that begins its frame: ITU-T T.81, B.2.2. Phones add what is theirs behind its end, such as a film."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if content.find(b"\xff\xd9", at) < 0:
                return None
            return Image("image/jpeg", _number(content[at + 7 : at + 9]), _number(content[at + 5 : at + 7]))
        at += 1 if marker == 0xFF else 2 + _number(content[at + 2 : at + 4])
    return None


def _webp(content: bytes) -> Image | None:
    """By the kind of its first chunk: RFC 9649, 2.5 to 2.7."""
    match content[12:16]:
        case b"VP8X":
            return Image("image/webp", _little(content[24:27]) + 1, _little(content[27:30]) + 1)
        case b"VP8L":
            bits = _little(content[21:25])
            return Image("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8 ":
            return Image("image/webp", _little(content[26:28]) & 0x3FFF, _little(content[28:30]) & 0x3FFF)
        case _:
            return None


def _number(content: bytes) -> int:
    return int.from_bytes(content, "big")


def _little(content: bytes) -> int:
    return int.from_bytes(content, "little")
