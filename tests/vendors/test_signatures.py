"""Every signature vector is checked: by the connector's own code where there is a connector, else by the scheme it states.

A vector of a vendor that has a connector and is not verified by it fails here; so does one whose scheme nobody has read.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pytest
from standardwebhooks import Webhook

from orderline.connectors.adyen_payments import signature as adyen
from orderline.connectors.adyen_payments.wire import ItemIn
from orderline.connectors.stripe_payments import signature as stripe
from orderline.values.failures import Refused
from support.openapi import load

VECTORS: Final = "signatures/vectors.json"


def _stripe(vector: Any, body: str) -> bool:
    stamp = int(vector["headers"]["Stripe-Signature"].partition("t=")[2].partition(",")[0])
    try:
        stripe.verify(vector["headers"], body.encode(), vector["secret"], datetime.fromtimestamp(stamp, UTC))
    except Refused:
        return False
    return True


def _adyen(vector: Any, body: str) -> bool:
    item = msgspec.convert(vector["body"], ItemIn)
    if body:  # something of it is not as it was signed
        item = msgspec.structs.replace(item, merchantReference=body)
    try:
        adyen.verify_item(item, vector["secret"])
    except Refused:
        return False
    return True


def _standard(vector: Any, body: str) -> bool:
    """As our own webhooks and those of the sandbox are signed; the clock is that of the vector."""
    secret = vector["secret"]
    if not secret.startswith("whsec_"):
        secret = base64.b64encode(secret.encode()).decode()
    headers = vector["headers"]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    made = Webhook(secret).sign(headers["webhook-id"], at, body)
    return made in headers["webhook-signature"].split()


def _hmac(header: str, *, url: bool = False) -> Callable[[Any, str], bool]:
    """base64(HMAC-SHA256(secret, body)), where `url` after the URL it was sent to."""

    def verify(vector: Any, body: str) -> bool:
        text = (vector["url"] if url else "") + body
        made = hmac.new(vector["secret"].encode(), text.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(base64.b64encode(made).decode(), vector["headers"][header])

    return verify


def _twilio(vector: Any, body: str) -> bool:
    text = vector["url"] + "".join(name + value for name, value in sorted(vector["params"].items())) + body
    made = hmac.new(vector["secret"].encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(made).decode() == vector["signature"]


def _flipkart(vector: Any, body: str) -> bool:
    text = vector["timestamp"] + vector["url"] + vector["method"] + vector["secret"] + body
    return hashlib.sha1(text.encode()).hexdigest() == vector["signature_published"]


VERIFIED: Final[dict[str, Callable[[Any, str], bool]]] = {
    "stripe": _stripe,
    "adyen": _adyen,
    "standard-webhooks": _standard,
    "bigcommerce": _standard,
    "shopify": _hmac("X-Shopify-Hmac-Sha256"),
    "woocommerce": _hmac("X-WC-Webhook-Signature"),
    "xero": _hmac("x-xero-signature"),
    "quickbooks": _hmac("intuit-signature"),
    "square": _hmac("x-square-hmacsha256-signature", url=True),
    "twilio": _twilio,
    "flipkart": _flipkart,
}


def test_every_vector_is_verified_and_none_with_another_body() -> None:
    vectors = load(VECTORS)
    assert {each["id"].partition("/")[0] for each in vectors} == VERIFIED.keys()
    for vector in vectors:
        verify = VERIFIED[vector["id"].partition("/")[0]]
        body = vector.get("body", "")
        body = body if isinstance(body, str) else ""
        assert verify(vector, body) is vector["valid"], vector["id"]
        assert not verify(vector, f"{body} "), vector["id"]


@pytest.mark.parametrize("age_s", [301, -301])
def test_a_call_that_is_too_old_or_from_the_future_is_no_call(age_s: int) -> None:
    [vector] = [each for each in load(VECTORS) if each["id"] == "stripe/computed"]
    at = datetime.fromtimestamp(1_492_774_577 + age_s, UTC)
    with pytest.raises(Refused):
        stripe.verify(vector["headers"], vector["body"].encode(), vector["secret"], at)
