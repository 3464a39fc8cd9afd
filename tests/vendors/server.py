"""A vendor's API in memory, over real HTTP: every request and answer is held against the vendor's own file.

Answers may be lost, delayed, or fail, as the sandbox's partners can.
"""

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orderline.sandbox.faults import FaultBox, FaultGate
from orderline.sandbox.server import HangUpProtocol, Server
from orderline.sandbox.settings import Faults
from support.openapi import FORM, JSON, Invalid, Operation, Spec, nested


class Vendor:
    """To be inherited: a method for each operation, named in `OPERATIONS`, gives (status, answer).

    key_header: the vendor's idempotency key; what was answered under it before is answered again, and something else
    asked for under it is `conflict`.
    """

    OPERATIONS: ClassVar[dict[str, str]] = {}
    key_header: ClassVar[str] = "idempotency-key"

    def __init__(self, specs: Sequence[Spec]) -> None:
        self.specs = specs
        self.box = FaultBox(1, type(self).__name__)
        self.seen: list[tuple[str, str]] = []
        self.invalid: list[str] = []
        self.effects = 0
        self._answers: dict[str, tuple[Any, int, Any]] = {}

    def misbehave(self, **faults: Any) -> None:
        self.box.put(Faults(**faults))

    def conflict(self) -> tuple[int, Any]:
        raise NotImplementedError

    def authorized(self, headers: dict[str, str]) -> bool:
        return True

    async def answer(self, request: Request) -> Response:
        method, path = request.method.lower(), request.url.path
        special = await self.special(request)
        if special is not None:
            return special
        for spec in self.specs:
            operation = spec.find(method, self.local(spec, path))
            if operation is not None:
                return await self._answer(spec, operation, self.local(spec, path), request)
        self.invalid.append(f"{method} {path} is in no file")
        return JSONResponse({"error": "no such operation"}, 404)

    async def special(self, request: Request) -> Response | None:
        """What the vendor answers that is in none of its files."""
        return None

    def local(self, spec: Spec, path: str) -> str:
        """The path as that file has it."""
        return path

    async def _answer(self, spec: Spec, operation: Operation, path: str, request: Request) -> Response:
        media, _, about = request.headers.get("content-type", "").partition(";")
        raw = await request.body()
        headers = dict(request.headers)
        try:
            body = _body(media, about, raw)
            query = nested(parse_qsl(request.url.query, keep_blank_values=True))
            typed = operation.check_request(path, query, headers, media, body)
        except (Invalid, ValueError) as fault:
            self.invalid.append(str(fault))
            return JSONResponse({"error": str(fault)}, 499)
        self.seen.append((spec.name, operation.id))
        if not self.authorized(headers):
            return JSONResponse({"error": "who are you?"}, 401)
        names = operation.pattern.fullmatch(path)
        assert names
        status, content = self._once(operation, headers, [*names.groups()], typed, query)
        try:
            operation.check_answer(status, content)
        except Invalid as fault:
            self.invalid.append(str(fault))
        if content is None:
            return Response(status_code=status)
        return JSONResponse(content, status)

    def _once(
        self, operation: Operation, headers: dict[str, str], names: list[str], body: Any, query: Any
    ) -> tuple[int, Any]:
        handle = getattr(self, self.OPERATIONS[operation.id])
        key = headers.get(self.key_header, "")
        if operation.method == "get" or not key:
            return handle(*names, body=body, query=query)
        asked = (operation.id, names, body)
        known = self._answers.get(key)
        if known is not None:
            return (known[1], known[2]) if known[0] == asked else self.conflict()
        status, content = handle(*names, body=body, query=query)
        if self.keeps(status):
            self._answers[key] = (asked, status, json.loads(json.dumps(content)))
        return status, content

    def keeps(self, status: int) -> bool:
        """Whether an answer is kept under its key."""
        return True


def _body(media: str, about: str, raw: bytes) -> Any:
    if media == "multipart/form-data":
        parts = raw.decode("latin-1").split(f"--{about.partition('=')[2]}")[1:-1]
        found = [part.strip("\r\n").split("\r\n\r\n", 1) for part in parts]
        return {head.split('name="', 1)[1].partition('"')[0]: content for head, content in found}
    if media == FORM:
        return nested(parse_qsl(raw.decode(), keep_blank_values=True))
    if media == JSON:
        return json.loads(raw) if raw else None
    return raw.decode("latin-1") if raw else None


class VendorThread:
    """A vendor in a thread with an event loop of its own: `with VendorThread(vendor) as url`."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        app = Starlette(routes=[Route("/{path:path}", vendor.answer, methods=["GET", "POST", "PATCH", "DELETE"])])
        gate = FaultGate(app, vendor.box)
        self._server = Server(
            uvicorn.Config(gate, port=0, http=HangUpProtocol, ws="none", lifespan="off", log_level="critical")
        )
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.base_url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_failure: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def _serve(self) -> None:
        async def serve() -> None:
            serving = asyncio.create_task(self._server.serve())
            while not self._server.started and not serving.done():
                await asyncio.sleep(0.002)
            host, port = self._server.servers[0].sockets[0].getsockname()[:2]
            self.base_url = f"http://{host}:{port}"
            self._ready.set()
            await serving

        asyncio.run(serve())
