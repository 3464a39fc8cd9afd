"""`orderline credit`: store credit and gift cards, as over HTTP; shown before they are changed."""

from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Any, Literal

import click

from orderline.cli.agreeing import person, yes_option
from orderline.cli.inputs import DAY
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import installation
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.credits import commands as c
from orderline.core.credits.cards import IssueSoldCards
from orderline.core.credits.codes import LENGTH, SECRET, code_from, hash_of
from orderline.core.credits.sold import cards_of, cards_sold
from orderline.core.credits.state import KIND, CreditAccount, CreditKind, CreditState
from orderline.core.credits.statements import statement_of
from orderline.values.money import parse_minor


@click.group()
def credit() -> None:
    """Store credit and gift cards: list, show, statement, issue, cards, transfer."""


def _row(each: CreditAccount) -> tuple[str, ...]:
    balance = amount(each.balance_minor, each.currency)
    return each.id, plain(each.kind), each.holder, balance, plain(each.state), _until(each)


add_list(credit, RecordList(
    KIND, "Accounts with what is on them.", ("account", "kind", "holder", "balance", "stands as", "expires"), _row,
    right=(3,), states=CreditState, subject="holder", empty="There is no such account.",
))  # fmt: skip


@credit.command()
@click.argument("account")
@json_option
def show(account: str, as_json: bool) -> None:
    """One account: what is on it, whose it is, and when it lapses; `statement` tells what came and went."""
    show_record(found_record(KIND, account, code="CREDIT_UNKNOWN"), as_json=as_json)


@credit.command()
@click.argument("account")
@click.option("--since", type=DAY, help="The first day; thirty days before the last when not given.")
@click.option("--until", type=DAY, help="The last day; today when not given.")
@json_option
def statement(account: str, since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """What came to an ACCOUNT and went from it, with what was left each time."""
    from orderline.cli.sources import reading
    from orderline.store.reading.credits import all_credit_entries

    found: CreditAccount = found_record(KIND, account, code="CREDIT_UNKNOWN")
    last = until.date() if until is not None else datetime.now(UTC).date()
    first = since.date() if since is not None else last - timedelta(days=30)
    if first > last:
        raise click.BadParameter(f"{first} is after {last}, the last day.", param_hint="--since")
    with reading() as source:
        told = statement_of(found, all_credit_entries(source, found.id), first, last)
    if as_json:
        emit(told)
        return
    say(f"On {first}: {amount(told.opening_minor, told.currency)}")
    rows = [
        (instant(e.at), plain(e.cause), amount(e.amount_minor, told.currency), amount(e.balance_minor, told.currency), e.reason)
        for e in told.lines
    ]  # fmt: skip
    if rows:
        table(("at", "what", "amount", "left", "reason"), rows, right=(2, 3))
    given = f", {amount(told.goodwill_minor, told.currency)} of it not paid for" if told.goodwill_minor else ""
    say(f"On {last}: {amount(told.closing_minor, told.currency)}{given}")


@credit.command()
@click.argument("account")
@click.argument("value")
@click.argument("currency")
@click.option(
    "--kind", type=click.Choice([each.value for each in CreditKind]), default="store_credit", show_default=True
)
@click.option("--why", type=click.Choice(["sold", "goodwill"]), default="goodwill", show_default=True)
@click.option("--reason", default="", help="Why it is given.")
@click.option("--holder", default="", help="Whose it is.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The day (UTC) on which what is left lapses.")
@click.option(
    "--goodwill-expires",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day (UTC) on which what nobody has paid for lapses, before that.",
)
@yes_option
@json_option
def issue(
    account: str, value: str, currency: str, kind: str, why: Literal["sold", "goodwill"], reason: str, holder: str,
    expires: datetime | None, goodwill_expires: datetime | None, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Put an amount on an ACCOUNT, such as `issue ann 10.00 EUR`; it is opened when there is none."""
    code, code_hash = _drawn(account) if kind == CreditKind.GIFT_CARD.value else ("", "")
    command = c.IssueCredit(
        account=account, kind=CreditKind(kind), currency=currency, amount_minor=parse_minor(value, currency), why=why,
        reason=reason, holder=holder, code_hash=code_hash,
        expires_at=expires.replace(tzinfo=UTC) if expires is not None else None,
        goodwill_expires_at=goodwill_expires.replace(tzinfo=UTC) if goodwill_expires is not None else None,
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json)
    _tell_code(code, as_json=as_json)


@credit.command()
@click.argument("account")
@click.argument("to")
@click.option("--reason", required=True, help="Why, such as `lost`.")
@yes_option
@json_option
def transfer(account: str, to: str, reason: str, yes: bool, as_json: bool) -> None:
    """Move what is on an ACCOUNT to another one: a card was lost."""
    found: CreditAccount = found_record(KIND, account, code="CREDIT_UNKNOWN")
    code, code_hash = _drawn(to) if found.kind is CreditKind.GIFT_CARD else ("", "")
    run_shown(c.TransferCredit(account=account, to=to, reason=reason, code_hash=code_hash), yes=yes, as_json=as_json)
    _tell_code(code, as_json=as_json)


@credit.command()
@click.argument("order")
@click.option("--expires", type=DAY, help="The day (UTC) on which what is on them lapses.")
@json_option
def cards(order: str, expires: datetime | None, as_json: bool) -> None:
    """Open the gift cards that were sold on an ORDER and invoiced; their codes are shown this once."""
    from orderline.cli.orders import one_order
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_record
    from orderline.store.secrets import secret_of
    from orderline.store.working import read_orders

    here = installation()
    with here.database() as database, here.engine(database) as engine:
        order_id = one_order(database, order)
        found = read_orders(database, {order_id})[order_id]
        sold = cards_sold(found)
        with reading(database) as source:
            names = [card for line, units in sold for card in cards_of(found.number, line, units)]
            codes = {each: code_from(token_bytes(LENGTH)) for each in names if load_record(source, KIND, each) is None}
        secret = secret_of(database, SECRET)
        command = IssueSoldCards(
            order=order_id, number=found.number, sold=sold,
            code_hashes=tuple(hash_of(secret, code) for code in codes.values()),
            expires_at=expires.replace(tzinfo=UTC) if expires is not None else None,
        )  # fmt: skip
        engine.run(command, actor=person())
        with reading(database) as source:
            made: dict[str, Any] = {each: load_record(source, KIND, each) for each in codes}
    if as_json:
        emit(
            [{"account": each, "code": code, "balance_minor": made[each].balance_minor} for each, code in codes.items()]
        )
        return
    rows = [(each, amount(made[each].balance_minor, found.currency), code) for each, code in codes.items()]
    table(("card", "balance", "code"), rows, right=(1,))


def _drawn(account: str) -> tuple[str, str]:
    """A new code with what is kept of it; none, for an account that there is."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_record
    from orderline.store.secrets import secret_of

    with reading() as source:
        if account.isprintable() and load_record(source, KIND, account) is not None:
            return "", ""
    code = code_from(token_bytes(LENGTH))
    with installation().database() as database:
        return code, hash_of(secret_of(database, SECRET), code)


def _tell_code(code: str, *, as_json: bool) -> None:
    if code and not as_json:
        say(f"Its code, shown this once, if it was opened: {code}")


def _until(account: CreditAccount) -> str:
    return instant(account.expires_at) if account.expires_at is not None else "never"
