"""Who answers for test orders where the partner is a real one: nobody is called, everything goes well."""

from collections.abc import Sequence
from typing import Any, Final

from orderline.contracts.carriers import Labeled, LabelRequest, Voided, VoidLabel
from orderline.contracts.channels import Acknowledgment, CancellationPush, FulfillmentPush, Taken, WithdrawalPush
from orderline.contracts.notices import Notice, Sent
from orderline.contracts.payments import Approved, Authorize, Capture, Query, Refund, Void
from orderline.contracts.registry import Kind
from orderline.contracts.scores import Score, ScoreAsk
from orderline.contracts.warehouses import CancelGranted, CancelRequest, FulfillmentRequest, Received


class SinkPayments:
    """Approves everything."""

    async def authorize(self, requests: Sequence[Authorize]) -> list[Approved]:
        return [self._approved(r.key, r.amount_minor, r.currency) for r in requests]

    async def capture(self, requests: Sequence[Capture]) -> list[Approved]:
        return [self._approved(r.key, r.amount_minor, r.currency) for r in requests]

    async def void(self, requests: Sequence[Void]) -> list[Approved]:
        return [self._approved(r.key, 0, "") for r in requests]

    async def refund(self, requests: Sequence[Refund]) -> list[Approved]:
        return [self._approved(r.key, r.amount_minor, r.currency) for r in requests]

    async def query(self, questions: Sequence[Query]) -> list[None]:
        return [None for _ in questions]

    def _approved(self, key: str, amount_minor: int, currency: str) -> Approved:
        return Approved(key=key, reference=f"test-{key}", amount_minor=amount_minor, currency=currency)


class SinkCarriers:
    """Sells labels of no carrier."""

    async def buy_labels(self, requests: Sequence[LabelRequest]) -> list[Labeled]:
        return [
            Labeled(
                key=r.key,
                tracking_number=f"TEST-{r.key}",
                carrier="test",
                service=r.service,
                documents=(),
                cost_minor=0,
                currency=r.currency or "EUR",
            )
            for r in requests
        ]

    async def void_labels(self, requests: Sequence[VoidLabel]) -> list[Voided]:
        return [Voided(key=r.key) for r in requests]


class SinkWarehouses:
    """Receives everything; people go on with it at the fulfillment station."""

    async def request(self, requests: Sequence[FulfillmentRequest]) -> list[Received]:
        return [Received(fulfillment_id=r.fulfillment_id, reference="test") for r in requests]

    async def request_cancel(self, requests: Sequence[CancelRequest]) -> list[CancelGranted]:
        return [CancelGranted(fulfillment_id=r.fulfillment_id) for r in requests]


class SinkChannels:
    """Takes every push."""

    async def acknowledge(self, acknowledgments: Sequence[Acknowledgment]) -> list[Taken]:
        return [Taken(key=each.key) for each in acknowledgments]

    async def push_cancellations(self, pushes: Sequence[CancellationPush]) -> list[Taken]:
        return [Taken(key=each.key) for each in pushes]

    async def push_withdrawals(self, pushes: Sequence[WithdrawalPush]) -> list[Taken]:
        return [Taken(key=each.key) for each in pushes]

    async def push_fulfillments(self, pushes: Sequence[FulfillmentPush]) -> list[Taken]:
        return [Taken(key=each.key) for each in pushes]


class SinkNotices:
    """Drops every message."""

    async def send(self, notices: Sequence[Notice]) -> list[Sent]:
        return [Sent(key=each.key, delivery_id="") for each in notices]


class SinkScores:
    """Has nothing to say for or against."""

    async def score(self, asks: Sequence[ScoreAsk]) -> list[Score]:
        return [Score(key=each.key, points=0) for each in asks]


SINKS: Final[dict[Kind, Any]] = {
    Kind.PAYMENTS: SinkPayments(),
    Kind.CARRIERS: SinkCarriers(),
    Kind.WAREHOUSES: SinkWarehouses(),
    Kind.CHANNELS: SinkChannels(),
    Kind.NOTICES: SinkNotices(),
    Kind.SCORES: SinkScores(),
}
