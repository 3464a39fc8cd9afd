"""Purchase orders as partners write them, in both syntaxes."""

from collections.abc import Sequence

from orderline.core.edi.interchanges import PartyId
from orderline.core.edi.segments import Syntax
from orderline.core.edi.state import Profile

X12_PROFILE = Profile(
    syntax=Syntax.X12, ours=PartyId("SHOP", "ZZ"), theirs=PartyId("BUYER", "ZZ"), channel="web", currency="EUR",
    skus={"UP:012345678905": "MUG"}, units={"CA": 0}, packs={"MUG": 6}, dates={"010": "ignored"},
)  # fmt: skip
EDIFACT_PROFILE = Profile(
    syntax=Syntax.EDIFACT, ours=PartyId("4012345500004", "14"), theirs=PartyId("5412345000013", "14"), channel="web",
    skus={"SRV:4000862141404": "TEE-M"}, units={"CT": 6},
)  # fmt: skip
WAREHOUSE_PROFILE = Profile(
    syntax=Syntax.X12, ours=PartyId("SHOP", "ZZ"), theirs=PartyId("DEPOT", "ZZ"), locations={"depot": "WH01"},
    skus={"UP:012345678905": "MUG"}, units={"CA": 0}, packs={"MUG": 6}, services={"standard": "UPSN"}, carriers={"UPSN": "ups"},
)  # fmt: skip
ADDRESS = "N1*ST*Ann Lee~N3*1 Rue de la Paix~N4*Lyon**69001*FR~"


def po_850(number: str, *lines: str, purpose: str = "00", address: str = ADDRESS, total: str = "") -> str:
    """The segments of an 850; its lines are those of PO1 without the tag and the number."""
    begin = f"BEG*{purpose}*SA*{number}**20261120~CUR*BY*EUR~DTM*002*20261201~{address}"
    said = "".join(f"PO1*{place}*{line}~" for place, line in enumerate(lines, 1))
    return begin + said + f"CTT*{len(lines)}~" + (f"AMT*TT*{total}~" if total else "")


def x12_850(reference: int, *sets: str, sender: str = "BUYER") -> bytes:
    """An interchange of 850."""
    return _x12("850", "PO", reference, sets, sender)


def x12_945(reference: int, *sets: str) -> bytes:
    """An interchange of 945, of the warehouse."""
    return _x12("945", "SW", reference, sets, "DEPOT")


def wsa_945(number: str, *details: str, shipment: str = "S1", header: str = "") -> str:
    """The segments of a 945: what follows its header, such as LX, MAN and W12 without what ends them."""
    said = "".join(f"{detail}~" for detail in details)
    return f"W06*F*{number}*20261121*{shipment}~N1*WH*Depot*ZZ*WH01~{header}W27*M*UPSN~{said}"


def _x12(kind: str, group: str, reference: int, sets: Sequence[str], sender: str) -> bytes:
    said = "".join(
        f"ST*{kind}*{place:04d}~{text}SE*{text.count('~') + 2}*{place:04d}~" for place, text in enumerate(sets, 1)
    )
    header = (
        f"ISA*00*          *00*          *ZZ*{sender:15}*ZZ*SHOP           *261120*1200*U*00401*{reference:09d}*0*P*>~"
    )
    return f"{header}GS*{group}*{sender}*SHOP*20261120*1200*{reference}*X*004010~{said}GE*{len(sets)}*{reference}~IEA*1*{reference:09d}~".encode()


def edifact_orders(reference: str, *messages: Sequence[str]) -> bytes:
    """An interchange of ORDERS with delimiters of its own: a comma for parts, an exclamation mark to release."""
    said: list[str] = []
    for place, segments in enumerate(messages, 1):
        said += [f"UNH|{place}|ORDERS;D;96A;UN", *segments, f"UNT|{len(segments) + 2}|{place}"]
    body = [
        "UNB|UNOC;3|5412345000013;14|4012345500004;14|261120;1200|" + reference,
        *said,
        f"UNZ|{len(messages)}|{reference}",
    ]
    return ("UNA;|,! ^" + "^\n".join(body) + "^").encode("latin-1")


def po_orders(number: str, *, price: str = "20,00", quantity: str = "21;2") -> list[str]:
    """The segments of an ORDERS message of one line."""
    return [
        f"BGM|220|{number}|9", "DTM|137;20261120;102", "DTM|2;20261201;102", "NAD|BY|5412345000013;;9",
        "NAD|DP|5412345123453;;9||Jos! Café!|Bar|1 Rue de la Paix|Lyon||69001|FR", "CUX|2;EUR;9",
        "LIN|1||4000862141404;SRV", "PIA|1|ABC1234;IN", f"QTY|{quantity}", f"PRI|AAA;{price}", "UNS|S", "CNT|2;1",
    ]  # fmt: skip
