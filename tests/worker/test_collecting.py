"""Invoices over several orders of a company, when their day is over."""

from orderline.core.companies.commands import PutCompany, PutCompanyLocation
from orderline.core.companies.state import CompanyTerms
from orderline.core.documents.state import DOCUMENT, Document, subject_of
from orderline.core.orders.buying import CompanyInput, Invoicing
from orderline.core.orders.commands import TenderInput
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source
from orderline.values.address import Address
from support.engines import assert_clean
from worker.site import Site, until


def documents(site: Site) -> list[Document]:
    with site.database.connection() as connection:
        source = Source(connection, site.database.cell)
        return load_records(source, DOCUMENT.name, subjects=[subject_of("acme")], most=10)


def test_what_left_today_is_invoiced_together_when_the_day_is_over(site: Site) -> None:
    terms = CompanyTerms(currency="EUR", net_days=14, invoices=Invoicing.DAY)
    site.engine.run(PutCompany(company="acme", name="Acme", terms=terms))
    dock = Address(name="Acme", lines=("1 Quai",), city="Lyon", postal_code="69001", country="FR")
    site.engine.run(PutCompanyLocation(company="acme", location="dock", address=dock))
    site.stock(TEE_lyon=9)
    buying = CompanyInput(company="acme", location="dock")
    orders = [
        site.place(
            ("TEE", units), company=buying, groups=(),
            tenders=(TenderInput(provider="terms", method="terms", amount_minor=units * 1000),),
        )
        for units in (1, 2)
    ]  # fmt: skip
    for order, units in zip(orders, (1, 2), strict=True):
        site.until_units(order, "delivered", units)
    assert documents(site) == []
    assert len(site.jobs(kind="collect_invoices")) == 2
    site.clock.forward(24 * 3600)
    [made] = until(lambda: documents(site), "the invoice")
    assert made.total_minor == 3000
    assert {each.order for each in made.shares} == set(orders)
    until(lambda: not site.jobs(kind="collect_invoices"), "the jobs to be done")
    assert len(documents(site)) == 1
    assert_clean(site.database)
