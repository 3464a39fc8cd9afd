"""Write interchanges: what is to be said in segments, put into the envelopes of either syntax with the counts that these want."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.edi.interchanges import PartyId
from orderline.core.edi.segments import (
    EDIFACT_DELIMITERS,
    X12_DELIMITERS,
    Delimiters,
    OutSegment,
    Syntax,
    render_segments,
)

# The functional identifier of the group that sets of a kind stand in.
GROUPS: Final = {
    "810": "IN", "850": "PO", "855": "PR", "856": "SH", "940": "OW", "945": "SW", "997": "FA",
}  # fmt: skip
# The character sets of EDIFACT that are written here.
ENCODINGS: Final = {"UNOA": "ascii", "UNOB": "ascii", "UNOC": "latin-1", "UNOW": "utf-8"}


class Outgoing(msgspec.Struct, frozen=True):
    """One document to be written: its kind, such as 855 or ORDRSP, and its segments without header and trailer."""

    kind: str
    segments: tuple[OutSegment, ...]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """From whom to whom, and how. reference: the control number. version: of X12 such as 004010, of EDIFACT such as D:96A:UN:EAN008.

    control_version: of the interchange itself. character_set: of EDIFACT, such as UNOC.
    """

    syntax: Syntax
    sender: PartyId
    receiver: PartyId
    reference: int
    at: datetime
    is_test: bool = False
    version: str = ""
    control_version: str = ""
    character_set: str = "UNOC"
    delimiters: Delimiters | None = None


def write_interchange(envelope: Envelope, documents: Sequence[Outgoing], *, note: OutSegment | None = None) -> bytes:
    """An interchange with the documents in their order; those of X12 that follow one another and are of one kind in one group.

    note: TA1, which stands before the groups.
    """
    if envelope.syntax is Syntax.X12:
        return _write_x12(envelope, documents, () if note is None else (note,))
    return _write_edifact(envelope, documents)


def _write_x12(envelope: Envelope, documents: Sequence[Outgoing], notes: Sequence[OutSegment]) -> bytes:
    delimiters = envelope.delimiters or X12_DELIMITERS
    at, number = envelope.at, f"{envelope.reference:09d}"
    segments: list[OutSegment] = [*notes]
    groups: list[list[Outgoing]] = []
    for each in documents:
        if groups and groups[-1][0].kind == each.kind:
            groups[-1].append(each)
        else:
            groups.append([each])
    place = 0
    for group_number, group in enumerate(groups, 1):
        group_reference = (
            str(envelope.reference) if group_number == 1 else f"{envelope.reference}{group_number:02d}"[-9:]
        )
        segments.append((
            "GS", GROUPS.get(group[0].kind, "ZZ"), envelope.sender.id, envelope.receiver.id, at.strftime("%Y%m%d"),
            at.strftime("%H%M"), group_reference, "X", envelope.version or "004010",
        ))  # fmt: skip
        for each in group:
            place += 1
            reference = f"{place:04d}"
            segments.append(("ST", each.kind, reference))
            segments.extend(each.segments)
            segments.append(("SE", str(len(each.segments) + 2), reference))
        segments.append(("GE", str(len(group)), group_reference))
    segments.append(("IEA", str(len(groups)), number))
    # Its elements have fixed lengths, so that whoever reads it finds the delimiters at their places.
    header = delimiters.element.join((
        "ISA", "00", " " * 10, "00", " " * 10, _fixed(envelope.sender.qualifier or "ZZ", 2), _fixed(envelope.sender.id, 15),
        _fixed(envelope.receiver.qualifier or "ZZ", 2), _fixed(envelope.receiver.id, 15), at.strftime("%y%m%d"),
        at.strftime("%H%M"), "U", _fixed(envelope.control_version or "00401", 5), number, "0",
        "T" if envelope.is_test else "P", delimiters.component,
    ))  # fmt: skip
    text = header + delimiters.segment + "\n" + render_segments(segments, delimiters, "ascii")
    return text.encode("ascii", "replace")


def _write_edifact(envelope: Envelope, documents: Sequence[Outgoing]) -> bytes:
    delimiters = envelope.delimiters or EDIFACT_DELIMITERS
    character_set = envelope.character_set if envelope.character_set in ENCODINGS else "UNOC"
    encoding = ENCODINGS[character_set]
    at, number = envelope.at, str(envelope.reference)
    application = documents[0].kind if len({each.kind for each in documents}) == 1 else ""
    segments: list[OutSegment] = [(
        "UNB", (character_set, envelope.control_version or "3"), (envelope.sender.id, envelope.sender.qualifier),
        (envelope.receiver.id, envelope.receiver.qualifier), (at.strftime("%y%m%d"), at.strftime("%H%M")), number, "",
        application, "", "", "", "1" if envelope.is_test else "",
    )]  # fmt: skip
    for place, each in enumerate(documents, 1):
        version = "4:1:UN" if each.kind == "CONTRL" else envelope.version or "D:96A:UN"
        segments.append(("UNH", str(place), (each.kind, *version.split(":"))))
        segments.extend(each.segments)
        segments.append(("UNT", str(len(each.segments) + 2), str(place)))
    segments.append(("UNZ", str(len(documents)), number))
    signs = (
        delimiters.component
        + delimiters.element
        + delimiters.decimal
        + (delimiters.release or " ")
        + " "
        + delimiters.segment
    )
    return ("UNA" + signs + "\n" + render_segments(segments, delimiters, encoding)).encode(encoding, "replace")


def _fixed(text: str, length: int) -> str:
    return text[:length].ljust(length)
