"""Where a station is: the location in its path, and what everything there is called."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

from orderline.console.languages import word
from orderline.console.visits import NOT_DONE, Failed, Visit

# What is said when something was done.
DONE: Final = {
    "accept_fulfillment": word("Accepted."), "answer_cancel": word("Answered."), "pick_units": word("Picked."), "reject_units": word("Given back."),
    "unpick_units": word("Put back onto the shelf."), "pack_units": word("Packed."), "unpack_units": word("Taken apart."),
    "request_label": word("A label is being bought."), "ship_parcels": word("Handed over."), "ready_pickup": word("Ready. The customer is told."),
    "receive_transfer": word("Received."), "receive_purchase_order": word("Received."), "receive_return": word("Received."),
    "collect_parcels": word("Handed over."), "renew_pickup": word("A new code was sent."), "restock_pickup": word("Put back onto the shelf."),
    "create_wave": word("Ready: go and pick."), "scan_item": word("Picked."), "put": word("Put it to"),
    "complete_list": word("The walk is over. What was picked goes to its orders."), "void_wave": word("The wave was given up."),
    "open_count": word("Begun."), "submit_count": word("Handed in."),
}  # fmt: skip


NO_CODE: Final = word("Enter the customer's code, or say how you made sure who it is.")
# In words of who stands at a shelf; what has none here is told as the refusal itself tells it.
_REFUSED: Final = {
    "QUANTITY_NOT_AVAILABLE": word("There are not so many here any more. Look at what the page says now."),
    "PICKUP_CODE_WRONG": word("This code is not right."),
    "PICKUP_CODE_LOCKED": word("Too many wrong codes. Send the customer a new one."),
    "PICKUP_CODE_MISSING": NO_CODE,
    "BLOCKED_BY_HOLD": word("The order is held. Leave it here until the office lets it go."),
    "LABEL_VOIDED": word("This parcel has no label that is good. Ask for one first."),
    "LOTS_REQUIRED": word("Scan its serial number, one after the other."),
    "LOT_EXPIRED": word("This one has expired. Take another."),
    "LOT_NOT_HERE": word("This one is not on the shelf, by the record."),
    "LOT_SHORT_LIFE": word("This one does not last as long as it has to. Take another."),
    "FULFILLMENT_COMBINED": word("It leaves in one parcel with others: it is packed and handed over with them."),
    "WAVE_STATE": word("This walk is over."),
    "WAVE_WORK": word("Nothing waits here that is in no other wave."),
    "LIST_INCOMPLETE": word("Not all of it was scanned. Say what is not there, or that you picked without scanning."),
    "COUNT_STATE": word("This count is handed in."),
    "EXPIRY_REQUIRED": word("This lot is new here. The office has to enter it, with the day on which it expires."),
}  # fmt: skip


class Wrong(Exception):
    """What was sent can't be meant. text: in words, with places that are filled in. at: the field that it is about."""

    def __init__(self, text: str, /, *, at: str = "", **places: str) -> None:
        super().__init__(text)
        self.at = at
        self._text = text
        self._places = places

    def told(self, visit: Visit) -> str:
        """What is wrong, in the language of the person."""
        return visit.say(self._text, **self._places)


def told(visit: Visit, problem: Mapping[str, Any]) -> str:
    """A refusal in words."""
    code, words = str(problem.get("code", "")), ""
    if code in _REFUSED:
        words = visit.say(_REFUSED[code])
        left = (problem.get("facts") or {}).get("tries_left")
        if left is not None:
            words += " " + visit.say("%(number)s more can be tried.", number=left)
    return words or visit.say(str(problem.get("detail") or problem.get("title") or NOT_DONE))


def path_of(location: str) -> str:
    """The station of a location."""
    return f"/station/{quote(location, safe='')}"


def work_path(location: str, work: Mapping[str, Any]) -> str:
    """The page of a fulfillment order."""
    return f"{path_of(location)}/orders/{quote(work['order_number'], safe='')}/{work['number']}"


async def place_of(visit: Visit) -> str:
    """The name of the location that the path says. Failed: the person may not see it, or it is not there."""
    code, allowed = visit.path["location"], visit.user.access.locations
    unknown = Failed(404, {"title": word("There is no such location"), "detail": word("Or you are not to see it.")})
    if allowed and code not in allowed:
        raise unknown
    if not visit.may("read_location"):
        return code
    try:
        return (await visit.ask("read_location", {"code": code})).get("name") or code
    except Failed:
        raise unknown from None


async def frame(visit: Visit) -> dict[str, Any]:
    """What every page of a station is given: where it is, what was just done, and a key, by which its forms have one effect."""
    location = visit.path["location"]
    return {
        "location": location, "place": await place_of(visit), "here": path_of(location), "key": token_urlsafe(16),
        "now": datetime.now(UTC), "done": DONE.get(visit.query.get("done", ""), ""), "number": visit.query.get("order", "")[:40],
    }  # fmt: skip


def expect_here(visit: Visit, location: str) -> None:
    """Failed: what is worked on at `location` was asked for at another station."""
    if location != visit.path["location"]:
        told = visit.say("It is at %(place)s.", place=location)
        raise Failed(404, {"title": word("It is not worked on here"), "detail": told})


def lines_of(form: Mapping[str, str], name: str) -> list[dict[str, int]]:
    """`lines.2` holds how many units of line 2. Wrong: one is no number."""
    numbers = [found[1] for each in form if (found := re.fullmatch(rf"{name}\.([0-9]{{1,6}})", each))]
    found = [{"line": int(each), "quantity": number_of(form, f"{name}.{each}")} for each in numbers]
    return [each for each in found if each["quantity"]]


def number_of(form: Mapping[str, str], name: str) -> int:
    """A whole number; 0, where none was said."""
    text = form.get(name, "").strip()
    if not re.fullmatch(r"[0-9]{0,7}", text):
        raise Wrong("%(text)s is not a whole number.", at=name, text=repr(text[:20]))
    return int(text or 0)


def key_of(visit: Visit) -> str:
    """What was drawn when the form was shown, so that a form sent twice has one effect."""
    key = visit.form.get("key", "")
    return key if re.fullmatch(r"[\w-]{8,64}", key, re.ASCII) else token_urlsafe(16)
