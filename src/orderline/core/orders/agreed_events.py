"""What was agreed anew after an order was placed, and which decision requests it waits for."""

from orderline.core.decisions.asking import Asked, DelayConsent, OpenDecision
from orderline.core.orders.facts import OrderEvent
from orderline.core.orders.state import Agreement


class OrderAmended(OrderEvent, frozen=True, gc=False, tag="order_amended"):
    """Something else was agreed; the next agreement stands beside those before."""

    agreement: Agreement


class DecisionOpened(OrderEvent, frozen=True, gc=False, tag="decision_opened"):
    """Somebody is, or is to be, asked what becomes of units; told again when it is sent."""

    decision: OpenDecision


class DecisionClosed(OrderEvent, frozen=True, gc=False, tag="decision_closed"):
    """A decision request is at its end; what was chosen stands beside in the same entry. to: who was asked."""

    decision: str
    to: Asked = Asked.CUSTOMER


class DelayConsented(OrderEvent, frozen=True, gc=False, tag="delay_consented"):
    """The customer has agreed to a delay, in words or by silence where that is enough."""

    consent: DelayConsent
