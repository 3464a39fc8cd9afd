"""The sandbox shop over HTTP."""

from typing import Any, Final

import msgspec

from orderline.connectors.calls import Calls
from orderline.connectors.sandbox_channels.mapping import LevelsSetIn, OrdersIn, TakenAllIn, TakenIn

_decode_taken: Final = msgspec.json.Decoder(TakenAllIn).decode
_decode_levels_set: Final = msgspec.json.Decoder(LevelsSetIn).decode
_decode_orders: Final = msgspec.json.Decoder(OrdersIn).decode


class Client:
    """The shop's calls, one method each."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.close = calls.close

    async def push(self, things: str, body: dict[str, Any]) -> list[TakenIn]:
        """things: acknowledgments, fulfillments, withdrawals or cancellations."""
        return (await self._calls.write(f"/{things}", body, _decode_taken)).results

    async def set_levels(self, body: dict[str, Any]) -> LevelsSetIn:
        return await self._calls.write("/stock", body, _decode_levels_set)

    async def set_listings(self, body: dict[str, Any]) -> LevelsSetIn:
        return await self._calls.write("/listings", body, _decode_levels_set)

    async def orders(self, after: str | None, limit: int) -> OrdersIn:
        params = {"limit": str(limit), **({"after": after} if after else {})}
        return await self._calls.read("/orders", _decode_orders, params)
