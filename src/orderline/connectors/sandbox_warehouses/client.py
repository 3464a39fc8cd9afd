"""The sandbox warehouse over HTTP."""

from typing import Any, Final

import msgspec

from orderline.connectors.calls import Calls
from orderline.connectors.sandbox_warehouses.mapping import CanceledAllIn, CanceledIn, TakenAllIn, TakenIn

_decode_taken: Final = msgspec.json.Decoder(TakenAllIn).decode
_decode_canceled: Final = msgspec.json.Decoder(CanceledAllIn).decode


class Client:
    """The warehouse's calls, one method each."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.close = calls.close

    async def request(self, body: dict[str, Any]) -> list[TakenIn]:
        return (await self._calls.write("/requests", body, _decode_taken)).results

    async def cancel(self, body: dict[str, Any]) -> list[CanceledIn]:
        return (await self._calls.write("/cancellations", body, _decode_canceled)).results
