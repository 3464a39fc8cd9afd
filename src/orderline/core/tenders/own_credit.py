"""Tenders paid by a credit account of ours: only we say whether they are."""

from orderline.core.credits.state import PROVIDER, CreditKind
from orderline.core.orders.commands import TenderInput
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.values.failures import Refused


def check_own_credit(given: TenderInput, field: str) -> None:
    """Refused TENDER_NOT_ACCEPTABLE: it names no account, or says what only the account can say."""
    if given.provider != PROVIDER:
        return
    if given.state != "requested":
        raise Refused(R.TENDER_NOT_ACCEPTABLE, field=f"{field}.state", value=given.state, allowed="requested")
    kinds = [each.value for each in CreditKind]
    if given.method not in kinds:
        raise Refused(R.TENDER_NOT_ACCEPTABLE, field=f"{field}.method", value=given.method[:100], allowed=kinds)
    if not given.token or given.reference:
        allowed = "the id of a credit account as the token, and no reference"
        raise Refused(R.TENDER_NOT_ACCEPTABLE, field=f"{field}.token", value=given.token[:100], allowed=allowed)
