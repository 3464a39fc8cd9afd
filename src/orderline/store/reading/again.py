"""What is needed of an order, and of who bought it, to buy the same once more."""

from datetime import datetime

from orderline.core.agreements.state import AGREEMENT
from orderline.core.companies.state import COMPANY
from orderline.core.drafts.again import AgainLine, Terms, again_of
from orderline.core.drafts.commands import PutDraftOrder
from orderline.core.orders.state import Order
from orderline.core.price_lists.state import LIST, PRICE, price_id
from orderline.store.documents import load_skus_of
from orderline.store.loading import load_orders
from orderline.store.reading.records import load_named, load_record
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId


def buy_again(
    source: Source, id_: OrderId, draft_order: str, now: datetime, *, po_number: str = ""
) -> tuple[PutDraftOrder, tuple[AgainLine, ...]]:
    """The draft order of the goods of an order as they are sold today, and what becomes of each of its lines."""
    order = load_orders(source.connection, source.cell, [id_])[id_]
    codes = {each.sku for each in order.agreement.lines}
    return again_of(
        order, draft_order, _terms(source, order, codes), load_skus_of(source, codes), now, po_number=po_number
    )


def _terms(source: Source, order: Order, codes: set[str]) -> Terms:
    buying = order.company
    if buying is None:
        return Terms()
    company = load_record(source, COMPANY.name, buying.company)
    agreement = load_record(source, AGREEMENT.name, buying.agreement) if buying.agreement else None
    name = company.terms.price_list if company is not None else ""
    listed = load_record(source, LIST, name) if name else None
    comparable = (
        listed is not None
        and listed.currency == order.currency
        and listed.taxes_included == order.agreement.taxes_included
    )  # fmt: skip
    if not comparable:
        return Terms(company=company, agreement=agreement)
    found = load_named(source, PRICE, sorted(price_id(name, code) for code in codes))
    return Terms(
        company=company, agreement=agreement, listed=listed, prices={each.sku: each for each in found.values()}
    )
