"""What the sandbox carrier takes."""

from datetime import datetime
from typing import Literal

import msgspec

from orderline.contracts.terms import Recipient, Ref, Text, Whole


class RateIn(msgspec.Struct, frozen=True, kw_only=True):
    origin: Recipient
    destination: Recipient
    weights_g: tuple[Whole, ...]


class RatesIn(msgspec.Struct, frozen=True):
    rates: list[RateIn]


class LabelIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    parcel: Ref
    service: Text
    origin: Recipient
    destination: Recipient
    weight_g: Whole
    reference: Text = ""
    drop_off: bool = False
    formats: tuple[Literal["zpl", "pdf"], ...] = ("zpl",)


class LabelsIn(msgspec.Struct, frozen=True):
    labels: list[LabelIn]


class VoidIn(msgspec.Struct, frozen=True):
    key: Ref
    tracking: Ref


class VoidsIn(msgspec.Struct, frozen=True):
    voids: list[VoidIn]


class PickupIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    location: Text
    origin: Recipient
    ready: datetime
    close: datetime
    parcels: Whole
    weight_g: Whole = 0
    note: Text = ""


class PickupCancelIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    reference: Ref


class ManifestIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    location: Text
    trackings: list[Ref]
