"""The sandbox messaging provider over HTTP."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orderline.connectors.calls import Calls
from orderline.connectors.sandbox_notices.mapping import StatusesIn, StatusIn, TakenAllIn, TakenIn

_decode_taken: Final = msgspec.json.Decoder(TakenAllIn).decode
_decode_statuses: Final = msgspec.json.Decoder(StatusesIn).decode


class Client:
    """The provider's calls, one method each."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.close = calls.close

    async def send(self, body: dict[str, Any]) -> list[TakenIn]:
        return (await self._calls.write("/messages", body, _decode_taken)).results

    async def statuses(self, ids: Sequence[str]) -> list[StatusIn | None]:
        return (await self._calls.ask("/statuses", {"ids": ids}, _decode_statuses)).statuses
