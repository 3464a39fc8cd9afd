"""Write off what will not be paid: small differences up to a limit, bad debts; and take it back when it is paid after all."""

from enum import StrEnum
from typing import Final

from orderline.core.context import Context
from orderline.core.ledger.posting import books_of, entity_of, post
from orderline.core.ledger.rules import Cause, moved
from orderline.core.ledger.state import Account
from orderline.core.limits import check_money
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.guards import check_text, known_order
from orderline.core.world import Draft
from orderline.values.failures import Refused

A = Account


class WriteOffRefusal(StrEnum):
    """Why nothing is written off; when several apply, the first wins."""

    WRITE_OFF_AMOUNT = "WRITE_OFF_AMOUNT"
    WRITE_OFF_LIMIT = "WRITE_OFF_LIMIT"


class WriteOffAs(StrEnum):
    """Why it will not be paid; the sub-account it stands on."""

    DIFFERENCE = "difference"
    BAD_DEBT = "bad_debt"


class WriteOff(OrderCommand, frozen=True, gc=False, kw_only=True, tag="write_off"):
    """Write off what an order owes on invoices: a small difference, up to the limit of its legal entity, or a bad debt."""

    amount_minor: int
    kind: WriteOffAs
    reason: str


class Recover(OrderCommand, frozen=True, gc=False, kw_only=True, tag="recover"):
    """What was written off is owed again: it is paid after all, say. What the customer has on deposit meets it at once."""

    amount_minor: int
    kind: WriteOffAs
    reason: str


def decide_write_off(draft: Draft, command: WriteOff, context: Context) -> None:
    """Take it off what is owed, also of an order that is closed.

    Refused WRITE_OFF_AMOUNT: so much is not owed. WRITE_OFF_LIMIT: with what was written off before, it is no small difference.
    MONEY_LIMIT: it is more than whoever writes it off may.
    """
    order = known_order(draft.world, command)
    reason = check_text(command.reason, "reason", 500, required=True)
    settings, books = draft.world.settings, order.books
    owed = books.of(A.RECEIVABLE) if books is not None else 0
    _check(command.amount_minor, owed)
    check_money(context.limits, "write_offs", command.amount_minor, order.currency)
    if command.kind is WriteOffAs.DIFFERENCE and books is not None:
        limit = entity_of(settings, books_of(settings, order)).write_off_minor
        before = books.of(A.WRITE_OFF, command.kind)
        if before + command.amount_minor > limit:
            raise Refused(
                WriteOffRefusal.WRITE_OFF_LIMIT, field="amount_minor", value=command.amount_minor, limit=limit,
                allowed=max(0, limit - before), unblock="a bad debt, by whoever may write those off",
            )  # fmt: skip
    made = moved(Cause.WRITTEN_OFF, command.amount_minor, debit_sub=command.kind)
    post(draft, order.id, Cause.WRITTEN_OFF, made, reason=reason)


def decide_recover(draft: Draft, command: Recover, context: Context) -> None:
    """Owe it again: the mirror of what was written off. Refused WRITE_OFF_AMOUNT: so much was not."""
    order = known_order(draft.world, command)
    reason = check_text(command.reason, "reason", 500, required=True)
    _check(command.amount_minor, order.books.of(A.WRITE_OFF, command.kind) if order.books is not None else 0)
    made = moved(Cause.WRITTEN_OFF, -command.amount_minor, debit_sub=command.kind)
    post(draft, order.id, Cause.WRITTEN_OFF, made, reason=reason)


def _check(amount: int, most: int) -> None:
    if not 0 < amount <= most:
        raise Refused(
            WriteOffRefusal.WRITE_OFF_AMOUNT, field="amount_minor", value=amount, allowed=f"from 1 to {max(0, most)}"
        )


RULES: Final = {WriteOff: decide_write_off, Recover: decide_recover}
