"""EDI in and out: interchanges are taken in document by document and acknowledged; documents about orders are written.

Purchase orders go the way of all orders: one `PlaceOrder` each, known by channel and number for ever. An interchange is opened before
and closed after, so that one that was broken off is gone on with and one that was closed is never taken again.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from orderline.core.context import Actor
from orderline.core.documents.state import DOCUMENT
from orderline.core.edi.acknowledging import NEVER_ACKNOWLEDGED, acknowledge, interchange_note
from orderline.core.edi.answers import respond, tell_invoice, tell_shipment
from orderline.core.edi.decide import CloseInterchange, KeepPurchase, OpenInterchange, TakeControlNumber, WriteDocument
from orderline.core.edi.edifact_answers import write_desadv, write_invoic, write_ordrsp
from orderline.core.edi.edifact_orders import read_orders
from orderline.core.edi.faults import Fault, FaultCode, Level, fault_at, rejects
from orderline.core.edi.fields import Fields
from orderline.core.edi.interchanges import Interchange, Message
from orderline.core.edi.placing import place_purchase
from orderline.core.edi.purchases import KeptPurchase, PurchaseOrder, Purpose
from orderline.core.edi.reading import MOST_BYTES, read_edi
from orderline.core.edi.refusals import EdiRefusal as R
from orderline.core.edi.segments import OutSegment, Syntax
from orderline.core.edi.state import (
    KINDS_OF,
    PARTNER,
    PURCHASE,
    EdiKind,
    EdiPartner,
    EdiPurchase,
    Profile,
    PurchaseState,
    SentDocument,
    TakenDocument,
    purchase_id,
)
from orderline.core.edi.writing import Envelope, Outgoing, write_interchange
from orderline.core.edi.x12_answers import write_810, write_855, write_856
from orderline.core.edi.x12_orders import read_850
from orderline.core.edi.x12_shipping_advices import read_945
from orderline.core.orders.commands import CancelUnits, Command
from orderline.core.orders.state import Order
from orderline.engine.edi_warehouses import SHIPPING_ADVICE, ask_warehouse, cancel_at_warehouse, take_advice
from orderline.engine.sealing import OrderAnswer
from orderline.engine.submissions import Outcome, Submission
from orderline.store.database import Database
from orderline.store.edi import SENDER, load_partners
from orderline.store.reading.records import load_record, load_records
from orderline.store.reading.source import Source
from orderline.store.working import read_orders as load_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

Run = Callable[[Submission], Outcome]

_ORDERS: Final = {Syntax.X12: "850", Syntax.EDIFACT: "ORDERS"}
_order = msgspec.json.Decoder(OrderAnswer)
_partner = msgspec.json.Decoder(EdiPartner)
_purchase = msgspec.json.Decoder(EdiPurchase)


class TakenInterchange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an interchange. accepted: it was not refused as a whole. acknowledgement: what is to be sent back, "" for nothing."""

    partner: str
    reference: str
    accepted: bool
    documents: tuple[TakenDocument, ...]
    faults: tuple[Fault, ...]
    acknowledgement: str


