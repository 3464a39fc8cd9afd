"""Put partners; open and close interchanges, each control number once; keep purchase orders; number what is written."""

from collections.abc import Iterable
from typing import Any, Final

from orderline.core.context import Context
from orderline.core.edi.purchases import KeptPurchase, Purpose
from orderline.core.edi.refusals import EdiRefusal as R
from orderline.core.edi.segments import Syntax
from orderline.core.edi.state import (
    EDI_INTERCHANGE,
    EDI_PARTNER,
    EDI_PURCHASE,
    INTERCHANGE,
    PARTNER,
    PURCHASE,
    ControlNumberTaken,
    DocumentWritten,
    EdiInterchange,
    EdiKind,
    EdiPartner,
    EdiPurchase,
    InterchangeClosed,
    InterchangeOpened,
    InterchangeState,
    PartnerPut,
    PartnerState,
    Profile,
    PurchaseKept,
    SentDocument,
    TakenDocument,
    interchange_id,
    purchase_id,
)
from orderline.core.edi.writing import ENCODINGS
from orderline.core.orders.guards import check_text
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.checks import check_code
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import check_currency

MOST_ENTRIES: Final = 5_000
# Control numbers have nine digits in X12, and begin anew after the last.
_LAST_NUMBER: Final = 999_999_999


