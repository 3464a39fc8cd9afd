"""How the sandbox partners behave and misbehave; the same structs on the wire of `/control`."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Chance01 = Annotated[float, Meta(ge=0, le=1)]
Milliseconds = Annotated[int, Meta(ge=0, le=86_400_000)]


class Partner(StrEnum):
    """The partners the sandbox plays; also the prefix of their paths."""

    PAYMENTS = "payments"
    CARRIER = "carrier"
    WAREHOUSE = "warehouse"
    CHANNEL = "channel"
    NOTICES = "notices"
    SCORES = "scores"


CONNECTOR_OF: Final = {
    Partner.PAYMENTS: "sandbox_payments",
    Partner.CARRIER: "sandbox_carriers",
    Partner.WAREHOUSE: "sandbox_warehouses",
    Partner.CHANNEL: "sandbox_channels",
    Partner.NOTICES: "sandbox_notices",
    Partner.SCORES: "http_scores",
}


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong with a partner. The `*_next` fields count calls down; probabilities are drawn from the seed.

    latency: even between low and high; with `latency_tail_probability` it is `latency_tail_ms` instead.
    drop: the call takes effect, and the connection is closed without an answer.
    fail: the call is answered with `fail_status` and has no effect.
    duplicate, reorder: concern facts sent back; a reordered fact is held for up to `reorder_hold_ms`.
    """

    latency_low_ms: Milliseconds = 0
    latency_high_ms: Milliseconds = 0
    latency_tail_ms: Milliseconds = 0
    latency_tail_probability: Chance01 = 0
    drop_probability: Chance01 = 0
    drop_next: Annotated[int, Meta(ge=0)] = 0
    fail_probability: Chance01 = 0
    fail_next: Annotated[int, Meta(ge=0)] = 0
    fail_status: Annotated[int, Meta(ge=400, le=599)] = 503
    retry_after_s: Annotated[int, Meta(ge=0, le=3600)] | None = None
    down_until: Annotated[datetime, Meta(tz=True)] | None = None
    duplicate_probability: Chance01 = 0
    reorder_probability: Chance01 = 0
    reorder_hold_ms: Milliseconds = 200


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A duration drawn evenly between two ends."""

    low_ms: Milliseconds = 0
    high_ms: Milliseconds = 0


class WarehouseBehavior(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long each stage takes and how often it goes wrong.

    short_probability: per line; some or all of its units are not found.
    cancel: how long somebody there thinks about a request to let go, and then tells; at once, when not given.
    label_wait_ms: how long packed parcels wait for a label from our carrier before they leave without one.
    """

    accept: Span = Span()
    pick: Span = Span()
    pack: Span = Span()
    hand_over: Span = Span()
    reject_probability: Chance01 = 0
    short_probability: Chance01 = 0
    parcel_units_max: Annotated[int, Meta(ge=1)] = 20
    cancel: Span | None = None
    label_wait_ms: Milliseconds = 30_000


class CarrierBehavior(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long each leg takes and how often it goes wrong. Lost and returned parcels are never delivered.

    price_percent: what it charges, in parts of its tariff.
    """

    transit: Span = Span()
    out_for_delivery: Span = Span()
    deliver: Span = Span()
    trouble: Span = Span()
    exception_probability: Chance01 = 0
    lost_probability: Chance01 = 0
    return_probability: Chance01 = 0
    damage_probability: Chance01 = 0
    price_percent: Annotated[int, Meta(ge=1, le=1000)] = 100


class PaymentBehavior(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tell: which results also come as facts: those that were pending, or all."""

    decline_probability: Chance01 = 0
    settle: Span = Span(20, 20)
    authorization_hours: Annotated[int, Meta(ge=0)] = 168
    tell: Literal["pending", "all"] = "pending"


class NoticeBehavior(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tell: which messages are told of by facts: those that bounced, or all."""

    deliver: Span = Span()
    tell: Literal["bounced", "all"] = "bounced"


class Callback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a partner sends its facts, and the secret (base64) it signs them with."""

    url: str
    secret: str


class Sending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How facts are sent: gathered for `flush_ms`, at most `batch_max` in a call, in `lanes` calls at a time.

    Facts about one thing stay in one lane, and so in order.
    """

    flush_ms: Milliseconds = 20
    batch_max: Annotated[int, Meta(ge=1, le=5000)] = 200
    lanes: Annotated[int, Meta(ge=1, le=64)] = 4
    retry_low_ms: Milliseconds = 100
    retry_high_ms: Milliseconds = 5_000
    timeout_s: Annotated[float, Meta(gt=0)] = 30.0


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a sandbox. api_key: asked of callers as a bearer token, when not empty.

    speed: all spans are divided by it; 1000 turns a second into a millisecond.
    """

    seed: int = 1
    api_key: str = ""
    speed: Annotated[float, Meta(gt=0)] = 1.0
    warehouse: WarehouseBehavior = WarehouseBehavior()
    carrier: CarrierBehavior = CarrierBehavior()
    payments: PaymentBehavior = PaymentBehavior()
    notices: NoticeBehavior = NoticeBehavior()
    sending: Sending = Sending()
    callbacks: dict[Partner, Callback] = {}
    faults: dict[Partner, Faults] = {}


def callbacks_to(base_url: str, secret: str) -> dict[Partner, Callback]:
    """Callbacks of all partners to `{base_url}/{connector}`, signed with one secret."""
    return {
        partner: Callback(url=f"{base_url.rstrip('/')}/{connector}", secret=secret)
        for partner, connector in CONNECTOR_OF.items()
    }
