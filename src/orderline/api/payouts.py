"""Payouts: what providers have sent to the bank, what it was made of, and what differs put right."""

from datetime import UTC, datetime
from typing import Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, page_of, parse_cursor, readers
from orderline.api.records import Records
from orderline.core.payouts.commands import CorrectPayout
from orderline.core.payouts.refusals import PayoutRefusal as R
from orderline.core.payouts.state import PAYOUT, Payout, PayoutState
from orderline.store.payouts import ListedEntry, load_payout_entries

_PAYOUTS: Final = Records(
    kind=PAYOUT,
    one="payout",
    many="payouts",
    capability="payouts",
    read=Right.LEDGER_READ,
    write=Right.LEDGER_WRITE,
    unknown=R.PAYOUT_UNKNOWN,
    states=PayoutState,
    of_all=True,
)
_FIRST: Final = (datetime(1970, 1, 1, tzinfo=UTC), "")


class PayoutEntriesQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of what a payout is made of."""


async def _entries(call: Call[PayoutEntriesQuery, None]) -> Answer:
    """What a payout is made of, the oldest first."""
    payout: Payout = await _PAYOUTS.found(call)
    after = parse_cursor(call.query.cursor, tuple[datetime, str]) or _FIRST
    found = await readers(call).run(
        lambda source: load_payout_entries(
            source, payout.provider, payout.reference, after=after, most=call.query.limit + 1
        )
    )
    return page_of(found, call.query.limit, lambda entry: (entry.occurred_at, entry.entry))


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_PAYOUTS.reading(),
    Operation(
        name="list_payout_entries", method="GET", path="/v1/payouts/{id}/entries", right=Right.LEDGER_READ,
        summary="List what a payout is made of, the oldest first", handler=_entries, capability="payouts",
        query=PayoutEntriesQuery, output=ListedEntry, page=True, refusals=(R.PAYOUT_UNKNOWN.value,),
        description="Captures, refunds, chargebacks and fees as the provider lists them, each with the order it belongs to, and"
        " with what it was before the provider has exchanged it.",
    ),
    _PAYOUTS.acting(
        CorrectPayout, path="corrections", summary="Work a difference of a provider's account off", names="payout",
        refusals=("AMOUNT_OUT_OF_RANGE", "CURRENCY_MISMATCH", R.PAYOUT_STATE.value),
    ),
)  # fmt: skip
