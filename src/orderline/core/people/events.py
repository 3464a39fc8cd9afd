"""What has become of what is known about people."""

from datetime import datetime

from orderline.core.orders.facts import OrderEvent
from orderline.values.ids import PersonToken


class PeopleErased(OrderEvent, frozen=True, gc=False, tag="people_erased"):
    """Names, streets, emails and phones behind these tokens are gone, and the labels of the order with them."""

    people: tuple[PersonToken, ...]
    at: datetime
    reason: str = ""
