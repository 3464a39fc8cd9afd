"""Published EDI files are all read, and what is wrong with them is told."""

import random

from orderline.core.edi.acknowledging import acknowledge, interchange_note
from orderline.core.edi.faults import FaultCode, in_words
from orderline.core.edi.interchanges import PartyId
from orderline.core.edi.reading import read_edi
from orderline.core.edi.segments import Syntax
from orderline.core.edi.state import Profile
from orderline.core.edi.x12_shipping_advices import read_945
from support.edi_texts import WAREHOUSE_PROFILE
from vendors.edi_files import edi_files

# What is wrong with each, beside elements of ISA that do not have their lengths: code, segment, what stands there, what should.
WRONG = {
    "eancom-desadv.edi": ["COUNT_DIFFERS 42 UNZ 2 1"],
    "edifact-corrupt-unb.edi": ["NOT_EDI 1 "],
    "edifact-duplicate-interchange.edi": [
        "REFERENCE_DIFFERS 40 UNZ 132 131", "REFERENCE_REPEATED 41 UNB 131 ", "REFERENCE_DIFFERS 80 UNZ 132 131",
    ],
    "edifact-ifcsum.edi": ["COUNT_DIFFERS 28 UNT 787 27"],
    "edifact-invoic.edi": ["COUNT_DIFFERS 57 UNZ 2 1"],
    "tradacoms-order.edi": ["SYNTAX_NOT_SUPPORTED 1 "],
    "x12-204-load-tender.edi": ["COUNT_DIFFERS 40 SE 41 38"],
    "x12-214-status.edi": ["COUNT_DIFFERS 15 GE 2 1"],
    "x12-810-f.edi": ["COUNT_DIFFERS 8 SE 50 6", "REFERENCE_DIFFERS 10 IEA 000000001 000000055"],
    "x12-824.edi": ["COUNT_DIFFERS 21 GE 2 1"],
    "x12-832-b.edi": ["COUNT_DIFFERS 14 SE 17 12"],
    "x12-850-3010-grammar-error.edi": ["COUNT_DIFFERS 29 SE 28 27"],
    "x12-850-b.edi": ["REFERENCE_DIFFERS 15 IEA 000000001 000000055"],
    "x12-850-d-issue135.edi": ["SEGMENT_NOT_ENDED 24 PO1  ~", "REFERENCE_REPEATED 90 ST 0001 "],
    "x12-850-invalid.edi": ["COUNT_DIFFERS 16 SE 15 14"],
    "x12-850-multiline.edi": ["COUNT_DIFFERS 18 SE 15 16"],
    "x12-855-edifabric.edi": ["COUNT_DIFFERS 13 GE 2 1"],
    "x12-856-edifabric.edi": ["COUNT_DIFFERS 47 GE 2 1"],
    "x12-861-receiving-advice.edi": ["COUNT_DIFFERS 12 GE 2 1"],
    "x12-945.edi": ["COUNT_DIFFERS 25 GE 2 1"],
    "x12-corrupt-isa.edi": ["NOT_EDI 1 "],
    "x12-duplicate-interchange.edi": ["REFERENCE_REPEATED 20 ISA 000000263 "],
    "x12-duplicate-set.edi": ["REFERENCE_REPEATED 18 ST 0001 "],
    "x12-mixed-sets.edi": ["REFERENCE_REPEATED 19 GS 000000001 "],
}  # fmt: skip


def test_published_files_are_read_and_their_faults_are_told() -> None:
    files = edi_files()
    found: dict[str, list[str]] = {}
    kinds: set[str] = set()
    for name, data in files.items():
        read = read_edi(data)
        told = [each for each in read.all_faults if each.code is not FaultCode.HEADER_LENGTH]
        if told:
            found[name] = [
                f"{each.code} {each.at} " if each.level == "file" else f"{each.code} {each.at} {each.tag} {each.value} {each.expected}"
                for each in told
            ]  # fmt: skip
        assert all(in_words(each).startswith(f"segment {each.at}") for each in read.all_faults)
        kinds |= {message.kind for each in read.interchanges for message in each.messages}
        inside = sum(len(m.segments) + 2 for each in read.interchanges for m in each.messages)
        groups = sum(group.header is not None for each in read.interchanges for group in each.groups)
        assert inside + 2 * (groups + len(read.interchanges)) == read.segments, name
    assert len(files) == 56
    assert found == WRONG
    assert kinds >= {"850", "855", "856", "810", "997", "945", "ORDERS", "ORDRSP", "DESADV", "INVOIC", "CONTRL"}


