"""The sandbox carrier over HTTP."""

from typing import Any, Final

import msgspec

from orderline.connectors.calls import Calls
from orderline.connectors.sandbox_carriers.mapping import (
    BookedIn,
    CalledOffIn,
    ManifestIn,
    OfferIn,
    OffersIn,
    SoldAllIn,
    SoldIn,
    VoidedAllIn,
    VoidedIn,
)

_decode_offers: Final = msgspec.json.Decoder(OffersIn).decode
_decode_sold: Final = msgspec.json.Decoder(SoldAllIn).decode
_decode_voided: Final = msgspec.json.Decoder(VoidedAllIn).decode
_decode_manifest: Final = msgspec.json.Decoder(ManifestIn).decode
_decode_booked: Final = msgspec.json.Decoder(BookedIn).decode
_decode_called_off: Final = msgspec.json.Decoder(CalledOffIn).decode


class Client:
    """The carrier's calls, one method each."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.close = calls.close

    async def rate(self, body: dict[str, Any]) -> list[list[OfferIn]]:
        return (await self._calls.ask("/rates", body, _decode_offers)).results

    async def buy(self, body: dict[str, Any]) -> list[SoldIn]:
        return (await self._calls.write("/labels", body, _decode_sold)).results

    async def void(self, body: dict[str, Any]) -> list[VoidedIn]:
        return (await self._calls.write("/voids", body, _decode_voided)).results

    async def book_pickup(self, body: dict[str, Any]) -> BookedIn:
        return await self._calls.write("/pickups", body, _decode_booked)

    async def cancel_pickup(self, body: dict[str, Any]) -> CalledOffIn:
        return await self._calls.write("/pickup-cancellations", body, _decode_called_off)

    async def manifest(self, body: dict[str, Any]) -> ManifestIn:
        return await self._calls.write("/manifests", body, _decode_manifest)
