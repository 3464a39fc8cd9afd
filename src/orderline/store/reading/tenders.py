"""Orders on which money is open: what is to be paid, asked again, or given back by hand."""

from datetime import datetime
from typing import Final

import msgspec

from orderline.core.orders.state import PaymentKind
from orderline.core.tenders.scheduled import open_installments
from orderline.core.tenders.sums import net_due_minor, paid_minor
from orderline.store.loading import decode_state
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

# Next steps about money; some are what a request is called.
STEPS: Final = (
    "pay_installment", "collect_payment", "authorize_payment", "ask_provider", "resolve_decline", "answer_dispute",
    "refund_again",
    *(f"{kind.value}_{how}" for kind in PaymentKind for how in ("by_hand", "payment")),
)  # fmt: skip


class OpenPayment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An order on which money is open. owed_minor: what is due in all and not paid; below zero we owe the customer.

    fallen_due_minor: of its installments, what has fallen due and is not paid. declined: what providers have said.
    """

    order: OrderId
    order_number: str
    what: str
    owner: str
    currency: str
    owed_minor: int
    fallen_due_minor: int = 0
    declined: tuple[str, ...] = ()
    due_at: datetime | None = None


def load_open_payments(source: Source, *, owner: str | None = None, most: int) -> list[OpenPayment]:
    """The most urgent orders on which money is open. owner: only those where this team, customer or provider is next."""
    rows = source.rows(
        "reading_tenders", "list_open_payments", steps=list(dict.fromkeys(STEPS)), owner=owner, most=most
    )
    found: list[OpenPayment] = []
    for id_, number, what, owner_, due_at, currency, state in rows:
        order = decode_state(state)
        found.append(
            OpenPayment(
                order=id_, order_number=number, what=what, owner=owner_, currency=currency, due_at=due_at,
                owed_minor=net_due_minor(order) - paid_minor(order) if order.tenders else 0,
                fallen_due_minor=sum(missing for _, missing in open_installments(order)),
                declined=tuple(f"tender {e.number}: {e.declined}" for e in order.tenders if e.declined),
            )
        )  # fmt: skip
    return found
