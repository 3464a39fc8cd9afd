"""Store credit of a customer who is known to be one person: what stands apart, order by order, comes together."""

from collections.abc import Iterable
from typing import Final

from orderline.core.context import Context
from orderline.core.credits.commands import TransferCredit
from orderline.core.credits.decide import decide_transfer
from orderline.core.credits.granting import account_in, is_over
from orderline.core.credits.state import KIND, CreditState, account_of
from orderline.core.identities.decide import IdentityRefusal
from orderline.core.identities.state import IDENTITY, Identity, IdentityState
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId


class MergeCredits(RecordCommand, frozen=True, gc=False, kw_only=True, tag="merge_credits"):
    """Bring the store credit of the orders of an identity together, on the account of the first that has any.

    One account for each currency and legal entity. Taking the identity back does not part the money again.
    """

    identity: str
    among: tuple[OrderId, ...]

    def records(self) -> Iterable[RecordKey]:
        """The identity, and what its orders may have."""
        return ((IDENTITY, self.identity), *((KIND, account_of(order)) for order in sorted(set(self.among))))


def decide_merge_credits(draft: Draft, command: MergeCredits, context: Context) -> None:
    """Refused IDENTITY_UNKNOWN; IDENTITY_STATE: it was undone. NOTHING_TO_DO: no two accounts belong together."""
    identity = draft.world.records.get((IDENTITY, command.identity))
    if not isinstance(identity, Identity) or set(identity.orders) != set(command.among):
        raise Refused(IdentityRefusal.IDENTITY_UNKNOWN, field="identity", value=command.identity[:100])
    if identity.state is not IdentityState.MERGED:
        raise Refused(IdentityRefusal.IDENTITY_STATE, field="identity", value=identity.id, state=identity.state)
    first: dict[tuple[str, str], str] = {}
    merged = 0
    for order in identity.orders:
        account = account_in(draft, account_of(order))
        if account is None or account.state is not CreditState.OPEN or is_over(account, context.now):
            continue
        to = first.setdefault((account.currency, account.entity), account.id)
        if to != account.id:
            moved = TransferCredit(account=account.id, to=to, reason=f"one person: {identity.id}")
            decide_transfer(draft, moved, context)
            merged += 1
    if not merged:
        raise Refused(OrderRefusal.NOTHING_TO_DO, value=identity.id)


RULES: Final = {MergeCredits: decide_merge_credits}
