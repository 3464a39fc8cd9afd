"""On which terms goods are taken in to be repaired: by the return policy of the day of the sale."""

from datetime import UTC, datetime, time, timedelta

from orderline.core.orders.state import AgreedLine, Order
from orderline.core.returns import commands as c
from orderline.core.returns.policy import MISSING, REASONS, Approve, Found, ReturnPolicy, table_for
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.state import LabelPayer, ReturnTerms
from orderline.core.returns.statutory import months_later
from orderline.values.failures import Refused


def check_repair(command: c.RequestReturn) -> None:
    """Refused RETURN_EXCHANGE: what is repaired goes back, and nothing is sent instead before it was looked at."""
    if command.repair and command.exchange is not None:
        raise Refused(R.RETURN_EXCHANGE, field="exchange", value="repair", unblock="location: assess it first")


def service_terms(
    policy: ReturnPolicy,
    order: Order,
    agreed: AgreedLine,
    reason: str,
    field: str,
    delivered_at: datetime | None,
    at: datetime,
) -> Found:
    """What a policy says of units of a line that are to be repaired.

    Within the months of the rule, counted from delivery, it costs the customer nothing, the way included. After that
    support says whether it is taken in, and the customer pays the carrier. Refused RETURN_NOT_POSSIBLE: it is not there.
    """
    if REASONS[reason] == MISSING:
        raise Refused(R.RETURN_NOT_POSSIBLE, field=f"{field}.reason", value=reason, allowed=["defective"])
    table = table_for(policy, order, agreed, reason, at)
    until = warranty_by(delivered_at, table.warranty_months) if delivered_at is not None else None
    covered = table.warranty_months > 0 and (until is None or at < until)
    terms = ReturnTerms(
        rule=f"{policy.version} {table.name}".strip(),
        label=LabelPayer.MERCHANT if covered else LabelPayer.CUSTOMER,
        dispositions=table.dispositions,
        service=True,
        warranty_by=until if until is not None or not covered else _latest(order, table.warranty_months, at),
    )
    return Found(terms, table.approve if covered else Approve.SUPPORT)


def warranty_by(delivered_at: datetime, months: int) -> datetime:
    """The end of the last day of a warranty of so many months. Nought: there is none, and it has ended already."""
    last = months_later(delivered_at.date(), months)
    return datetime.combine(last + timedelta(days=1), time(), UTC) if months else delivered_at


def is_covered(terms: ReturnTerms, asked_at: datetime) -> bool:
    """Does a warranty cover what was asked for then?"""
    return terms.warranty_by is not None and asked_at < terms.warranty_by


def _latest(order: Order, months: int, at: datetime) -> datetime:
    """Of goods that are on their way still: as if they came now."""
    return warranty_by(max(at, order.placed_at), months)