def test_delimiters_of_published_files_are_those_that_they_name() -> None:
    files = edi_files()
    signs = {
        "x12-810-g.edi": "~|>", "x12-850-3010-grammar-error.edi": "!*@", "x12-855-c-grammar-error.edi": "\n*>",
        "x12-chain-850-PO-10045.edi": "~*:", "x12-850-d-issue135.edi": "~*",
    }  # fmt: skip
    for name, expected in signs.items():
        read = read_edi(files[name]).interchanges[0].delimiters
        assert read.segment + read.element + read.component == expected


def test_what_is_broken_is_acknowledged_and_what_is_whole_is_taken() -> None:
    files = edi_files()
    for data in files.values():
        for each in read_edi(data).interchanges:
            said = {segment[0] for document in acknowledge(each) for segment in document.segments}
            asked = [message for message in each.messages if message.kind not in ("997", "CONTRL")]
            assert bool(said) == bool(asked)
            rejected = [message for message in asked if not message.accepted]
            answers = [s for d in acknowledge(each) for s in d.segments if s[0] in ("AK5", "UCM")]
            refused = [s for s in answers if (s[1] == "R" if s[0] == "AK5" else s[3] == "4")]
            assert len(refused) == (len(rejected) if each.accepted or each.syntax is Syntax.EDIFACT else len(asked))
    twice = read_edi(files["x12-duplicate-set.edi"]).interchanges[0]
    assert [message.accepted for message in twice.messages] == [True, False]
    assert [s for s in acknowledge(twice)[0].segments if s[0] in ("AK5", "AK9")] == [
        ("AK5", "A"), ("AK5", "R", "23"), ("AK9", "P", "2", "2", "1"),
    ]  # fmt: skip
    again = read_edi(files["x12-duplicate-interchange.edi"]).interchanges[1]
    note = interchange_note(again)
    assert note is not None
    assert note[4:] == ("R", "025")


def test_the_published_shipping_advice_is_read_and_its_date_that_is_none_is_told() -> None:
    profile = Profile(syntax=Syntax.X12, ours=PartyId("RECEIVER1"), theirs=PartyId("SENDER1"), locations={"depot": ""})
    data = edi_files()["x12-945.edi"]
    [message] = read_edi(data).interchanges[0].messages
    read_945(message, profile)
    assert [(each.code, each.tag, each.element) for each in message.faults] == [(FaultCode.DATE_INVALID, "W06", 3)]
    [message] = read_edi(data.replace(b"CCYYMMDD", b"20071216")).interchanges[0].messages
    advice = read_945(message, profile)
    assert (message.faults, advice.number, advice.shipment, advice.carrier) == ([], "12345", "123456", "TRUK")
    [carton] = advice.cartons
    assert [(line.shipped, line.unit, line.items, line.lot) for line in carton.lines] == [
        (72, "CA", (("UK", "10071179016458"), ("UA", "007117901645")), lot) for lot in ("40550", "40551")
    ]


def test_no_file_however_damaged_stops_the_reader() -> None:
    files = list(edi_files().values())
    rng = random.Random(7)
    for _ in range(300):
        data = bytearray(rng.choice(files))
        for _ in range(rng.randint(1, 12)):
            place = rng.randrange(len(data))
            data[place : place + rng.choice((0, 1, 1, 30))] = bytes(
                rng.choice(b"~*'+:?\n|ISAUNB\xff\x000") for _ in range(rng.randint(0, 3))
            )
        for each in read_edi(bytes(data)).interchanges:
            for message in each.messages:
                read_945(message, WAREHOUSE_PROFILE)
            acknowledge(each)
            interchange_note(each)
