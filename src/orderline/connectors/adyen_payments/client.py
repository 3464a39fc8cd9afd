"""Adyen over HTTP: the Checkout API, the Disputes API and the reports, each with an address of its own."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from orderline.connectors.adyen_payments.mapping import Body, idempotency_key
from orderline.connectors.adyen_payments.wire import DisputeAnswerIn, ErrorIn, ModificationIn, PaymentIn
from orderline.connectors.calls import Answer, Calls
from orderline.contracts.registry import ConnectorSettings
from orderline.values.failures import Trouble

A = TypeVar("A")

NO: Final = frozenset({400, 404, 422})
CONFLICT: Final = 409
# "request already processed or in progress"
IN_PROGRESS: Final = "704"
# Nothing about the payment is wrong: it is our account that is not set up for it.
OURS: Final = frozenset({"security", "configuration"})

_payment: Final = msgspec.json.Decoder(PaymentIn).decode
_modification: Final = msgspec.json.Decoder(ModificationIn).decode
_dispute: Final = msgspec.json.Decoder(DisputeAnswerIn).decode
_error: Final = msgspec.json.Decoder(ErrorIn).decode


class Client:
    """The provider's calls. What it says no to is an ErrorIn."""

    def __init__(self, calls: Calls, settings: ConnectorSettings) -> None:
        self._calls = calls
        self._headers = {"x-api-key": settings.api_key, "content-type": "application/json"}
        self._disputes_url = settings.extra.get("disputes_url", "").rstrip("/")
        self._reports_url = settings.extra.get("reports_url", "").rstrip("/")
        self.close = calls.close

    async def pay(self, key: str, body: Body) -> PaymentIn | ErrorIn:
        return await self._write("/payments", key, body, _payment)

    async def modify(self, payment: str, what: str, key: str, body: Body) -> ModificationIn | ErrorIn:
        """what: captures, cancels, refunds or amountUpdates."""
        return await self._write(f"/payments/{payment}/{what}", key, body, _modification)

    async def about_dispute(self, call: str, key: str, body: Body) -> DisputeAnswerIn | ErrorIn:
        """call: retrieveApplicableDefenseReasons, supplyDefenseDocument or defendDispute."""
        if not self._disputes_url:
            raise Trouble(self._calls.system, "disputes_url is not set")
        return await self._write(f"{self._disputes_url}/{call}", key, body, _dispute)

    async def report(self, name: str) -> str | None:
        """A report as text; None: there is none of that name, or not yet."""
        if not self._reports_url:
            raise Trouble(self._calls.system, "reports_url is not set")
        answer = await self._calls.exchange(
            "GET",
            f"{self._reports_url}/{name}",
            writes=False,
            headers={"x-api-key": self._headers["x-api-key"]},
            understood={404},
        )
        try:
            return None if answer.status == 404 else answer.content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Trouble(self._calls.system, f"{name} is not text: {error}") from error

    async def _write(self, path: str, key: str, body: Body, decode: Callable[[bytes], A]) -> A | ErrorIn:
        answer = await self._calls.exchange(
            "POST",
            path,
            writes=True,
            content=msgspec.json.encode(body),
            headers={**self._headers, "idempotency-key": idempotency_key(key)},
            understood=NO | {CONFLICT},
        )
        return self._read(answer, decode)

    def _read(self, answer: Answer, decode: Callable[[bytes], A]) -> A | ErrorIn:
        """Trouble: the same key is in work, the account may not do this, or the answer is not what it should be."""
        system = self._calls.system
        if answer.status == CONFLICT:
            raise Trouble(system, "the same request is being worked on", retry_after_s=5, in_doubt=True)
        try:
            if answer.status not in NO:
                return decode(answer.content)
            error = _error(answer.content) if answer.content else ErrorIn()
        except (msgspec.DecodeError, UnicodeDecodeError) as broken:
            raise Trouble(system, f"answer not understood: {broken}", in_doubt=True) from broken
        if error.errorCode == IN_PROGRESS:
            raise Trouble(system, "the same request is being worked on", retry_after_s=5, in_doubt=True)
        if error.errorType in OURS:
            raise Trouble(system, f"{error.errorType} {error.errorCode}: {error.message}")
        return error
