"""What is kept of EDI: partners with their profiles, interchanges that came, purchase orders in their own words."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from orderline.core.edi.interchanges import PartyId
from orderline.core.edi.purchases import KeptPurchase, Purpose
from orderline.core.edi.segments import Syntax
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

PARTNER: Final = "edi_partner"
INTERCHANGE: Final = "edi_interchange"
PURCHASE: Final = "edi_purchase"

DateMeaning = Literal["deliver_by", "not_before", "ignored"]


class PartnerState(StrEnum):
    """Is anything taken from it, or sent?"""

    ACTIVE = "active"
    STOPPED = "stopped"


class InterchangeState(StrEnum):
    """open: some of it may not have been taken in. closed: all of it has its result."""

    OPEN = "open"
    CLOSED = "closed"


class PurchaseState(StrEnum):
    """placed: there is an order. canceled: its partner took it back."""

    PLACED = "placed"
    CANCELED = "canceled"


class EdiKind(StrEnum):
    """What is written for a partner, whatever its syntax calls it."""

    RESPONSE = "response"
    SHIP_NOTICE = "ship_notice"
    INVOICE = "invoice"
    SHIPPING_ORDER = "shipping_order"
    SHIPPING_CANCELLATION = "shipping_cancellation"


# What documents are called in either syntax.
KINDS_OF: Final = {
    Syntax.X12: {
        EdiKind.RESPONSE: "855", EdiKind.SHIP_NOTICE: "856", EdiKind.INVOICE: "810", EdiKind.SHIPPING_ORDER: "940",
        EdiKind.SHIPPING_CANCELLATION: "940",
    },
    Syntax.EDIFACT: {EdiKind.RESPONSE: "ORDRSP", EdiKind.SHIP_NOTICE: "DESADV", EdiKind.INVOICE: "INVOIC"},
}  # fmt: skip


# What holds where a profile says nothing else.
UNITS: Final = {"EA": 1, "PCE": 1}
DATES: Final[dict[str, DateMeaning]] = {"002": "deliver_by", "2": "deliver_by", "63": "deliver_by"}


class Profile(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """How a partner writes, as data.

    ours, theirs: the names in the headers of interchanges. channel: where its orders are placed; no other partner has it, and
    a warehouse has none.
    company, on_terms: which of our companies it is, and whether it pays by invoice. currency: where a document says none.
    version, character_set, is_test: of what is written. sku_qualifiers: which names of goods are SKUs, the best first; skus: other
    names, such as "UP:012345678905", with what they are here. units: units of measure besides EA and PCE, with how many of ours one has;
    0: as `packs` says by SKU, or the document. dates: what date qualifiers mean, besides 002, 2 and 63, which are deliver_by. ship_to: location codes, such as "92:0007", with the
    location of the company they are; others must come with an address. delivered_to: the roles of who goods go to, the best first.
    locations: those of ours that it runs as a warehouse, with its own codes for them; no other partner has them. services: its carrier codes
    for our service levels; carriers: what its carrier codes are here. tracking: which qualifiers of N9 and MAN are tracking numbers.
    """

    syntax: Syntax
    ours: PartyId
    theirs: PartyId
    channel: str = ""
    company: str = ""
    on_terms: bool = False
    currency: str = ""
    version: str = ""
    character_set: str = "UNOC"
    is_test: bool = False
    sku_qualifiers: tuple[str, ...] = ("VN", "VP", "SA")
    skus: dict[str, str] = {}
    units: dict[str, int] = {}
    packs: dict[str, int] = {}
    dates: dict[str, DateMeaning] = {}
    ship_to: dict[str, str] = {}
    delivered_to: tuple[str, ...] = ("ST", "DP", "BY")
    locations: dict[str, str] = {}
    services: dict[str, str] = {}
    carriers: dict[str, str] = {}
    tracking: tuple[str, ...] = ("2I", "CN", "CP")

    def is_between(self, sender: PartyId, receiver: PartyId, syntax: Syntax) -> bool:
        """Is an interchange from this partner, and for us? A profile without a qualifier takes any."""
        named = ((self.theirs, sender), (self.ours, receiver))
        same = all(known.id == said.id and known.qualifier in ("", said.qualifier) for known, said in named)
        return same and self.syntax is syntax

    def sku_of(self, items: Sequence[tuple[str, str]]) -> str:
        """What is meant by names of goods: what is said here of one of them, or the best of those that are SKUs; "" where none is."""
        for qualifier, value in items:
            known = self.skus.get(f"{qualifier}:{value}")
            if known:
                return known
        said = dict(reversed(items))
        return next((said[each] for each in self.sku_qualifiers if each in said), "")

    def units_in(self, unit: str, sku: str, pack: int = 0) -> int:
        """Units of ours in one of a unit of measure; pack: what the document says of that. 0: nobody says."""
        per = self.units.get(unit, UNITS.get(unit))
        if per is None:
            return 0
        return per or self.packs.get(sku, 0) or pack


class EdiPartner(Record, frozen=True, kw_only=True):
    """A partner with its profile. sent: the control number of the last interchange that was written for it."""

    id: str
    name: str
    profile: Profile
    sent: int = 0
    state: PartnerState = PartnerState.ACTIVE


class TakenDocument(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What became of one document. result: taken, known (it had been taken before) or rejected; codes: of its faults, or the refusal."""

    kind: str
    reference: str
    result: Literal["taken", "known", "rejected", "read"]
    number: str = ""
    purpose: Purpose | None = None
    order: OrderId | None = None
    codes: tuple[str, ...] = ()