class TakenFile(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file. faults: of what is no interchange at all."""

    interchanges: tuple[TakenInterchange, ...]
    faults: tuple[Fault, ...]


class WrittenDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be sent. kind: as its syntax calls it, such as 855. reference: the control number of its interchange."""

    partner: str
    kind: str
    reference: int
    content: str


class EdiDesk:
    """Takes in and writes for one caller. run: hands a submission to the engine and waits for its outcome."""

    def __init__(self, database: Database, run: Run, actor: Actor) -> None:
        self._database = database
        self._run = run
        self._actor = actor

    def take_in(
        self,
        data: bytes,
        now: datetime,
        *,
        key: str = "",
        most_bytes: int = MOST_BYTES,
        may_see: Callable[[Profile], bool] = lambda profile: True,
    ) -> TakenFile:
        """Take in all interchanges of a file. Trouble: the same file is to be sent again, and is gone on with.

        key: the caller's name for this file: sent again under it, it is taken as the same, and not as a repeat.
        may_see: whether the caller may act for a partner. Refused EDI_PARTNER_UNKNOWN: an interchange is of nobody whose
        profile is here, or for nobody; nothing has been taken of any. EDI_PARTNER_STOPPED: as well.
        """
        read = read_edi(data, most_bytes=most_bytes)
        senders = {each.sender.id for each in read.interchanges}
        with self._database.connection() as connection:
            known = load_partners(Source(connection, self._database.cell), SENDER, senders)
        seen = [each for each in known if may_see(each.profile)]
        partners = [_partner_of(each, seen) for each in read.interchanges]
        taken = tuple(
            self._take(each, partner, hashlib.sha256(data).hexdigest(), key, now)
            for each, partner in zip(read.interchanges, partners, strict=True)
        )
        return TakenFile(interchanges=taken, faults=tuple(read.faults))

    def write(self, order: Order, kind: EdiKind, about: str, *, key: str = "") -> WrittenDocument:
        """Write a document about an order. about: the number of the shipment, of the invoice, or of the fulfillment order.

        Refused EDI_PURCHASE_UNKNOWN: the order did not come by EDI. EDI_NOTHING_TO_SAY: there is no such shipment or invoice.
        A shipping order, and its cancellation, are for the warehouse, wherever the order came from. Refused as `ask_warehouse`
        and `cancel_at_warehouse` say.
        """
        if kind is EdiKind.SHIPPING_ORDER or kind is EdiKind.SHIPPING_CANCELLATION:
            tell = ask_warehouse if kind is EdiKind.SHIPPING_ORDER else cancel_at_warehouse
            asked = tell(self._database, lambda command: self._do(command, key=key), order, about)
            return _written(asked.partner, asked.sent, asked.segments, is_test=order.is_test)
        with self._database.connection() as connection:
            source = Source(connection, self._database.cell)
            found = load_records(source, PURCHASE, subjects=[str(order.id)], most=1)
            if not found:
                raise Refused(R.EDI_PURCHASE_UNKNOWN, field="order", value=order.number)
            kept: EdiPurchase = found[0]
            partner: EdiPartner | None = load_record(source, PARTNER, kept.partner)
            assert partner is not None, "a purchase order is of a partner"
            said = _Saying(order, kept.document, partner.profile.syntax, source)
            # Whether there is anything to say is asked before a number is taken for it.
            said.segments(kind, about, order.accepted_at)
            command = WriteDocument(purchase=kept.id, partner=partner.id, kind=kind, about=about)
            sent = _purchase.decode(self._do(command, key=key)).sent[-1]
            return _written(partner, sent, said.segments(kind, about, sent.at))

    # ------------------------------------------------------------------------------------------ an interchange

    def _take(
        self, interchange: Interchange, partner: EdiPartner, sha256: str, key: str, now: datetime
    ) -> TakenInterchange:
        reference = interchange.reference
        documents: tuple[TakenDocument, ...] = ()
        if interchange.accepted:
            try:
                self._do(OpenInterchange(partner=partner.id, reference=reference, sha256=sha256, key=key))
            except Refused as refusal:
                if refusal.code is not R.EDI_INTERCHANGE_REPEATED:
                    raise
                header = interchange.header
                fault = fault_at(
                    FaultCode.REFERENCE_REPEATED, Level.INTERCHANGE, header.at, header.tag, value=reference
                )
                interchange.faults.append(fault)
        if interchange.accepted:
            documents = tuple(self._document(interchange, message, partner) for message in interchange.messages)
            self._do(CloseInterchange(partner=partner.id, reference=reference, documents=documents))
        else:
            documents = tuple(
                TakenDocument(kind=each.kind[:20], reference=each.reference[:35], result="rejected")
                for each in interchange.messages
            )
        return TakenInterchange(
            partner=partner.id, reference=interchange.reference, accepted=interchange.accepted, documents=documents,
            faults=tuple(interchange.all_faults), acknowledgement=self._acknowledge(interchange, partner, now),
        )  # fmt: skip

    def _acknowledge(self, interchange: Interchange, partner: EdiPartner, now: datetime) -> str:
        documents, note = acknowledge(interchange), interchange_note(interchange)
        if not documents and note is None:
            return ""
        number = _partner.decode(self._do(TakeControlNumber(partner=partner.id))).sent
        return _text(write_interchange(_envelope(partner, number, now), documents, note=note), partner)

    # ------------------------------------------------------------------------------------------ a document

    def _document(self, interchange: Interchange, message: Message, partner: EdiPartner) -> TakenDocument:
        about = TakenDocument(kind=message.kind[:20], reference=message.reference[:35], result="rejected")
        if message.kind in NEVER_ACKNOWLEDGED:
            return replace(about, result="read" if message.accepted else "rejected", codes=_codes(message))
        kinds = _kinds_taken(partner.profile)
        if message.kind not in kinds:
            expected = ", ".join(kinds)
            message.faults.append(
                fault_at(FaultCode.KIND_NOT_TAKEN, Level.MESSAGE, message.at, value=message.kind, expected=expected)
            )
        if not message.accepted:
            return replace(about, codes=_codes(message))
        act: Callable[[TakenDocument], TakenDocument]
        if message.kind == SHIPPING_ADVICE:
            advice = read_945(message, partner.profile)
            about = replace(about, number=advice.number)
            act = partial(
                take_advice, self._database, self._do, message, advice, partner, is_test=interchange.is_test
            )  # fmt: skip
        else:
            said = read_850(message) if interchange.syntax is Syntax.X12 else read_orders(message)
            about = replace(about, number=said.number, purpose=said.purpose)
            act = partial(self._order, interchange, message, said, partner)
        if message.accepted:
            try:
                about = act(about)
            except Refused as refusal:
                facts = ", ".join(
                    f"{name} {value}" for name, value in refusal.facts.items() if name in ("field", "value", "sku")
                )
                message.faults.append(
                    fault_at(
                        FaultCode.NOT_ACCEPTABLE,
                        Level.MESSAGE,
                        message.at,
                        value=f"{refusal.code.value} {facts}".strip(),
                    )
                )
                about = replace(about, result="rejected", codes=(refusal.code.value,))
        return about if message.accepted else replace(about, result="rejected", codes=about.codes or _codes(message))

    def _order(
        self, interchange: Interchange, message: Message, said: PurchaseOrder, partner: EdiPartner, about: TakenDocument
    ) -> TakenDocument:
        fields = Fields(message)
        if said.purpose is Purpose.CANCELLATION:
            return self._cancel(about, fields, message, said, interchange, partner)
        return self._place(about, fields, said, partner, is_test=interchange.is_test)

    def _place(
        self, about: TakenDocument, fields: Fields, said: PurchaseOrder, partner: EdiPartner, *, is_test: bool
    ) -> TakenDocument:
        made = place_purchase(fields, partner.profile, said, is_test=is_test)
        if made is None:
            return about
        command, kept = made
        outcome = self._run(Submission(command=command, actor=self._actor))
        order = _order.decode(outcome.answer_or_raise()).id
        if not outcome.replayed or self._known(partner, said.number) is None:
            self._do(KeepPurchase(partner=partner.id, order=order, document=kept, purpose=said.purpose))
        return replace(about, result="known" if outcome.replayed else "taken", order=order)

    def _cancel(
        self, about: TakenDocument, fields: Fields, message: Message, said: PurchaseOrder, interchange: Interchange, partner: EdiPartner
    ) -> TakenDocument:  # fmt: skip
        known = self._known(partner, said.number)
        if known is None:
            segment = next(each for each in message.segments if each.tag in ("BEG", "BGM"))
            fields.tell(
                FaultCode.CODE_UNKNOWN,
                segment,
                3 if segment.tag == "BEG" else 2,
                value=said.number,
                expected="an order that was placed",
            )
            return about
        if known.state is PurchaseState.CANCELED:
            return replace(about, result="known", order=known.order)
        key = f"edi:{partner.id}:{interchange.reference}:{message.reference}"
        self._do(CancelUnits(order=known.order, reason=f"canceled by {said.number} of {partner.id}"), key=key)
        self._do(KeepPurchase(partner=partner.id, order=known.order, document=known.document, purpose=said.purpose))
        return replace(about, result="taken", order=known.order)

    def _known(self, partner: EdiPartner, number: str) -> EdiPurchase | None:
        with self._database.connection() as connection:
            return load_record(Source(connection, self._database.cell), PURCHASE, purchase_id(partner.id, number))

    def _do(self, command: Command, *, key: str = "") -> bytes:
        return self._run(Submission(command=command, actor=self._actor, key=key)).answer_or_raise()


OfPurchase = Literal[EdiKind.RESPONSE, EdiKind.SHIP_NOTICE, EdiKind.INVOICE]


class _Saying:
    """What is said of one order, in the syntax of its partner."""

    def __init__(self, order: Order, kept: KeptPurchase, syntax: Syntax, source: Source) -> None:
        self._order = order
        self._kept = kept
        self._is_x12 = syntax is Syntax.X12
        self._source = source

    def segments(self, kind: OfPurchase, about: str, at: datetime) -> tuple[OutSegment, ...]:
        """The segments of a document. Refused EDI_NOTHING_TO_SAY."""
        order, kept = self._order, self._kept
        match kind:
            case EdiKind.RESPONSE:
                response = respond(order, kept)
                return write_855(response, kept, at) if self._is_x12 else write_ordrsp(response, kept, at)
            case EdiKind.SHIP_NOTICE:
                notice = tell_shipment(order, kept, int(about) if about.isdecimal() and len(about) < 6 else 0)
                return write_856(notice, kept, at) if self._is_x12 else write_desadv(notice, kept, at)
            case EdiKind.INVOICE:
                found = next((each for each in order.documents if about in (each.number, each.id)), None)
                document = load_record(self._source, DOCUMENT.name, found.id) if found is not None else None
                if document is None:
                    allowed = [each.number for each in order.documents]
                    raise Refused(R.EDI_NOTHING_TO_SAY, field="about", value=about, allowed=allowed)
                invoice = tell_invoice(order, kept, document)
                return write_810(invoice, kept) if self._is_x12 else write_invoic(invoice, kept)


def order_of(database: Database, order: OrderId) -> Order:
    """The order as it stands, for `EdiDesk.write`."""
    return load_orders(database, {order})[order]


def _written(
    partner: EdiPartner, sent: SentDocument, segments: tuple[OutSegment, ...], *, is_test: bool = False
) -> WrittenDocument:
    document = Outgoing(KINDS_OF[partner.profile.syntax][sent.kind], segments)
    content = write_interchange(_envelope(partner, sent.reference, sent.at, is_test=is_test), [document])
    return WrittenDocument(
        partner=partner.id, kind=document.kind, reference=sent.reference, content=_text(content, partner)
    )


def _envelope(partner: EdiPartner, reference: int, at: datetime, *, is_test: bool = False) -> Envelope:
    profile = partner.profile
    return Envelope(
        syntax=profile.syntax, sender=profile.ours, receiver=profile.theirs, reference=reference, at=at,
        is_test=profile.is_test or is_test, version=profile.version, character_set=profile.character_set,
    )  # fmt: skip


def _text(content: bytes, partner: EdiPartner) -> str:
    latin = partner.profile.syntax is Syntax.EDIFACT and partner.profile.character_set == "UNOC"
    return content.decode("latin-1" if latin else "utf-8")


def _partner_of(interchange: Interchange, known: Sequence[EdiPartner]) -> EdiPartner:
    sender, receiver = interchange.sender, interchange.receiver
    for each in known:
        if each.profile.is_between(sender, receiver, interchange.syntax):
            return each
    shown = _name(sender.qualifier, sender.id)
    raise Refused(R.EDI_PARTNER_UNKNOWN, field="sender", value=shown, receiver=_name(receiver.qualifier, receiver.id))


def _kinds_taken(profile: Profile) -> list[str]:
    """What is taken from a partner: orders for its channel, and advices of a warehouse."""
    return [*([_ORDERS[profile.syntax]] if profile.channel else ()), *([SHIPPING_ADVICE] if profile.locations else ())]


def _name(qualifier: str, id_: str) -> str:
    return f"{qualifier}:{id_}"[:60] if qualifier else id_[:60]


def _codes(message: Message) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.code.value for each in message.faults if rejects(each)))
