"""Steering the sandbox: faults, behavior, callbacks, seed, statistics."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from orderline.sandbox.channel import CustomerCancelsIn, GenerateIn, OrdersIn
from orderline.sandbox.endpoint import answer, get, post
from orderline.sandbox.faults import KeyGate
from orderline.sandbox.partners import Sandbox
from orderline.sandbox.settings import Callback, Faults, Partner, SandboxSettings


class ResetIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begin again. seed, settings: instead of those at the moment."""

    seed: int | None = None
    settings: SandboxSettings | None = None


def control_routes(sandbox: Sandbox, begin_again: Callable[[SandboxSettings], Awaitable[None]]) -> list[BaseRoute]:
    """The controls of a sandbox under `/control`. begin_again: puts another sandbox in its place."""

    def put_settings(settings: SandboxSettings) -> SandboxSettings:
        sandbox.behave(settings)
        return settings

    def put_faults(partners: list[Partner]) -> Callable[[Faults], Faults]:
        def put(faults: Faults) -> Faults:
            for partner in partners:
                sandbox.boxes[partner].put(faults)
            return faults

        return put

    def put_callback(partner: Partner) -> Callable[[Callback | None], dict[str, Any]]:
        def put(callback: Callback | None) -> dict[str, Any]:
            sandbox.callbacks[partner].direct(callback)
            return {"url": callback.url if callback else None}

        return put

    async def reset(request: Request) -> Response:
        try:
            asked = msgspec.json.decode(await request.body() or b"{}", type=ResetIn)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return answer({"error": str(error)}, 422)
        settings = asked.settings or sandbox.settings
        if asked.seed is not None:
            settings = msgspec.structs.replace(settings, seed=asked.seed)
        await begin_again(settings)
        return answer({"seed": settings.seed})

    everybody = list(Partner)
    channel = sandbox.channel
    routes = [
        get("/statistics", lambda _: sandbox.statistics()),
        get("/settings", lambda _: sandbox.settings),
        post("/settings", SandboxSettings, put_settings, method="PUT"),
        get("/faults", lambda _: {partner.value: box.faults for partner, box in sandbox.boxes.items()}),
        get("/faults", lambda _: put_faults(everybody)(Faults()), method="DELETE"),
        post("/faults", Faults, put_faults(everybody), method="PUT"),
        *(post(f"/faults/{partner}", Faults, put_faults([partner]), method="PUT") for partner in everybody),
        *(post(f"/callbacks/{each}", Callback | None, put_callback(each), method="PUT") for each in everybody),
        Route("/reset", reset, methods=["POST"]),
        post("/orders", OrdersIn, channel.put_orders),
        post("/orders/generated", GenerateIn, channel.generate),
        post("/orders/canceled", CustomerCancelsIn, channel.customer_cancels),
    ]
    return [Mount("/control", app=KeyGate(Router(routes), sandbox.settings.api_key))]
