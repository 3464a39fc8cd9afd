"""What sellers are owed, as the ledger has it, and what their statements are made of."""

from datetime import UTC, date, datetime
from typing import Final

import msgspec

from orderline.core.entities.state import MAIN
from orderline.core.ledger.periods import is_real
from orderline.core.ledger.state import Account
from orderline.core.sellers.commands import SellerDue
from orderline.core.sellers.state import Seller, SellerStatement
from orderline.store.database import Database
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

Place = tuple[date, datetime, str, int]  # day, instant, order, journal entry
_OWED: Final = (Account.SELLER_PAYABLE.value, Account.SELLER_STATEMENTS.value)
FIRST: Final[Place] = (date(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC), "", 0)


class SellerBalance(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a seller is owed in the books of an entity; below zero: it owes us, and that is taken off what it sells next.

    not_stated_minor + stated_minor is all it is owed. due_minor: what of the former the next statement would be of.
    """

    entity: str
    currency: str
    not_stated_minor: int
    stated_minor: int
    due_minor: int


class StatementLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What one fact has changed of what a seller is owed. goods, with what it has of shipping, - commission = due.

    document: the invoice or credit note, the return, or the dispute.
    """

    day: date
    at: datetime
    order: OrderId
    order_number: str
    seq: int
    document: str
    goods_minor: int
    commission_minor: int
    due_minor: int


def load_due(source: Source, seller: Seller, until: date) -> tuple[SellerDue, ...]:
    """What is to be stated through a day, by entity and currency; what it owes us among it."""
    pairs = [(*key.rsplit(":", 1), day) for key, day in seller.stated.items()]
    rows = source.rows(
        "sellers", "seller_due", seller=seller.id, until=until, entities=[each[0] for each in pairs],
        currencies=[each[1] for each in pairs], stated=[each[2] for each in pairs],
    )  # fmt: skip
    return tuple(
        SellerDue(
            entity=entity, currency=currency, since=since, goods_minor=int(goods), commission_minor=int(commission),
            amount_minor=int(amount), base_minor=int(base), entries=int(entries),
        )
        for entity, currency, since, goods, commission, amount, base, entries in rows
        if is_real(entity)
    )  # fmt: skip


def read_due(database: Database, seller: Seller, until: date) -> tuple[SellerDue, ...]:
    """As `load_due`, on a connection of its own."""
    with database.connection() as connection:
        return load_due(Source(connection, database.cell), seller, until)


def load_balances(source: Source, seller: Seller, until: date) -> list[SellerBalance]:
    """What a seller is owed now. until: the last day that may be stated."""
    due = {(each.entity, each.currency): each.amount_minor for each in load_due(source, seller, until)}
    owed: dict[tuple[str, str], dict[str, int]] = {}
    for entity, account, currency, amount, _ in source.rows(
        "ledger", "standing", entities=sorted({MAIN, *source.settings().entities}), accounts=[*_OWED], sub=seller.id
    ):
        owed.setdefault((entity, currency), {})[account] = -int(amount)
    return [
        SellerBalance(
            entity=entity, currency=currency, not_stated_minor=stands.get(Account.SELLER_PAYABLE, 0),
            stated_minor=stands.get(Account.SELLER_STATEMENTS, 0), due_minor=max(0, due.get((entity, currency), 0)),
        )
        for (entity, currency), stands in owed.items()
    ]  # fmt: skip


def load_statement_lines(
    source: Source, statement: SellerStatement, *, after: Place = FIRST, most: int
) -> list[StatementLine]:
    """What a statement is made of, after a place."""
    day, at, order, seq = after
    rows = source.rows(
        "sellers", "statement_lines", seller=statement.seller, entity=statement.entity, currency=statement.currency,
        since=statement.since, until=statement.until, after_day=day, after_at=at, after_source=order, after_seq=seq,
        most=most,
    )  # fmt: skip
    return [
        StatementLine(
            day=day, at=at, order=msgspec.convert(order, OrderId, strict=False), order_number=number, seq=seq,
            document=document, goods_minor=int(goods), commission_minor=int(commission), due_minor=int(due),
        )
        for day, at, order, seq, number, document, goods, commission, due in rows
    ]  # fmt: skip


def place_of(line: StatementLine) -> Place:
    """Where the next page goes on."""
    return line.day, line.at, str(line.order), line.seq
