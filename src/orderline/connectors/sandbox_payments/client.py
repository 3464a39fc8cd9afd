"""The sandbox payment provider over HTTP."""

from typing import Any, Final

import msgspec

from orderline.connectors.calls import Calls
from orderline.connectors.sandbox_payments.mapping import (
    EvidenceResultIn,
    EvidenceResultsIn,
    FoundIn,
    ListedIn,
    ResultIn,
    ResultsIn,
)

_decode_results: Final = msgspec.json.Decoder(ResultsIn).decode
_decode_evidence: Final = msgspec.json.Decoder(EvidenceResultsIn).decode
_decode_found: Final = msgspec.json.Decoder(FoundIn).decode
_decode_listed: Final = msgspec.json.Decoder(ListedIn).decode


class Client:
    """The provider's calls, one method each."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.close = calls.close

    async def post(self, operations: str, body: dict[str, Any]) -> list[ResultIn]:
        """operations: authorizations, captures, voids or refunds."""
        return (await self._calls.write(f"/{operations}", body, _decode_results)).results

    async def submit_evidence(self, body: dict[str, Any]) -> list[EvidenceResultIn]:
        return (await self._calls.write("/evidence", body, _decode_evidence)).results

    async def look_up(self, body: dict[str, Any]) -> FoundIn:
        return await self._calls.ask("/lookups", body, _decode_found)

    async def list(self, params: dict[str, str]) -> ListedIn:
        return await self._calls.read("/transactions", _decode_listed, params)
