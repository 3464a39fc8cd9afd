"""What was agreed anew after an order was placed, and which decision requests it waits for."""

from orderline.core.decisions.asking import Asked, DecisionCause, DelayConsent, OpenDecision
from orderline.core.orders.facts import OrderEvent
from orderline.core.orders.state import Agreement


class OrderAmended(OrderEvent, frozen=True, gc=False, tag="order_amended"):
    """Something else was agreed; the next agreement stands beside those before."""

    agreement: Agreement


class DecisionOpened(OrderEvent, frozen=True, gc=False, tag="decision_opened"):
    """Somebody is, or is to be, asked what becomes of units; told again when it is sent."""

    decision: OpenDecision


class DecisionClosed(OrderEvent, frozen=True, gc=False, tag="decision_closed"):
    """A decision request is at its end; what follows from what was chosen stands beside in the same entry.

    to: who was asked. answer, title: the option that was carried out, and as it was shown; how: chosen by link, staff or
    silence. reason: why it was withdrawn instead.
    """

    decision: str
    to: Asked = Asked.CUSTOMER
    cause: DecisionCause | None = None
    answer: str = ""
    title: str = ""
    how: str = ""
    reason: str = ""


class DelayConsented(OrderEvent, frozen=True, gc=False, tag="delay_consented"):
    """The customer has agreed to a delay, in words or by silence where that is enough."""

    consent: DelayConsent
