"""Calls that partners make to us: verified first, decoded second, facts out.

The body is `{"facts": [...]}`, each fact one of the fact structs of the contracts, told apart by its field `fact`.
Calls are signed by the Standard Webhooks scheme. A partner with a format and a signature of its own has a connector
that verifies and translates; a partner without one can post this format as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from orderline.contracts.carriers import TrackingFact
from orderline.contracts.channels import ChannelFact
from orderline.contracts.disputes import DisputeFact
from orderline.contracts.notices import NoticeFact
from orderline.contracts.payments import PaymentFact
from orderline.contracts.warehouses import WarehouseFact
from orderline.values.failures import Refused

AnyFact = WarehouseFact | TrackingFact | PaymentFact | DisputeFact | ChannelFact | NoticeFact
F = TypeVar("F")

BODY_LIMIT_BYTES: Final = 4 * 1024 * 1024
HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


class InboundRefusal(StrEnum):
    """Why a call from a partner is not taken; the first that applies is told."""

    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    SIGNATURE_MISSING = "SIGNATURE_MISSING"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    BODY_MALFORMED = "BODY_MALFORMED"


class FactBody(msgspec.Struct, Generic[F], frozen=True):
    """The body of a call: facts of one partner, in the order they happened."""

    facts: list[F]


def parse_inbound(
    headers: Mapping[str, str],
    body: bytes,
    secret: str | Sequence[str],
    *,
    facts: Any = AnyFact,
    limit_bytes: int = BODY_LIMIT_BYTES,
) -> list[Any]:
    """The facts in a signed call of a partner.

    headers: names in any case; webhook-id, webhook-timestamp and webhook-signature are read.
    secret: base64, with or without `whsec_`; several while a secret is being changed.
    facts: the fact structs this partner may send (a union); others are malformed.
    Refused BODY_TOO_LARGE: longer than `limit_bytes`; not looked into.
    Refused SIGNATURE_MISSING: a header of the three is not there.
    Refused SIGNATURE_INVALID: signed with another secret, altered on the way, or more than five minutes off.
    Refused BODY_MALFORMED: not JSON, or a fact does not have the shape it must have; `at` names the place.
    """
    if len(body) > limit_bytes:
        raise Refused(InboundRefusal.BODY_TOO_LARGE, size=len(body), allowed=limit_bytes)
    verify(headers, body, secret)
    try:
        return _decoder(facts)(body).facts
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message, _, place = str(error).partition(" - at `")
        raise Refused(InboundRefusal.BODY_MALFORMED, message=message, at=place.rstrip("`") or "$") from None


def verify(headers: Mapping[str, str], body: bytes, secret: str | Sequence[str]) -> str:
    """The webhook-id of a call whose signature is right; refusals as in `parse_inbound`."""
    names = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in HEADERS if not names.get(name)]
    if missing:
        raise Refused(InboundRefusal.SIGNATURE_MISSING, missing=missing)
    reason = "no secret is configured"
    for each in (secret,) if isinstance(secret, str) else secret:
        try:
            _webhook(each).verify(body, names, json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            # The library lets ValueError through for signatures that are not `version,base64` and bodies not UTF-8.
            reason = str(error) if isinstance(error, WebhookVerificationError) else "malformed signature"
        else:
            return names["webhook-id"]
    raise Refused(InboundRefusal.SIGNATURE_INVALID, message=reason)


@lru_cache(maxsize=64)
def _webhook(secret: str) -> Webhook:
    return Webhook(secret)


@lru_cache(maxsize=64)
def _decoder(facts: Any) -> Callable[[bytes], FactBody[Any]]:
    return msgspec.json.Decoder(FactBody[facts]).decode