class EdiInterchange(Record, frozen=True, kw_only=True):
    """An interchange that came, by its control number, which never comes twice. sha256: of the file; key: of the call that brought it."""

    id: str
    partner: str
    reference: str
    sha256: str
    at: datetime
    key: str = ""
    documents: tuple[TakenDocument, ...] = ()
    state: InterchangeState = InterchangeState.OPEN


class SentDocument(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A document that was written. about: the number of the shipment or invoice, or ""; reference: the control number."""

    kind: EdiKind
    reference: int
    at: datetime
    by: str
    about: str = ""


class EdiPurchase(Record, frozen=True, kw_only=True):
    """A purchase order of a partner and the order that it became. purposes: of the documents that were taken, in their order."""

    id: str
    partner: str
    order: OrderId
    document: KeptPurchase
    purposes: tuple[Purpose, ...]
    sent: tuple[SentDocument, ...] = ()
    state: PurchaseState = PurchaseState.PLACED


class PartnerPut(RecordEvent, frozen=True, kw_only=True, tag="edi_partner_put"):
    """A partner was set up, or its profile was changed."""

    id: str
    name: str
    profile: Profile
    state: PartnerState
    by: str
    at: datetime


class ControlNumberTaken(RecordEvent, frozen=True, kw_only=True, tag="edi_number_taken"):
    """An interchange is written for it."""

    number: int
    at: datetime


class InterchangeOpened(RecordEvent, frozen=True, kw_only=True, tag="edi_interchange_opened"):
    """An interchange came."""

    id: str
    partner: str
    reference: str
    sha256: str
    at: datetime
    key: str = ""


class InterchangeClosed(RecordEvent, frozen=True, kw_only=True, tag="edi_interchange_closed"):
    """All that is in it has its result."""

    documents: tuple[TakenDocument, ...]
    at: datetime


class PurchaseKept(RecordEvent, frozen=True, kw_only=True, tag="edi_purchase_kept"):
    """A purchase order became an order, or its order was canceled by a document of the partner."""

    id: str
    partner: str
    order: OrderId
    document: KeptPurchase
    purpose: Purpose
    at: datetime


class DocumentWritten(RecordEvent, frozen=True, kw_only=True, tag="edi_document_written"):
    """A document was written for its partner."""

    sent: SentDocument


AnyPartnerEvent = PartnerPut | ControlNumberTaken
AnyInterchangeEvent = InterchangeOpened | InterchangeClosed
AnyPurchaseEvent = PurchaseKept | DocumentWritten


def evolve_partner(known: EdiPartner | None, event: AnyPartnerEvent) -> EdiPartner:
    """The partner after an event."""
    match event:
        case PartnerPut() if known is None:
            return EdiPartner(id=event.id, name=event.name, profile=event.profile, state=event.state)
        case PartnerPut():
            assert known is not None
            return replace(known, name=event.name, profile=event.profile, state=event.state)
        case ControlNumberTaken():
            assert known is not None
            return replace(known, sent=event.number)


def evolve_interchange(known: EdiInterchange | None, event: AnyInterchangeEvent) -> EdiInterchange:
    """The interchange after an event."""
    match event:
        case InterchangeOpened() if known is None:
            return EdiInterchange(
                id=event.id, partner=event.partner, reference=event.reference, sha256=event.sha256, at=event.at,
                key=event.key,
            )  # fmt: skip
        case InterchangeOpened():
            assert known is not None
            return replace(known, state=InterchangeState.OPEN)
        case InterchangeClosed():
            assert known is not None
            return replace(known, documents=event.documents, state=InterchangeState.CLOSED)


def evolve_purchase(known: EdiPurchase | None, event: AnyPurchaseEvent) -> EdiPurchase:
    """The purchase order after an event."""
    match event:
        case PurchaseKept() if known is None:
            return EdiPurchase(
                id=event.id,
                partner=event.partner,
                order=event.order,
                document=event.document,
                purposes=(event.purpose,),
            )
        case PurchaseKept():
            assert known is not None
            state = PurchaseState.CANCELED if event.purpose is Purpose.CANCELLATION else known.state
            return replace(known, purposes=(*known.purposes, event.purpose), state=state)
        case DocumentWritten():
            assert known is not None
            return replace(known, sent=(*known.sent, event.sent))


def interchange_id(partner: str, reference: str) -> str:
    """The id of an interchange that came."""
    return f"{partner}/{reference}"


def purchase_id(partner: str, number: str) -> str:
    """The id of a purchase order of a partner."""
    return f"{partner}/{number}"


KINDS: Final = (
    RecordKind(
        PARTNER, EdiPartner, AnyPartnerEvent, evolve_partner, lambda each: Window(each.state, each.profile.channel)
    ),
    RecordKind(
        INTERCHANGE,
        EdiInterchange,
        AnyInterchangeEvent,
        evolve_interchange,
        lambda each: Window(each.state, each.partner),
    ),
    RecordKind(
        PURCHASE, EdiPurchase, AnyPurchaseEvent, evolve_purchase, lambda each: Window(each.state, str(each.order))
    ),
)
EDI_PARTNER, EDI_INTERCHANGE, EDI_PURCHASE = KINDS
