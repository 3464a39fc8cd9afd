"""PayPal over HTTP: an access token that is fetched when it is needed, JSON in and out, PayPal-Request-Id per write."""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final, TypeVar

import msgspec

from orderline.connectors.calls import Answer, Calls
from orderline.connectors.paypal_payments.mapping import Body
from orderline.connectors.paypal_payments.wire import (
    ErrorIn,
    EventsIn,
    OrderIn,
    PaymentIn,
    ReportIn,
    TokenIn,
    VerifiedIn,
)
from orderline.contracts.disputes import EvidenceFile
from orderline.contracts.registry import ConnectorSettings
from orderline.values.failures import Trouble

A = TypeVar("A")

NO: Final = frozenset({400, 404, 422})
CONFLICT: Final = 409
UNAUTHORIZED: Final = 401
# A token is renewed while it is still good for a while.
SPARE_S: Final = 60
# The same PayPal-Request-Id is in work at this moment.
IN_PROGRESS: Final = frozenset({"PREVIOUS_REQUEST_IN_PROGRESS", "DUPLICATE_REQUEST_ID"})
REQUEST_ID_MAX: Final = 38

_order: Final = msgspec.json.Decoder(OrderIn).decode
_payment: Final = msgspec.json.Decoder(PaymentIn).decode
_error: Final = msgspec.json.Decoder(ErrorIn).decode
_token: Final = msgspec.json.Decoder(TokenIn).decode


