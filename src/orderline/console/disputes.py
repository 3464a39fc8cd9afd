"""A dispute: what is asked, until when, what its order says for us, and what can be answered."""

from datetime import UTC, datetime
from typing import Final

from orderline.console.listings import LISTINGS, tabs
from orderline.console.visits import Sent, Shown, Visit, sent_whole

DEEDS: Final = ("answer_dispute", "accept_dispute")


async def show(visit: Visit) -> Shown:
    """The dispute with the evidence that an answer would send."""
    found = await visit.ask("read_dispute", _at(visit))
    section, listing = LISTINGS["/disputes"]
    operations = visit.parts.backend.operations
    deeds = [(each, operations[each].summary) for each in DEEDS if visit.may(each)]
    about = {
        "section": section, "listing": listing, "tabs": tabs(visit, section), "found": found, "dispute": found["dispute"],
        "number": visit.path["number"], "deeds": deeds if found["answer"] == "awaited" else [], "now": datetime.now(UTC),
    }  # fmt: skip
    return Shown("dispute.html", about)


async def paper(visit: Visit) -> Sent:
    """The evidence as a PDF."""
    reply = await visit.fetch("read_evidence", _at(visit))
    return sent_whole(reply.body, reply.media, f"{visit.path['order']}-{visit.path['number']}.pdf")


def _at(visit: Visit) -> dict[str, str]:
    return {"order": visit.path["order"], "number": visit.path["number"]}
