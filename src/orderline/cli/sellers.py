"""`orderline seller`: third parties whose goods are sold here, what they are owed, and how they are paid."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from orderline.cli.agreeing import agreed, document, person, yes_option
from orderline.cli.inputs import DAY
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, count, plain
from orderline.cli.ports import Failure, installation
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.sellers import commands as c
from orderline.core.sellers.schedule import last_day
from orderline.core.sellers.state import KIND, STATEMENT_KIND, Seller, SellerStatement, StatementState
from orderline.values.money import Money

MOST: Final = 1_000
MOST_LINES: Final = 100_000
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_seller = click.argument("seller")
_statement = click.argument("statement")


@click.group()
def seller() -> None:
    """Third parties whose goods are sold here: put, list, show, owed, state, statements, lines, bank-file, paid, failed, returned."""


@seller.command()
@_seller
@click.argument("file", type=_FILE)
@yes_option
@json_option
def put(seller: str, file: Path, yes: bool, as_json: bool) -> None:
    """Create a SELLER, or replace what is agreed with it, from a JSON FILE: party, rate_ppm, categories, fixed_minor, ..."""
    try:
        given: dict[str, Any] = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        command = msgspec.convert({**given, "seller": seller, "type": "put_seller"}, c.PutSeller)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Failure(f"{file} can't be read: {error}", code="FILE_MALFORMED", value=str(file)) from None
    run_shown(command, yes=yes, as_json=as_json)


@seller.command()
@_seller
@json_option
def show(seller: str, as_json: bool) -> None:
    """A SELLER with its terms."""
    show_record(_found(seller), as_json=as_json)


@seller.command()
@_seller
@json_option
def owed(seller: str, as_json: bool) -> None:
    """What a SELLER is owed: not stated, and stated and not paid."""
    from orderline.cli.sources import reading
    from orderline.store.reading.sellers import load_balances

    known = _found(seller)
    with reading() as source:
        found = load_balances(source, known, last_day(datetime.now(UTC), known.reserve_days))
    if as_json:
        emit(found)
        return
    rows = [
        (
            e.entity, amount(e.not_stated_minor, e.currency), amount(e.due_minor, e.currency),
            amount(e.stated_minor, e.currency),
        )
        for e in found
    ]  # fmt: skip
    table(("entity", "not stated", "of it due", "stated and not paid"), rows, right=(1, 2, 3))


@seller.command()
@_seller
@click.option("--until", type=DAY, help="The last day; the last that is over and not kept back, when not given.")
@yes_option
@json_option
def state(seller: str, until: datetime | None, yes: bool, as_json: bool) -> None:
    """State what a SELLER is owed now, without waiting for its period to be over."""
    from orderline.cli.sources import reading
    from orderline.store.reading.sellers import load_due

    known = _found(seller)
    day = until.date() if until is not None else last_day(datetime.now(UTC), known.reserve_days)
    with reading() as source:
        due = tuple(each for each in load_due(source, known, day) if each.amount_minor > 0)
    if not as_json:
        say(f"Through {day}, {seller} is owed: {_sums([(e.amount_minor, e.currency) for e in due])}.")
    if not due:
        if as_json:
            emit(document(due, applied=False))
        return
    run_shown(c.StateSeller(seller=seller, until=day, due=due), yes=yes, as_json=as_json)


@seller.command()
@_statement
@json_option
def lines(statement: str, as_json: bool) -> None:
    """What a STATEMENT is made of, to the cent."""
    from orderline.cli.sources import reading
    from orderline.store.reading.sellers import load_statement_lines

    known = _found_statement(statement)
    with reading() as source:
        found = load_statement_lines(source, known, most=MOST_LINES)
    if as_json:
        emit(found)
        return
    rows = [
        (
            str(e.day), e.order_number, e.document, amount(e.goods_minor, known.currency),
            amount(e.commission_minor, known.currency), amount(e.due_minor, known.currency),
        )
        for e in found
    ]  # fmt: skip
    table(("day", "order", "document", "goods", "commission", "due"), rows, right=(3, 4, 5))


@seller.command("bank-file")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seller", "sellers", multiple=True, help="Only of this seller; may be repeated.")
@click.option("--again", is_flag=True, help="Those that were taken to be paid already, under the keys they have.")
@yes_option
@json_option
def bank_file(file: Path, sellers: tuple[str, ...], again: bool, yes: bool, as_json: bool) -> None:
    """Take open statements to be paid, and write FILE (CSV) for the bank; each has a key by which the bank knows a repeat."""
    state = StatementState.INSTRUCTED if again else StatementState.OPEN
    found = _statements(sellers, (state.value,))
    if not as_json:
        sums = _sums([(e.amount_minor, e.currency) for e in found])
        say(f"{count(len(found), 'statement')} to be paid: {sums}.")
    done = bool(found) and agreed(yes, as_json=as_json)
    if done:
        if not again:
            here = installation()
            with here.database() as database, here.engine(database) as engine:
                for each in found:
                    engine.run(c.InstructSellerPayment(statement=each.id), actor=person())
            found = _statements_named([each.id for each in found])
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("key", "name", "iban", "bic", "amount", "currency", "statement"))
            for each in found:
                sum_ = str(Money(each.amount_minor, each.currency)).partition(" ")[0]
                to = each.party
                writer.writerow((each.payments[-1].key, to.name, to.iban, to.bic, sum_, each.currency, each.number))
    if as_json:
        emit(document(found, applied=done))
    elif done:
        say(f"Written to {file}. Say of each how it went: `orderline seller paid` or `failed`.")


@seller.command()
@_statement
@click.option("--reference", required=True, help="The bank's name for the payment.")
@click.option("--on", "day", type=DAY, help="When it went (UTC); today, when not given.")
@yes_option
@json_option
def paid(statement: str, reference: str, day: datetime | None, yes: bool, as_json: bool) -> None:
    """The money of a STATEMENT has gone."""
    paid_at = day.replace(tzinfo=UTC) if day is not None else None
    command = c.RecordSellerPayment(statement=statement, reference=reference, paid_at=paid_at)
    run_shown(command, yes=yes, as_json=as_json)


@seller.command()
@_statement
@click.option("--reason", required=True, help="Why.")
@yes_option
@json_option
def failed(statement: str, reason: str, yes: bool, as_json: bool) -> None:
    """Nothing has gone for a STATEMENT that was taken to be paid, and nothing will; it is open again."""
    run_shown(c.FailSellerPayment(statement=statement, reason=reason), yes=yes, as_json=as_json)


@seller.command()
@_statement
@click.option("--reason", required=True, help="Why.")
@yes_option
@json_option
def returned(statement: str, reason: str, yes: bool, as_json: bool) -> None:
    """The bank has sent the money of a STATEMENT back; it is owed again."""
    run_shown(c.ReturnSellerPayment(statement=statement, reason=reason), yes=yes, as_json=as_json)


def _found(seller: str) -> Seller:
    found: Seller = found_record(KIND, seller, code="SELLER_UNKNOWN")
    return found


def _found_statement(statement: str) -> SellerStatement:
    found: SellerStatement = found_record(STATEMENT_KIND, statement, code="SELLER_STATEMENT_UNKNOWN")
    return found


def _seller_row(each: Seller) -> tuple[str, ...]:
    held = each.held or plain(each.state)
    return each.id, each.party.name, _percent(each.rate_ppm), plain(each.schedule), str(each.reserve_days), held


def _statement_row(each: SellerStatement) -> tuple[str, ...]:
    figures = (each.goods_minor, each.commission_minor, each.amount_minor)
    sums = (amount(figure, each.currency) for figure in figures)
    return each.id, each.seller, str(each.until), *sums, plain(each.state)


add_list(seller, RecordList(
    KIND, "Sellers with their terms.", ("seller", "name", "commission", "paid each", "days kept back", "stands as"),
    _seller_row, right=(2, 4), empty="There is no seller.",
))  # fmt: skip
add_list(seller, RecordList(
    STATEMENT_KIND, "Statements by their numbers.",
    ("statement", "seller", "through", "goods", "commission", "to be paid", "stands as"), _statement_row, right=(3, 4, 5),
    states=StatementState, subject="seller",
), "statements")  # fmt: skip


def _statements(sellers: tuple[str, ...], states: tuple[str, ...]) -> list[SellerStatement]:
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    with reading() as source:
        return load_records(source, STATEMENT_KIND, states=states, subjects=sellers, most=MOST)


def _statements_named(ids: list[str]) -> list[SellerStatement]:
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_named

    with reading() as source:
        return list(load_named(source, STATEMENT_KIND, ids).values())


def _percent(ppm: int) -> str:
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}{f'.{rest:04d}'.rstrip('0') if rest else ''} %"


def _sums(amounts: list[tuple[int, str]]) -> str:
    sums: dict[str, int] = {}
    for minor, currency in amounts:
        sums[currency] = sums.get(currency, 0) + minor
    return ", ".join(amount(minor, currency) for currency, minor in sorted(sums.items())) or "nothing"
