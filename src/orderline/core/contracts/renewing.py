"""The order of a renewal: as that which the contract continues, with the lines and the day of the contract."""

from collections.abc import Mapping
from typing import Protocol

from orderline.core.contracts.state import Contract
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.commands import CustomerInput, GroupInput, PlaceOrder, TenderInput
from orderline.core.orders.state import Order, TaxLine
from orderline.core.tenders.rules import TERMS
from orderline.values.address import Address
from orderline.values.ids import PersonToken


class Known(Protocol):
    """What is known of a person; nothing, once they were erased."""

    @property
    def name(self) -> str:
        """What the person is called."""
        ...

    @property
    def email(self) -> str:
        """Where messages go."""
        ...

    @property
    def phone(self) -> str:
        """Where calls go."""
        ...

    @property
    def address(self) -> Address | None:
        """Where goods go."""
        ...


def renewal_of(contract: Contract, order: Order, people: Mapping[PersonToken, Known]) -> PlaceOrder | None:
    """The command that places the renewal that is due. None: the customer or an address is not known any more.

    Its external id is the contract and the number of the renewal: placed twice, it is one order.
    """
    customer, buying = people.get(order.person), order.company
    if buying is None and (customer is None or not (customer.name or customer.email)):
        return None
    groups: list[GroupInput] = []
    for group in order.agreement.groups:
        person = people.get(group.recipient)
        address = person.address if person is not None else None
        of_company = buying is not None and group.recipient == buying.recipient
        if address is None and group.pickup_location is None and not of_company:
            return None
        groups.append(
            GroupInput(
                group=group.group, address=None if of_company else address, method=group.method,
                email=person.email if person is not None and not of_company else "",
                pickup_location=group.pickup_location, ship_complete=group.ship_complete, gift=group.gift,
                custom=group.custom,
            )
        )  # fmt: skip
    included = order.agreement.taxes_included
    total = sum(
        line.quantity * line.unit_price_minor - line.discount_minor + (0 if included else _tax(line.taxes))
        for line in contract.lines
    )
    total += sum(charge.amount_minor + (0 if included else _tax(charge.taxes)) for charge in contract.charges)
    return PlaceOrder(
        channel=order.channel, external_id=f"{contract.id}-{contract.renewal}", currency=order.currency,
        lines=contract.lines, charges=contract.charges, total_minor=total, taxes_included=included,
        customer=_customer(customer), groups=tuple(groups), is_test=order.is_test, priority=order.priority,
        tags=order.tags, custom=order.custom, tenders=_tenders(contract, order, total),
        company=CompanyInput(
            company=buying.company, location=buying.location, buyer=buying.buyer,
            po_number=f"{buying.po_number}-{contract.renewal}" if buying.po_number else "",
        ) if buying is not None else None,
    )  # fmt: skip


def _customer(known: Known | None) -> CustomerInput:
    return CustomerInput(known.name, known.email, known.phone) if known is not None else CustomerInput()


def _tenders(contract: Contract, order: Order, total: int) -> tuple[TenderInput, ...]:
    first = next((tender for tender in order.tenders if not tender.given_up), None)
    if first is None or not total:
        return ()
    token = "" if first.provider == TERMS else contract.token or first.token
    return (TenderInput(provider=first.provider, method=first.method, amount_minor=total, token=token),)


def _tax(taxes: tuple[TaxLine, ...]) -> int:
    return sum(tax.amount_minor for tax in taxes)
