"""What a claim against a carrier means in the books: what is granted is owed to us until it is paid, or taken back."""

from datetime import datetime

from orderline.core.ledger.posting import posted_in
from orderline.core.ledger.rules import Cause, moved
from orderline.core.ledger.state import Posted
from orderline.core.stock.state import Settings


def claim_postings(
    settings: Settings, entity: str, currency: str, carrier: str, now: datetime, *, owed_minor: int, paid_minor: int
) -> tuple[Posted, ...]:
    """owed_minor: what the carrier owes more than before, or less. Nothing, without an entity."""
    owed = moved(Cause.CARRIER_ACCEPTED, owed_minor, debit_sub=carrier)
    paid = moved(Cause.CARRIER_PAID, paid_minor, credit_sub=carrier)
    return tuple(
        posted_in(settings, entity, currency, cause, made, now)
        for cause, made in ((Cause.CARRIER_ACCEPTED, owed), (Cause.CARRIER_PAID, paid))
        if entity and made
    )
