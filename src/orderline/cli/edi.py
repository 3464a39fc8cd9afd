"""`orderline edi`: documents of partners in X12 and EDIFACT, read, checked, acknowledged, taken in and written."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orderline.cli.agreeing import person, yes_option
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import count, instant, plain
from orderline.cli.ports import Failure, installation, not_writable
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.edi.shipping_orders import SHIPPING_ORDER, EdiShippingOrder
from orderline.core.edi.state import INTERCHANGE, PARTNER, PURCHASE, EdiInterchange, EdiKind, EdiPartner, EdiPurchase

if TYPE_CHECKING:
    from orderline.core.edi.interchanges import Interchange
    from orderline.engine.edi import TakenInterchange

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
_out = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it; else it is printed."
)


@click.group()
def edi() -> None:
    """Documents of partners in X12 and EDIFACT: check, acknowledge, take, write, interchanges, purchases, shipping-orders, partners, partner, put-partner."""


@edi.command()
@_file
@json_option
def check(file: Path, as_json: bool) -> None:
    """Read FILE (- for standard input) and say what is in it and what is wrong with it.

    Nothing is taken in, and no partner has to be known. Exit status 1 when some of it would not be taken.
    """
    from orderline.core.edi.faults import in_words
    from orderline.core.edi.reading import read_edi

    read = read_edi(_read(file))
    whole = bool(read.interchanges) and not read.faults
    whole = whole and all(each.accepted and all(m.accepted for m in each.messages) for each in read.interchanges)
    if as_json:
        interchanges = [
            {
                "syntax": each.syntax, "sender": each.sender, "receiver": each.receiver, "reference": each.reference,
                "is_test": each.is_test, "accepted": each.accepted,
                "documents": [{"kind": m.kind, "reference": m.reference, "accepted": m.accepted} for m in each.messages],
            }
            for each in read.interchanges
        ]  # fmt: skip
        emit({"segments": read.segments, "accepted": whole, "interchanges": interchanges, "faults": read.all_faults})
    else:
        for each in read.interchanges:
            _show(each)
        for fault in read.all_faults:
            say(f"  {fault.code}: {in_words(fault)}.")
        say(f"{count(read.segments, 'segment')}, {count(len(read.all_faults), 'fault')}.")
    if not whole:
        raise Failure(
            f"{file} would not be taken as it is.", "`orderline edi acknowledge` writes what to tell its sender."
        )


def _show(interchange: "Interchange") -> None:
    test = ", a test" if interchange.is_test else ""
    said = f"{interchange.syntax.upper()} interchange {interchange.reference} from {interchange.sender.id} to {interchange.receiver.id}{test}"
    say(f"{said}: {'can be taken' if interchange.accepted else 'is rejected'}.")
    rows = [
        (m.kind, m.reference, str(len(m.segments) + 2), "accepted" if m.accepted else "rejected")
        for m in interchange.messages
    ]
    if rows:
        table(("document", "number", "segments", ""), rows, right=(2,))


@edi.command()
@_file
@click.option(
    "--reference",
    type=click.IntRange(1, 999_999_999),
    default=1,
    show_default=True,
    help="Control number of the first one.",
)
@_out
def acknowledge(file: Path, reference: int, out: Path | None) -> None:
    """Write the acknowledgement of FILE as it was read: 997 with TA1, or CONTRL. Nothing is taken in."""
    from orderline.core.edi.acknowledging import acknowledge as answer
    from orderline.core.edi.acknowledging import interchange_note
    from orderline.core.edi.reading import read_edi
    from orderline.core.edi.writing import Envelope, write_interchange

    written: list[bytes] = []
    for each in read_edi(_read(file)).interchanges:
        documents, note = answer(each), interchange_note(each)
        if documents or note is not None:
            envelope = Envelope(
                syntax=each.syntax, sender=each.receiver, receiver=each.sender, reference=reference + len(written),
                at=datetime.now(UTC), is_test=each.is_test,
            )  # fmt: skip
            written.append(write_interchange(envelope, documents, note=note))
    if not written:
        raise Failure(
            f"There is nothing to acknowledge in {file}.", "`orderline edi check` says what is wrong with it."
        )
    _write(b"".join(written).decode("latin-1"), out)


@edi.command()
@_file
@click.option(
    "--acknowledgement", type=click.Path(dir_okay=False, path_type=Path), help="Where to write what is to be sent back."
)
@json_option
def take(file: Path, acknowledgement: Path | None, as_json: bool) -> None:
    """Take FILE (- for standard input) in: purchase orders become orders, what a warehouse sent is shipped, and each document has a result.

    Exit status 1 when anything was rejected. Broken off, it is run again.
    """
    from orderline.engine.edi import EdiDesk

    with installation().database() as database, installation().engine(database) as engine:
        desk = EdiDesk(database, lambda submission: engine.submit(submission).result(), person())
        taken = desk.take_in(_read(file), datetime.now(UTC))
    answers = "".join(each.acknowledgement for each in taken.interchanges)
    if acknowledgement is not None and answers:
        _write(answers, acknowledgement)
    if as_json:
        emit(taken)
    else:
        from orderline.core.edi.faults import in_words

        for each in taken.interchanges:
            _tell(each)
        for fault in (*taken.faults, *(fault for each in taken.interchanges for fault in each.faults)):
            say(f"  {fault.code}: {in_words(fault)}.")
        if acknowledgement is None and answers:
            click.echo(answers, nl=False)
    rejected = any(
        not each.accepted or any(d.result == "rejected" for d in each.documents) for each in taken.interchanges
    )
    if taken.faults or rejected or not taken.interchanges:
        raise Failure(f"Not all of {file} was taken.", "Send the acknowledgement back: it says why.")


def _tell(taken: "TakenInterchange") -> None:
    verdict = "taken" if taken.accepted else "rejected"
    say(f"Interchange {taken.reference} of {taken.partner}: {verdict}.")
    rows = [(d.kind, d.reference, d.number, d.result, str(d.order or ""), ", ".join(d.codes)) for d in taken.documents]
    if rows:
        table(("document", "number", "order of theirs", "result", "order of ours", "why"), rows)


@edi.command()
@click.argument("reference")
@click.option(
    "--kind", type=click.Choice([each.value.replace("_", "-") for each in EdiKind]), required=True, help="What is told."
)
@click.option("--about", default="", help="The number of the shipment, of the invoice, or of the fulfillment order.")
@_out
@json_option
def write(reference: str, kind: str, about: str, out: Path | None, as_json: bool) -> None:
    """Write what a partner is told of the order REFERENCE: response, ship-notice or invoice; for its warehouse shipping-order and shipping-cancellation.

    It takes a control number.
    """
    from orderline.cli.orders import one_order
    from orderline.engine.edi import EdiDesk, order_of

    with installation().database() as database, installation().engine(database) as engine:
        order = order_of(database, one_order(database, reference))
        desk = EdiDesk(database, lambda submission: engine.submit(submission).result(), person())
        written = desk.write(order, EdiKind(kind.replace("-", "_")), about)
    if as_json and out is None:
        emit(written)
        return
    _write(written.content, out)
    if out is not None:
        say(f"{written.kind} number {written.reference} for {written.partner} written to {out}.")


def _partner_row(each: EdiPartner) -> tuple[str, ...]:
    profile = each.profile
    return (
        each.id,
        each.name,
        profile.syntax.upper(),
        profile.theirs.id,
        profile.channel,
        str(each.sent),
        plain(each.state),
    )


def _interchange_row(each: EdiInterchange) -> tuple[str, ...]:
    rejected = sum(document.result == "rejected" for document in each.documents)
    return each.partner, each.reference, instant(each.at), str(len(each.documents)), str(rejected), plain(each.state)


def _purchase_row(each: EdiPurchase) -> tuple[str, ...]:
    return each.partner, each.document.number, str(each.order), str(len(each.sent)), plain(each.state)


def _shipping_row(each: EdiShippingOrder) -> tuple[str, ...]:
    units = sum(line.quantity for line in each.lines)
    return each.partner, each.number, each.location, str(units), str(len(each.sent)), plain(each.state)


add_list(edi, RecordList(
    PARTNER, "Partners, with the last control number that was written for each.",
    ("partner", "name", "syntax", "their id", "channel", "last number", "state"), _partner_row, right=(5,),
    empty="There is no partner of EDI.",
), "partners")  # fmt: skip
add_list(edi, RecordList(
    INTERCHANGE, "Interchanges that were taken in.", ("partner", "number", "came", "documents", "rejected", "state"),
    _interchange_row, right=(3, 4), subject="partner", empty="No interchange has come.",
), "interchanges")  # fmt: skip
add_list(edi, RecordList(
    PURCHASE, "Purchase orders that came, with the orders that they are.", ("partner", "number", "order", "told", "state"),
    _purchase_row, right=(3,), subject="order", whose="Only of this order, by its id", empty="No purchase order has come.",
), "purchases")  # fmt: skip

add_list(edi, RecordList(
    SHIPPING_ORDER, "What warehouses were asked to send, and whether they have told what they sent.",
    ("partner", "number", "location", "units", "asked", "state"), _shipping_row, right=(3, 4), subject="order",
    whose="Only of this order, by its id", empty="No warehouse was asked.",
), "shipping-orders")  # fmt: skip


@edi.command()
@click.argument("partner")
@json_option
def partner(partner: str, as_json: bool) -> None:
    """A PARTNER with its profile."""
    show_record(found_record(PARTNER, partner, code="EDI_PARTNER_UNKNOWN"), as_json=as_json)


@edi.command("put-partner")
@click.argument("partner")
@_file
@click.option("--name", default="", help="What people call it.")
@click.option("--stopped", is_flag=True, help="Nothing is taken from it, or written for it.")
@yes_option
@json_option
def put_partner(partner: str, file: Path, name: str, stopped: bool, yes: bool, as_json: bool) -> None:
    """Set up a PARTNER by its profile in FILE (TOML), or change that."""
    import msgspec

    from orderline.core.edi.decide import PutEdiPartner
    from orderline.core.edi.state import PartnerState, Profile

    try:
        profile = msgspec.toml.decode(_read(file), type=Profile)
    except (msgspec.DecodeError, ValueError) as error:
        raise Failure(f"{file} is no profile: {error}", "docs/how-to/edi.md has one to begin with.") from error
    state = PartnerState.STOPPED if stopped else PartnerState.ACTIVE
    run_shown(PutEdiPartner(partner=partner, profile=profile, name=name, state=state), yes=yes, as_json=as_json)


def _read(file: Path) -> bytes:
    """At most what is read at once, and one byte more, by which it is told that there is more."""
    from orderline.core.edi.reading import MOST_BYTES

    if str(file) == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _write(text: str, out: Path | None) -> None:
    """As it is to be sent: what is written here is Latin text, unless it says otherwise."""
    if out is None:
        click.echo(text, nl=False)
        return
    encoding = "utf-8" if "UNOW" in text[:40] else "latin-1"
    try:
        out.write_bytes(text.encode(encoding))
    except OSError as error:
        raise not_writable(out, error) from error
