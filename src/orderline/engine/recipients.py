"""Who gets a parcel, and where, as partners are told: the place from the order, the person from `people`."""

from collections.abc import Mapping

from orderline.contracts.terms import Recipient
from orderline.core.orders.state import DemandGroup
from orderline.core.stock.state import Location
from orderline.store.working import KnownPerson
from orderline.values.address import Place
from orderline.values.ids import PersonToken


def recipient_of(group: DemandGroup, people: Mapping[PersonToken, KnownPerson]) -> Recipient:
    """The recipient of a demand group; of an erased person only the place is left."""
    person = people.get(group.recipient)
    if person is None:
        return _at(group.place)
    address = person.address
    if address is None:
        at = _at(group.place)
        return Recipient(
            name=person.name, phone=person.phone, email=person.email, city=at.city, region=at.region,
            postal_code=at.postal_code, country=at.country,
        )  # fmt: skip
    return Recipient(
        name=address.name or person.name or address.company,
        lines=((address.company, *address.lines) if address.company and address.name else address.lines),
        city=address.city,
        region=address.region,
        postal_code=address.postal_code,
        country=address.country,
        phone=address.phone or person.phone,
        email=person.email,
    )


def sender_of(location: Location) -> Recipient:
    """The location a parcel leaves from."""
    return Recipient(
        name=location.name,
        city=location.place.city,
        region=location.place.region,
        postal_code=location.place.postal_code,
        country=location.place.country,
    )


def _at(place: Place) -> Recipient:
    return Recipient(city=place.city, region=place.region, postal_code=place.postal_code, country=place.country)
