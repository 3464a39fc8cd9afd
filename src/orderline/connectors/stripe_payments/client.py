"""Stripe over HTTP: forms in, JSON out, one Idempotency-Key per write."""

import hashlib
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from orderline.connectors.calls import Answer, Calls
from orderline.connectors.stripe_payments.mapping import form_pairs
from orderline.connectors.stripe_payments.wire import (
    BalanceIn,
    ErrorIn,
    ErrorsIn,
    EventsIn,
    FileIn,
    Form,
    IntentIn,
    RefundIn,
    RefundsIn,
)
from orderline.contracts.registry import ConnectorSettings
from orderline.values.failures import Trouble

A = TypeVar("A")

# The version that `mapping` reads; Stripe answers in it for ever.
VERSION: Final = "2023-08-16"
FILES_URL: Final = "https://files.stripe.com"
NO: Final = frozenset({400, 402, 404})
CONFLICT: Final = 409

_intent: Final = msgspec.json.Decoder(IntentIn).decode
_refund: Final = msgspec.json.Decoder(RefundIn).decode
_refunds: Final = msgspec.json.Decoder(RefundsIn).decode
_events: Final = msgspec.json.Decoder(EventsIn).decode
_balance: Final = msgspec.json.Decoder(BalanceIn).decode
_file: Final = msgspec.json.Decoder(FileIn).decode
_errors: Final = msgspec.json.Decoder(ErrorsIn).decode


class Client:
    """The provider's calls, one method each. What it says no to is an ErrorIn."""

    def __init__(self, calls: Calls, settings: ConnectorSettings) -> None:
        self._calls = calls
        account = settings.extra.get("account")
        self._headers = {"stripe-version": VERSION, **({"stripe-account": account} if account else {})}
        self._files_url = settings.extra.get("files_url", FILES_URL).rstrip("/")
        self.close = calls.close

    async def make_intent(self, key: str, form: Form) -> IntentIn | ErrorIn:
        return await self._write("/v1/payment_intents", key, form, _intent)

    async def confirm_intent(self, key: str, intent: str, form: Form) -> IntentIn | ErrorIn:
        return await self._write(f"/v1/payment_intents/{intent}/confirm", key, form, _intent)

    async def update_intent(self, key: str, intent: str, form: Form) -> IntentIn | ErrorIn:
        return await self._write(f"/v1/payment_intents/{intent}", key, form, _intent)

    async def increment(self, key: str, intent: str, form: Form) -> IntentIn | ErrorIn:
        return await self._write(f"/v1/payment_intents/{intent}/increment_authorization", key, form, _intent)

    async def capture(self, key: str, intent: str, form: Form) -> IntentIn | ErrorIn:
        return await self._write(f"/v1/payment_intents/{intent}/capture", key, form, _intent)

    async def cancel(self, key: str, intent: str) -> IntentIn | ErrorIn:
        return await self._write(f"/v1/payment_intents/{intent}/cancel", key, {}, _intent)

    async def refund(self, key: str, form: Form) -> RefundIn | ErrorIn:
        return await self._write("/v1/refunds", key, form, _refund)

    async def submit_evidence(self, key: str, dispute: str, form: Form) -> Any | ErrorIn:
        return await self._write(f"/v1/disputes/{dispute}", key, form, msgspec.json.decode)

    async def upload(self, key: str, name: str, media_type: str, content: bytes) -> FileIn | ErrorIn:
        """A file for evidence. The parts' boundary is made of the content: the same request again is the same bytes."""
        boundary = hashlib.sha256(content).hexdigest()[:32]
        safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[:100]
        head = (
            f'--{boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\ndispute_evidence\r\n'
            f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{safe}"\r\n'
            f"content-type: {media_type}\r\n\r\n"
        )
        answer = await self._calls.exchange(
            "POST",
            f"{self._files_url}/v1/files",
            writes=True,
            content=head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
            headers={
                **self._headers,
                "idempotency-key": key,
                "content-type": f"multipart/form-data; boundary={boundary}",
            },
            understood=NO | {CONFLICT},
        )
        return self._read(answer, _file, writes=True)

    async def intent(self, intent: str) -> IntentIn | ErrorIn:
        params = {"expand[0]": "latest_charge"}
        return await self._ask(f"/v1/payment_intents/{intent}", params, _intent)

    async def search_intents(self, key: str) -> list[IntentIn]:
        """PaymentIntents with our key. The index is up to a minute behind."""
        escaped = key.replace("\\", "\\\\").replace("'", "\\'")
        params = {"query": f"metadata['orderline_key']:'{escaped}'", "limit": "1", "expand[0]": "data.latest_charge"}
        found = await self._ask("/v1/payment_intents/search", params, msgspec.json.Decoder(_Found).decode)
        return [] if isinstance(found, ErrorIn) else found.data

    async def refund_by_id(self, refund: str) -> RefundIn | ErrorIn:
        return await self._ask(f"/v1/refunds/{refund}", {}, _refund)

    async def refunds_of(self, about: dict[str, str]) -> RefundsIn | ErrorIn:
        return await self._ask("/v1/refunds", {**about, "limit": "100"}, _refunds)

    async def events(self, params: dict[str, str]) -> EventsIn:
        return self._found(await self._ask("/v1/events", params, _events))

    async def balance(self, params: dict[str, str]) -> BalanceIn:
        return self._found(await self._ask("/v1/balance_transactions", params, _balance))

    def _found(self, answer: A | ErrorIn) -> A:
        """Trouble: the provider does not understand what it is asked."""
        if isinstance(answer, ErrorIn):
            raise Trouble(self._calls.system, f"{answer.code or answer.type}: {answer.message or ''}")
        return answer

    async def _write(self, path: str, key: str, form: Form, decode: Callable[[bytes], A]) -> A | ErrorIn:
        answer = await self._calls.exchange(
            "POST",
            path,
            writes=True,
            content=urlencode(list(form_pairs(form))).encode(),
            headers={
                **self._headers,
                "idempotency-key": key,
                "content-type": "application/x-www-form-urlencoded",
            },
            understood=NO | {CONFLICT},
        )
        return self._read(answer, decode, writes=True)

    async def _ask(self, path: str, params: dict[str, str], decode: Callable[[bytes], A]) -> A | ErrorIn:
        answer = await self._calls.exchange(
            "GET", path, writes=False, params=params, headers=self._headers, understood=NO
        )
        return self._read(answer, decode, writes=False)

    def _read(self, answer: Answer, decode: Callable[[bytes], A], *, writes: bool) -> A | ErrorIn:
        """Trouble: the same key is in work at this moment, or the answer is not what it should be."""
        system = self._calls.system
        if answer.status == CONFLICT:
            raise Trouble(system, "the same request is being worked on", retry_after_s=5, in_doubt=True)
        try:
            return _errors(answer.content).error if answer.status in NO else decode(answer.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Trouble(system, f"answer not understood: {error}", in_doubt=writes) from error


class _Found(msgspec.Struct, frozen=True):
    data: list[IntentIn]