class PutEdiPartner(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_edi_partner"):
    """Set up a partner of EDI, or change its profile. state: `stopped`, and nothing is taken from it or written for it."""

    partner: str
    profile: Profile
    name: str = ""
    state: PartnerState = PartnerState.ACTIVE

    def records(self) -> Iterable[RecordKey]:
        """The partner."""
        return ((PARTNER, self.partner),)


class TakeControlNumber(RecordCommand, frozen=True, gc=False, kw_only=True, tag="take_edi_number"):
    """Number an interchange that is written for a partner."""

    partner: str

    def records(self) -> Iterable[RecordKey]:
        """The partner."""
        return ((PARTNER, self.partner),)


class OpenInterchange(RecordCommand, frozen=True, gc=False, kw_only=True, tag="open_edi_interchange"):
    """Begin to take an interchange in; one that was broken off is gone on with, and one that the same call brings again is known."""

    partner: str
    reference: str
    sha256: str
    key: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The interchange, and its partner."""
        return ((INTERCHANGE, interchange_id(self.partner, self.reference)), (PARTNER, self.partner))


class CloseInterchange(RecordCommand, frozen=True, gc=False, kw_only=True, tag="close_edi_interchange"):
    """Say what became of each document of an interchange."""

    partner: str
    reference: str
    documents: tuple[TakenDocument, ...]

    def records(self) -> Iterable[RecordKey]:
        """The interchange."""
        return ((INTERCHANGE, interchange_id(self.partner, self.reference)),)


class KeepPurchase(RecordCommand, frozen=True, gc=False, kw_only=True, tag="keep_edi_purchase"):
    """Keep what a purchase order said, with the order that it became."""

    partner: str
    order: OrderId
    document: KeptPurchase
    purpose: Purpose

    def records(self) -> Iterable[RecordKey]:
        """The purchase order."""
        return ((PURCHASE, purchase_id(self.partner, self.document.number)),)


class WriteDocument(RecordCommand, frozen=True, gc=False, kw_only=True, tag="write_edi_document"):
    """Number a document about an order for its partner. about: the number of the shipment or of the invoice."""

    purchase: str
    partner: str
    kind: EdiKind
    about: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The purchase order, and the partner whose numbers it takes."""
        return ((PURCHASE, self.purchase), (PARTNER, self.partner))


def decide_put_partner(draft: Draft, command: PutEdiPartner, context: Context) -> None:
    """Refused EDI_PARTNER_NOT_ACCEPTABLE: a value of the profile can't be used. EDI_LOCATION_TAKEN: another active one runs a location.

    CHANNEL_UNKNOWN is told when an order is placed.
    """
    check_code(command.partner, "partner")
    name = check_text(command.name, "name", 200)
    profile = command.profile
    if profile.channel or not profile.locations:
        check_code(profile.channel, "profile.channel")
    _check_warehouse(draft, profile)
    if command.state is PartnerState.ACTIVE:
        _check_alone(draft, command)
    if profile.currency:
        check_currency(profile.currency, field="profile.currency")
    for field, party in (("profile.ours", profile.ours), ("profile.theirs", profile.theirs)):
        if not 0 < len(party.id) <= 35 or len(party.qualifier) > 4 or not (party.id + party.qualifier).isprintable():
            _refuse(field, party.id, "an id of at most 35 signs, a qualifier of at most four")
    for field, table in (
        ("skus", profile.skus),
        ("units", profile.units),
        ("packs", profile.packs),
        ("dates", profile.dates),
        ("ship_to", profile.ship_to),
        ("locations", profile.locations),
        ("services", profile.services),
        ("carriers", profile.carriers),
    ):
        if len(table) > MOST_ENTRIES or any(not key or len(key) > 200 for key in table):
            _refuse(f"profile.{field}", len(table), f"at most {MOST_ENTRIES} entries")
    for field, counts, least in (("units", profile.units, 0), ("packs", profile.packs, 1)):
        bad = next((key for key, count in counts.items() if not least <= count <= 100_000), None)
        if bad is not None:
            _refuse(f"profile.{field}", bad, f"{least} to 100000")
    if profile.character_set not in ENCODINGS:
        _refuse("profile.character_set", profile.character_set, list(ENCODINGS))
    if profile.on_terms and not profile.company:
        _refuse("profile.on_terms", True, "with a company")
    put = PartnerPut(
        id=command.partner, name=name, profile=profile, state=command.state, by=context.actor.name, at=context.now
    )
    draft.tell_record(EDI_PARTNER, command.partner, put)


def _check_warehouse(draft: Draft, profile: Profile) -> None:
    """Of X12, and of locations that nobody else is told about."""
    if profile.locations and profile.syntax is not Syntax.X12:
        _refuse("profile.locations", profile.syntax.value, Syntax.X12.value)
    for code in profile.locations:
        location = draft.world.settings.locations.get(code)
        if location is None or location.partner:
            _refuse("profile.locations", code, "a location that there is, without a connector")


def _check_alone(draft: Draft, command: PutEdiPartner) -> None:
    """No other active partner runs one of its locations; those that do have been loaded."""
    others = [
        each
        for each in draft.world.records.values()
        if isinstance(each, EdiPartner) and each.id != command.partner and each.state is PartnerState.ACTIVE
    ]
    for code in command.profile.locations:
        for other in others:
            if code in other.profile.locations:
                raise Refused(R.EDI_LOCATION_TAKEN, field="profile.locations", value=code, partner=other.id)


def decide_take_number(draft: Draft, command: TakeControlNumber, context: Context) -> None:
    """Refused EDI_PARTNER_UNKNOWN, EDI_PARTNER_STOPPED."""
    take_number(draft, command.partner, context)


def decide_open(draft: Draft, command: OpenInterchange, context: Context) -> None:
    """Refused EDI_PARTNER_UNKNOWN, EDI_PARTNER_STOPPED; EDI_INTERCHANGE_REPEATED: one with this control number was taken."""
    active_partner(draft, command.partner)
    id_ = interchange_id(command.partner, command.reference)
    known = draft.world.records.get((INTERCHANGE, id_))
    if isinstance(known, EdiInterchange) and (
        known.sha256 != command.sha256
        or (known.state is InterchangeState.CLOSED and not (command.key and known.key == command.key))
    ):
        raise Refused(R.EDI_INTERCHANGE_REPEATED, field="reference", value=command.reference, at=known.at)
    opened = InterchangeOpened(
        id=id_, partner=command.partner, reference=command.reference, sha256=command.sha256, at=context.now,
        key=check_text(command.key, "key", 400),
    )  # fmt: skip
    draft.tell_record(EDI_INTERCHANGE, id_, opened)


def decide_close(draft: Draft, command: CloseInterchange, context: Context) -> None:
    """Refused EDI_INTERCHANGE_UNKNOWN."""
    id_ = interchange_id(command.partner, command.reference)
    if not isinstance(draft.world.records.get((INTERCHANGE, id_)), EdiInterchange):
        raise Refused(R.EDI_INTERCHANGE_UNKNOWN, field="reference", value=command.reference)
    draft.tell_record(EDI_INTERCHANGE, id_, InterchangeClosed(documents=command.documents, at=context.now))


def decide_keep(draft: Draft, command: KeepPurchase, context: Context) -> None:
    """What was kept of it before stays; that its order was canceled is added."""
    id_ = purchase_id(command.partner, command.document.number)
    kept = PurchaseKept(
        id=id_, partner=command.partner, order=command.order, document=command.document, purpose=command.purpose,
        at=context.now,
    )  # fmt: skip
    draft.tell_record(EDI_PURCHASE, id_, kept)


def decide_write(draft: Draft, command: WriteDocument, context: Context) -> None:
    """Refused EDI_PURCHASE_UNKNOWN, EDI_PARTNER_UNKNOWN, EDI_PARTNER_STOPPED."""
    known = draft.world.records.get((PURCHASE, command.purchase))
    if not isinstance(known, EdiPurchase) or known.partner != command.partner:
        raise Refused(R.EDI_PURCHASE_UNKNOWN, field="purchase", value=command.purchase[:200])
    about = check_text(command.about, "about", 100)
    number = next_number(active_partner(draft, command.partner))
    sent = SentDocument(kind=command.kind, reference=number, at=context.now, by=context.actor.name, about=about)
    draft.tell_record(EDI_PURCHASE, command.purchase, DocumentWritten(sent=sent))
    take_number(draft, command.partner, context)


def next_number(partner: EdiPartner) -> int:
    """The control number of what is written next for it."""
    return partner.sent % _LAST_NUMBER + 1


def take_number(draft: Draft, partner: str, context: Context) -> None:
    """The next control number of a partner is used. Refused EDI_PARTNER_UNKNOWN, EDI_PARTNER_STOPPED."""
    number = next_number(active_partner(draft, partner))
    draft.tell_record(EDI_PARTNER, partner, ControlNumberTaken(number=number, at=context.now))


def active_partner(draft: Draft, partner: str) -> EdiPartner:
    """Refused EDI_PARTNER_UNKNOWN, EDI_PARTNER_STOPPED."""
    known = draft.world.records.get((PARTNER, partner))
    if not isinstance(known, EdiPartner):
        raise Refused(R.EDI_PARTNER_UNKNOWN, field="partner", value=partner[:100])
    if known.state is not PartnerState.ACTIVE:
        raise Refused(R.EDI_PARTNER_STOPPED, field="partner", value=partner)
    return known


def _refuse(field: str, value: object, allowed: object) -> None:
    raise Refused(R.EDI_PARTNER_NOT_ACCEPTABLE, field=field, value=value, allowed=allowed)


RULES: Final[dict[type, Any]] = {
    PutEdiPartner: decide_put_partner,
    TakeControlNumber: decide_take_number,
    OpenInterchange: decide_open,
    CloseInterchange: decide_close,
    KeepPurchase: decide_keep,
    WriteDocument: decide_write,
}
