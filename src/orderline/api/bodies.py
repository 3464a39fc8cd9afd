"""The body of a request, whole or as it comes, never more of it than allowed."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from orderline.api.refusals import ApiRefusal
from orderline.values.failures import Refused

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
JSON_MEDIA: Final = "application/json"


class GoneAway(Exception):
    """The caller has hung up before its request was read."""


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], most: int) -> bytes:
    """All of the body. Refused BODY_TOO_LARGE: more than `most` bytes."""
    check_length(headers, most)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise GoneAway
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > most:
            raise _too_large(len(body), most)
        return body
    parts = [body]
    async for part in stream_body(receive, most, len(body)):
        parts.append(part)  # noqa: PERF401
    return b"".join(parts)


async def stream_body(receive: Receive, most: int, so_far: int = 0) -> AsyncGenerator[bytes, None]:
    """The body in pieces as they come. Refused BODY_TOO_LARGE: they are more than `most` bytes together."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneAway
        body: bytes = message.get("body", b"")
        so_far += len(body)
        if so_far > most:
            raise _too_large(so_far, most)
        more = message.get("more_body", False)
        if body:
            yield body


def check_length(headers: Mapping[bytes, bytes], most: int) -> None:
    """Refuse a body by what is said of it. Refused BODY_TOO_LARGE, MEDIA_TYPE_NOT_SUPPORTED: it is compressed."""
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and int(length) > most:
        raise _too_large(int(length), most)
    coding = headers.get(b"content-encoding")
    if coding is not None and coding.lower() != b"identity":
        raise Refused(
            ApiRefusal.MEDIA_TYPE_NOT_SUPPORTED, field="Content-Encoding", value=coding.decode("latin-1"),
            allowed="identity",
        )  # fmt: skip


def check_json(headers: Mapping[bytes, bytes]) -> None:
    """Refused MEDIA_TYPE_NOT_SUPPORTED: the header Content-Type names something else than JSON."""
    given = headers.get(b"content-type")
    if given is None or given == b"application/json":
        return
    media = given.decode("latin-1").partition(";")[0].strip().lower()
    if media != JSON_MEDIA and not (media.startswith("application/") and media.endswith("+json")):
        raise Refused(ApiRefusal.MEDIA_TYPE_NOT_SUPPORTED, field="Content-Type", value=media, allowed=JSON_MEDIA)


def _too_large(size: int, most: int) -> Refused:
    return Refused(ApiRefusal.BODY_TOO_LARGE, value=size, allowed=f"{most} bytes")
