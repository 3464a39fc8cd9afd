"""Gift cards that were sold on orders, and store credit of customers who are one person."""

from datetime import datetime
from secrets import token_bytes
from typing import Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.credits import hash_code, shown
from orderline.api.deciding import decide
from orderline.api.reading.paging import readers
from orderline.api.scoping import check_every_channel, check_every_location, order_of
from orderline.api.shipments import load_order
from orderline.core.credits.cards import IssueSoldCards
from orderline.core.credits.codes import LENGTH, code_from
from orderline.core.credits.merging import MergeCredits
from orderline.core.credits.refusals import CreditRefusal as R
from orderline.core.credits.sold import card_accounts, cards_of, cards_sold
from orderline.core.credits.state import KIND, CreditAccount, account_of
from orderline.core.identities.decide import IdentityRefusal
from orderline.core.identities.state import IDENTITY
from orderline.store.reading.records import load_named, load_record
from orderline.values.failures import Refused


class SoldCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A card that was sold. code: shown in the answer that made it, and never again."""

    account: CreditAccount
    code: str = ""


class SoldCards(msgspec.Struct, frozen=True):
    """The cards of an order, those that were there among them."""

    cards: list[SoldCard]


class SoldCardsInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """expires_at: when what is on them lapses; never, when not given."""

    expires_at: datetime | None = None


class MergedCredits(msgspec.Struct, frozen=True):
    """The store credit of the orders of an identity, as it stands now."""

    accounts: list[CreditAccount]


async def _issue(call: Call[None, SoldCardsInput]) -> Answer:
    id_ = await order_of(call)
    order = await readers(call).run(lambda source: load_order(source, id_))
    sold = cards_sold(order)
    names = [card for line, units in sold for card in cards_of(order.number, line, units)]
    known = await _accounts(call, names)
    codes = {each: code_from(token_bytes(LENGTH)) for each in names if each not in known}
    hashes = tuple([await hash_code(call, code) for code in codes.values()])
    command = IssueSoldCards(
        order=id_, number=order.number, sold=sold, code_hashes=hashes, expires_at=call.input.expires_at
    )
    done = await decide(call, command, found=True)
    if done.headers:
        codes.clear()
    known = await _accounts(call, list(card_accounts(order)))
    cards = [SoldCard(shown(account), codes.get(each, "")) for each, account in known.items()]
    return Answer(SoldCards(cards), headers=done.headers)


async def _merge(call: Call[None, None]) -> Answer:
    check_every_channel(call, "identity", call.path["id"])
    check_every_location(call, "identity", call.path["id"])
    id_ = call.path["id"]
    identity = await readers(call).run(lambda source: load_record(source, IDENTITY, id_)) if id_.isprintable() else None
    if identity is None:
        raise Refused(IdentityRefusal.IDENTITY_UNKNOWN, field="id", value=id_[:100])
    done = await decide(call, MergeCredits(identity=id_, among=identity.orders), found=True)
    found = await _accounts(call, [account_of(order) for order in identity.orders])
    return Answer(MergedCredits([shown(each) for each in found.values()]), headers=done.headers)


async def _accounts(call: Call[Any, Any], names: list[str]) -> dict[str, CreditAccount]:
    """Those of the accounts that are there."""
    return await readers(call).run(lambda source: load_named(source, KIND, names))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="issue_sold_cards", method="POST", path="/v1/orders/{order}/gift-cards", right=Right.ORDERS_WRITE,
        summary="Open the gift cards that were sold on an order",
        description="One for each unit that stands on an invoice, with what was paid for it; the codes are shown in this"
        " answer and never again.",
        handler=_issue, capability="credits", input=SoldCardsInput, output=SoldCards,
        refusals=("ORDER_UNKNOWN", "NOTHING_TO_DO", R.CREDIT_MISMATCH.value, R.CREDIT_EXPIRES_TOO_SOON.value),
    ),
    Operation(
        name="merge_credits", method="POST", path="/v1/identities/{id}/credits", right=Right.ORDERS_WRITE,
        summary="Bring the store credit of one person together",
        description=" ".join((MergeCredits.__doc__ or "").split()),
        handler=_merge, capability="credits", output=MergedCredits,
        refusals=("IDENTITY_UNKNOWN", "IDENTITY_STATE", "NOTHING_TO_DO", "CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS"),
    ),
)  # fmt: skip
