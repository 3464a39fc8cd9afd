"""Which orders are invoiced together with others of their company, and when: after the day, week or month of the supply."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orderline.core.companies.exposure import is_on_terms
from orderline.core.documents.due import invoice_due
from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.ledger.posting import books_of, entity_of
from orderline.core.orders.buying import Invoicing
from orderline.core.orders.state import Order
from orderline.core.stock.state import Settings


def is_collected(order: Order) -> bool:
    """Is it invoiced with others? Only what is bought on terms is: who has paid gets an invoice at once."""
    bought = order.company
    return bought is not None and bought.invoices is not Invoicing.SUPPLY and not order.history and is_on_terms(order)


def is_billable(order: Order) -> bool:
    """Is something of it to go on the next invoice over several orders?"""
    return is_collected(order) and bool(invoice_due(order))


def first_day_after(period: Invoicing, day: date) -> date:
    """The day after the period that a day is in. Weeks begin on Monday."""
    match period:
        case Invoicing.WEEK:
            return day + timedelta(days=7 - day.weekday())
        case Invoicing.MONTH:
            return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        case _:
            return day + timedelta(days=1)


def collect_invoices(settings: Settings, order: Order, now: datetime) -> list[FollowUp]:
    """Invoice the orders of the company when the period of today is over, where it is sold to, if anything is due."""
    if not settings.channels[order.channel].invoices or not is_billable(order):
        return []
    assert order.company is not None
    zone = ZoneInfo(entity_of(settings, books_of(settings, order)).time_zone)
    day = first_day_after(order.company.invoices, now.astimezone(zone).date())
    due_at = datetime.combine(day, time.min, zone).astimezone(UTC)
    body = JobBody(key=order.company.company, test=order.is_test)
    return [FollowUp(JobKind.COLLECT_INVOICES, collecting_stream(order), body, due_at)]


def collecting_stream(order: Order) -> str:
    """Orders of one company do not wait for one another: whichever comes first invoices all."""
    return f"{order.id} {JobKind.COLLECT_INVOICES}"