class Client:
    """The provider's calls. What it says no to is an ErrorIn. api_key: `client id:secret`."""

    def __init__(self, calls: Calls, settings: ConnectorSettings) -> None:
        self._calls = calls
        self._basic = base64.b64encode(settings.api_key.encode()).decode()
        self._token = ""
        self._good_until = 0.0
        self._renewing = asyncio.Lock()
        self.close = calls.close

    async def order(self, order: str) -> OrderIn | ErrorIn:
        return await self._ask(f"/v2/checkout/orders/{order}", _order)

    async def pay_order(self, order: str, what: str, key: str) -> OrderIn | ErrorIn:
        """what: authorize or capture."""
        return await self._write(f"/v2/checkout/orders/{order}/{what}", key, {}, _order)

    async def authorization(self, authorization: str) -> PaymentIn | ErrorIn:
        return await self._ask(f"/v2/payments/authorizations/{authorization}", _payment)

    async def on_authorization(self, authorization: str, what: str, key: str, body: Body | None) -> PaymentIn | ErrorIn:
        """what: capture, reauthorize or void; the last takes neither key nor body."""
        return await self._write(f"/v2/payments/authorizations/{authorization}/{what}", key, body, _payment)

    async def capture(self, capture: str) -> PaymentIn | ErrorIn:
        return await self._ask(f"/v2/payments/captures/{capture}", _payment)

    async def refund(self, capture: str, key: str, body: Body) -> PaymentIn | ErrorIn:
        return await self._write(f"/v2/payments/captures/{capture}/refund", key, body, _payment)

    async def refund_by_id(self, refund: str) -> PaymentIn | ErrorIn:
        return await self._ask(f"/v2/payments/refunds/{refund}", _payment)

    async def events(self, params: Mapping[str, str]) -> EventsIn:
        found = await self._ask("/v1/notifications/webhooks-events", msgspec.json.Decoder(EventsIn).decode, params)
        return self._found(found)

    async def report(self, params: Mapping[str, str]) -> ReportIn:
        found = await self._ask("/v1/reporting/transactions", msgspec.json.Decoder(ReportIn).decode, params)
        return self._found(found)

    async def verify(self, body: bytes) -> VerifiedIn:
        """Ask whether a webhook is genuine."""
        answer = await self._send(
            "POST",
            "/v1/notifications/verify-webhook-signature",
            writes=False,
            content=body,
            headers={"content-type": "application/json"},
        )
        return self._found(self._read(answer, msgspec.json.Decoder(VerifiedIn).decode, writes=False))

    async def provide_evidence(self, dispute: str, body: Body, files: tuple[EvidenceFile, ...]) -> Any | ErrorIn:
        """The evidence as JSON and its files, as the parts of a form."""
        told = msgspec.json.encode(body)
        boundary = hashlib.sha256(told + b"".join(each.content for each in files)).hexdigest()[:32]
        parts = [(b'name="input"; filename="input.json"', b"application/json", told)]
        for number, file in enumerate(files, 1):
            safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file.name)[:100]
            parts.append((f'name="file{number}"; filename="{safe}"'.encode(), file.media_type.encode(), file.content))
        content = b"".join(
            b"--%b\r\ncontent-disposition: form-data; %b\r\ncontent-type: %b\r\n\r\n%b\r\n"
            % (boundary.encode(), name, media, data)
            for name, media, data in parts
        )
        answer = await self._send(
            "POST",
            f"/v1/customer/disputes/{dispute}/provide-evidence",
            writes=True,
            content=content + f"--{boundary}--\r\n".encode(),
            headers={"content-type": f"multipart/form-data; boundary={boundary}"},
        )
        return self._read(answer, msgspec.json.decode, writes=True)

    async def _write(self, path: str, key: str, body: Body | None, decode: Callable[[bytes], A]) -> A | ErrorIn:
        headers = {"prefer": "return=representation", "content-type": "application/json"}
        if key:
            headers["paypal-request-id"] = request_id(key)
        content = msgspec.json.encode(body) if body is not None else None
        answer = await self._send("POST", path, writes=True, content=content, headers=headers)
        return self._read(answer, decode, writes=True)

    async def _ask(
        self, path: str, decode: Callable[[bytes], A], params: Mapping[str, str] | None = None
    ) -> A | ErrorIn:
        return self._read(await self._send("GET", path, writes=False, params=params), decode, writes=False)

    async def _send(
        self, method: str, path: str, *, writes: bool, headers: Mapping[str, str] | None = None, **about: Any
    ) -> Answer:
        """A call with a good token; with a new one, when PayPal does not take it any more."""
        for renew in (False, True):
            token = await self._access(renew=renew)
            answer = await self._calls.exchange(
                method,
                path,
                writes=writes,
                headers={**(headers or {}), "authorization": f"Bearer {token}"},
                understood=NO | {CONFLICT, *([] if renew else [UNAUTHORIZED])},
                **about,
            )
            if answer.status != UNAUTHORIZED:
                return answer
        raise AssertionError("the second answer was Trouble, or good")

    async def _access(self, *, renew: bool) -> str:
        """An access token. Trouble: our id or secret is not taken; nothing of either is told."""
        if renew:
            self._good_until = 0.0
        async with self._renewing:
            if monotonic() >= self._good_until:
                answer = await self._calls.exchange(
                    "POST",
                    "/v1/oauth2/token",
                    writes=False,
                    content=b"grant_type=client_credentials",
                    headers={
                        "authorization": f"Basic {self._basic}",
                        "content-type": "application/x-www-form-urlencoded",
                    },
                )
                try:
                    token = _token(answer.content)
                except msgspec.DecodeError:
                    raise Trouble(self._calls.system, "no access token in the answer") from None
                self._token, self._good_until = token.access_token, monotonic() + token.expires_in - SPARE_S
            return self._token

    def _found(self, answer: A | ErrorIn) -> A:
        """Trouble: the provider does not understand what it is asked."""
        if isinstance(answer, ErrorIn):
            raise Trouble(self._calls.system, f"{answer.issue}: {answer.message}")
        return answer

    def _read(self, answer: Answer, decode: Callable[[bytes], A], *, writes: bool) -> A | ErrorIn:
        """Trouble: the same key is in work, or the answer is not what it should be."""
        system = self._calls.system
        try:
            if answer.status < 300:
                return decode(answer.content)
            error = _error(answer.content) if answer.content else ErrorIn(name=f"status_{answer.status}")
        except (msgspec.DecodeError, UnicodeDecodeError) as broken:
            raise Trouble(system, f"answer not understood: {broken}", in_doubt=writes) from broken
        if answer.status == CONFLICT or error.issue in IN_PROGRESS:
            raise Trouble(system, "the same request is being worked on", retry_after_s=5, in_doubt=True)
        return error


def request_id(key: str) -> str:
    """Our key as PayPal takes it, in 38 characters at most."""
    return key if len(key) <= REQUEST_ID_MAX else hashlib.sha256(key.encode()).hexdigest()[:32]
