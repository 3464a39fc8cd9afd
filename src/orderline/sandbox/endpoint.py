"""Handlers of the sandbox: bytes in, struct in, struct out, bytes out."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orderline.sandbox.faults import BODY_LIMIT_BYTES

_encode: Final = msgspec.json.Encoder().encode


def post(path: str, body: Any, handle: Callable[[Any], Any], *, method: str = "POST") -> Route:
    """A route that decodes its body as `body` and answers what `handle` gives."""
    decode = msgspec.json.Decoder(body).decode

    async def run(request: Request) -> Response:
        raw = await request.body()
        if len(raw) > BODY_LIMIT_BYTES:
            return answer({"error": "body too large"}, 413)
        try:
            asked = decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return answer({"error": str(error)}, 422)
        return answer(handle(asked))

    return Route(path, run, methods=[method])


def get(path: str, handle: Callable[[Request], Any], *, method: str = "GET") -> Route:
    """A route without a body. ValueError in `handle` is answered with 422, LookupError with 404."""

    async def run(request: Request) -> Response:
        try:
            return answer(handle(request))
        except LookupError as error:
            return answer({"error": str(error)}, 404)
        except ValueError as error:
            return answer({"error": str(error)}, 422)

    return Route(path, run, methods=[method])


def fingerprint(asked: msgspec.Struct) -> bytes:
    """What tells whether the same is asked once more; a partner keeps this of what it was asked, instead of all of it."""
    return blake2b(_encode(asked), digest_size=16).digest()


def answer(content: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(_encode(content), status, media_type="application/json")
