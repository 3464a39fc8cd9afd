"""Who stands on a paper, as far as that is still known."""

from collections.abc import Iterable, Mapping
from typing import Any

from orderline.core.documents.paper import Party
from orderline.core.documents.state import Document
from orderline.store.documents import load_people_of
from orderline.store.reading.source import Source
from orderline.store.working import KnownPerson
from orderline.values.ids import PersonToken


def buyer_of(source: Source, document: Document) -> Party:
    """Whom an invoice or credit note is for."""
    people = load_people_of(source, {document.buyer})
    lines = recipient_lines(people, document.buyer, document.buyer_place)
    vat = f"VAT {document.bill_to.vat_id}" if document.bill_to is not None and document.bill_to.vat_id else ""
    return Party("To", filled(dict.fromkeys((document.company_name, *lines, vat))))


def buyer_name(source: Source, document: Document) -> str:
    """What the buyer is called: a company, or a person; nothing, once they were erased."""
    if document.company_name:
        return document.company_name
    person = load_people_of(source, {document.buyer}).get(document.buyer)
    if person is None:
        return ""
    address = person.address
    return (address.company or address.name if address is not None else "") or person.name


def recipient_lines(people: Mapping[PersonToken, KnownPerson], token: PersonToken, place: Any) -> tuple[str, ...]:
    """Who somebody is and where, line by line, as far as that is known."""
    person = people.get(token)
    address = person.address if person is not None else None
    if address is None:
        name = person.name if person is not None else ""
        return filled((name, f"{place.postal_code} {place.city}", place.region, place.country))
    name = address.name or (person.name if person is not None else "")
    town = f"{address.postal_code} {address.city}"
    return filled((name, address.company, *address.lines, town, address.region, address.country))


def filled(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines that say something."""
    return tuple(line.strip() for line in lines if line.strip())
