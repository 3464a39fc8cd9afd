"""Interchanges are read by the delimiters they name, held against their counts, acknowledged and written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from orderline.core.edi.acknowledging import acknowledge, interchange_note
from orderline.core.edi.faults import FAULTS, FaultCode, Level
from orderline.core.edi.interchanges import PartyId
from orderline.core.edi.reading import MOST_BYTES, MOST_FAULTS, MOST_FAULTS_OF_ALL, read_edi
from orderline.core.edi.segments import Delimiters, Syntax, ends_of, split_released
from orderline.core.edi.writing import Envelope, Outgoing, write_interchange

AT = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
X12 = Envelope(syntax=Syntax.X12, sender=PartyId("SHOP", "ZZ"), receiver=PartyId("BUYER", "01"), reference=7, at=AT)
EDIFACT = Envelope(syntax=Syntax.EDIFACT, sender=PartyId("4012345500004", "14"), receiver=PartyId("5412345000013", "14"), reference=7, at=AT)  # fmt: skip
ISA = "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SHOP           *261003*1200*U*00401*000000009*1*T*:~"


def x12(*sets: str, trailer: str = "IEA*1*000000009~") -> bytes:
    return (
        ISA + "GS*PO*BUYER*SHOP*20261003*1200*9*X*004010~" + "".join(sets) + f"GE*{len(sets)}*9~" + trailer
    ).encode()


def codes(data: bytes) -> list[tuple[str, str]]:
    return [(each.code.value, each.level.value) for each in read_edi(data).all_faults]


GOOD = "ST*850*0001~BEG*00*SA*PO-1**20261001~SE*3*0001~"
CASES = [
    # what is wrong                         data                                                  faults
    ("nothing", x12(GOOD), []),
    ("a count", x12(GOOD.replace("SE*3", "SE*4")), [("COUNT_DIFFERS", "message")]),
    ("a count that is none", x12(GOOD.replace("SE*3", "SE*x")), [("COUNT_DIFFERS", "message")]),
    ("a number of its trailer", x12(GOOD.replace("SE*3*0001", "SE*3*0002")), [("REFERENCE_DIFFERS", "message")]),
    ("a set without a trailer", x12(GOOD.replace("SE*3*0001~", "")), [("TRAILER_MISSING", "message")]),
    ("no number", x12(GOOD.replace("ST*850*0001", "ST*850").replace("SE*3*0001", "SE*3")), [("REFERENCE_MISSING", "message")]),
    ("one twice", x12(GOOD, GOOD), [("REFERENCE_REPEATED", "message")]),
    ("no end", x12(GOOD, trailer=""), [("TRAILER_MISSING", "interchange")]),
    ("another count of groups", x12(GOOD, trailer="IEA*2*9~"), [("COUNT_DIFFERS", "interchange")]),
    ("a segment between sets", x12(GOOD, "REF*X~").replace(b"GE*2", b"GE*1"), [("SEGMENT_OUTSIDE", "group")]),
    ("no group", (ISA + GOOD + "IEA*0*9~").encode(), [("SEGMENT_OUTSIDE", "interchange"), ("COUNT_DIFFERS", "interchange")]),
    ("a segment that is not ended", x12(GOOD.replace("20261001~", "20261001\n")), [("SEGMENT_NOT_ENDED", "segment")]),
    ("no tag", x12(GOOD.replace("BEG", "b?g")), [("SEGMENT_MALFORMED", "segment")]),
    ("nothing at all", ISA.encode() + b"IEA*0*9~", [("NOTHING_INSIDE", "interchange")]),
    ("other text", b"Dear Sirs", [("NOT_EDI", "file")]),
    ("half a header", b"ISA*00*", [("HEADER_INCOMPLETE", "file"), ("NOT_EDI", "file")]),
    ("UNA that is none", b"UNA::::::UNB:", [("HEADER_INCOMPLETE", "file"), ("NOT_EDI", "file")]),
    ("empty", b"", []),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_fault_has_its_code_and_its_level(data: bytes, expected: list[tuple[str, str]]) -> None:
    assert sorted(codes(data)) == sorted(expected)


def test_one_bad_set_is_rejected_and_its_neighbors_are_taken() -> None:
    read = read_edi(
        x12(GOOD, GOOD.replace("0001", "0002").replace("SE*3", "SE*5"), GOOD.replace("0001", "0003"))
    ).interchanges[0]
    assert [each.accepted for each in read.messages] == [True, False, True]
    document = acknowledge(read)[0]
    assert document.segments == (
        ("AK1", "PO", "9"), ("AK2", "850", "0001"), ("AK5", "A"), ("AK2", "850", "0002"), ("AK5", "R", "4"),
        ("AK2", "850", "0003"), ("AK5", "A"), ("AK9", "P", "3", "3", "2"),
    )  # fmt: skip
    assert interchange_note(read) == ("TA1", "000000009", "261003", "1200", "A", "000")  # asked for by ISA14


@pytest.mark.parametrize("envelope", [X12, EDIFACT], ids=["x12", "edifact"])
def test_an_acknowledgement_is_read_without_a_fault_and_is_not_acknowledged(envelope: Envelope) -> None:
    kind = "850" if envelope.syntax is Syntax.X12 else "ORDERS"
    sent = write_interchange(envelope, [Outgoing(kind, (("BGM", "220", "it's 50% + more: ok?"),))])
    read = read_edi(sent)
    assert read.all_faults == []
    answer = write_interchange(envelope, acknowledge(read.interchanges[0]))
    answered = read_edi(answer)
    assert answered.all_faults == []
    assert [each.kind for each in answered.interchanges[0].messages] == ["997" if kind == "850" else "CONTRL"]
    assert acknowledge(answered.interchanges[0]) == []


TEXTS = st.text(
    st.characters(categories=("L", "N", "P", "S"), include_characters=" ", max_codepoint=0x2FF), max_size=20
)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_edifact_reads_what_it_wrote_whatever_the_text(texts: list[tuple[str, str]]) -> None:
    for signs in ("+:'?", "|;~^"):
        delimiters = Delimiters(element=signs[0], component=signs[1], segment=signs[2], release=signs[3])
        segments = tuple(("FTX", "AAI", pair) for pair in texts)
        envelope = replace(EDIFACT, delimiters=delimiters, character_set="UNOW")
        read = read_edi(write_interchange(envelope, [Outgoing("ORDERS", segments)]))
        assert read.all_faults == []
        got = [(each.get(2, 1), each.get(2, 2)) for each in read.interchanges[0].messages[0].segments]
        assert got == [(one.strip(), two.strip()) for one, two in texts]


@given(st.lists(TEXTS, max_size=5))
def test_x12_never_writes_a_delimiter_as_text(texts: list[str]) -> None:
    read = read_edi(write_interchange(X12, [Outgoing("850", tuple(("MSG", text, "end") for text in texts))]))
    assert read.all_faults == []
    assert [each.get(2) for each in read.interchanges[0].messages[0].segments] == ["end"] * len(texts)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"UNB+UNOA:1+A+B+1:1+1'", b"UNA;,. ?!", ISA.encode(), b"ISA*", x12(GOOD)]),
)
def test_no_bytes_stop_the_reader(data: bytes, before: bytes) -> None:
    read = read_edi(before + data)
    for each in read.interchanges:
        acknowledge(each)
        interchange_note(each)


def test_every_fault_has_words_and_a_code_for_both_syntaxes() -> None:
    for code in FaultCode:
        row = FAULTS[code]
        assert row.words
        assert row.edifact.isdigit()
        assert set(row.x12) - {Level.FILE}


UNB = "UNB+UNOC:3+A:14+B:14+261120:1200+1'"
GS = "GS*PO*A*B*20261120*1200*1*X*004010~"
HOSTILE = [
    # begins with   goes on with    what is told of it, and at most how many faults
    (ISA + GS,      "ST~",          "TOO_MANY_FAULTS",   MOST_FAULTS_OF_ALL + 10),
    ("",            UNB,            "TOO_MANY_FAULTS",   MOST_FAULTS_OF_ALL * 2),
    ("",            "UNA:+.? '\n",  "TOO_MANY_FAULTS",   MOST_FAULTS + 1),
    (ISA,           "~",            "TOO_MANY_SEGMENTS", 10),
    (ISA,           "\n",           "TRAILER_MISSING",   10),
    (ISA + "REF",   "*",            "SEGMENT_OUTSIDE",   10),
    (ISA + GS + "ST*850*1~REF", "*", "TOO_MANY_ELEMENTS", 10),
    (UNB,           "?",            "SEGMENT_OUTSIDE",   10),
    (UNB + "A+",    "?:",           "SEGMENT_OUTSIDE",   10),
    ("UNB",         "+",            "TOO_MANY_ELEMENTS", 10),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("begin", "more", "code", "most"), HOSTILE, ids=[repr(case[1])[:12] for case in HOSTILE])
def test_what_is_meant_to_keep_us_busy_is_given_up_early(begin: str, more: str, code: str, most: int) -> None:
    text = begin + more * ((MOST_BYTES - len(begin)) // len(more))
    read = read_edi(text.encode())
    faults = read.all_faults
    assert code in {each.code.value for each in faults}
    assert len(faults) <= most
    assert sum(len(s.elements) for i in read.interchanges for m in i.messages for s in m.segments) < 100
    assert not any(message.accepted for each in read.interchanges if each.accepted for message in each.messages)


@given(st.text(alphabet="ab?:'", max_size=30))
def test_what_is_released_does_not_part(text: str) -> None:
    parts: list[str] = [""]
    signs = iter(text)
    for sign in signs:
        if sign == ":":
            parts.append("")
        else:
            parts[-1] += sign + (next(signs, "") if sign == "?" else "")
    assert split_released(text, ":", "?") == parts
    assert [part for part, _ in ends_of(text, 0, ":", "?")] == parts


def test_delimiters_may_be_control_characters() -> None:
    plain, odd = x12(GOOD), x12(GOOD).replace(b"*", b"\x1d").replace(b"~", b"\x1c").replace(b":", b"\x1f")
    assert codes(odd) == codes(plain) == []
    assert read_edi(odd).interchanges[0].messages == read_edi(plain).interchanges[0].messages


def test_a_file_that_is_too_large_is_not_looked_into() -> None:
    assert codes(x12(GOOD) * 100)[0][0] == "REFERENCE_REPEATED"
    assert [each.code for each in read_edi(b"x" * 100, most_bytes=99).all_faults] == ["TOO_LARGE"]
