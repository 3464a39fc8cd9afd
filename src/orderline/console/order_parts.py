"""What the page of an order says of its parts, put together from the order and its timeline: parcels, promises, figures, actions."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any, Final
from urllib.parse import quote

from orderline.console.acting import ACTIONS, ELSEWHERE
from orderline.console.forms import fields_of
from orderline.console.languages import OWN, Language, word
from orderline.console.reasons import reason_in
from orderline.console.typed import as_typed
from orderline.console.visits import Visit
from orderline.core.decisions.doubting import SAID
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.stock.brands import Brand

# What customers ask for: where it can't be done, that is told in its place.
_ASKED_FOR: Final = frozenset(
    {"cancel_units", "change_delivery", "substitute_units", "request_return", "give_appeasement", "place_hold"}
)
# What the next step of an order is about, as it is told: one of its parts by number, or so many units.
_ABOUT_WHAT: Final = {
    "decision": word("decision %(number)s"), "dispute": word("dispute %(number)s"),
    "fulfillment": word("fulfillment order %(number)s"), "hold": word("hold %(number)s"),
    "installment": word("installment %(number)s"), "parcel": word("parcel %(number)s"), "return": word("return %(number)s"),
    "tender": word("tender %(number)s"), "the rest of parcel": word("the rest of parcel %(number)s"),
}  # fmt: skip
_ABOUT: Final = re.compile(
    rf"(?P<units>\d+) units?|(?P<kind>{'|'.join(_ABOUT_WHAT)}) (?P<number>\S+)(?: \((?P<more>\w+)\))?"
)
_BY_HOLD: Final = "BLOCKED_BY_HOLD"


@dataclass
class Parcel:
    """A parcel as it stands. told: what its location and its carrier have said of it, the last first: instant, what, where."""

    number: int
    fulfillment: int
    state: str
    carrier: str
    service: str
    tracking_number: str
    url: str
    weight_g: int
    items: list[tuple[str, int]]
    told: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])


@dataclass
class Said:
    """What was said of the promise of a line: at, by whom, what, the days, why."""

    line: int
    at: str
    by: str
    what: str
    earliest_at: str = ""
    latest_at: str = ""
    why: str = ""


@dataclass
class Figure:
    """An amount of the order. terms: what it is made of, as they are added up. because: in words."""

    label: str
    minor: int
    because: str
    terms: list[tuple[str, int]]


@dataclass
class Doubt:
    """An address that a hold is about. given, suggested: its lines, each with whether it stands in one of the two alone.

    sent: what the form of a change of the delivery would send, to take the suggestion; problems: what is odd, in words.
    """

    group: int
    problems: list[str]
    given: list[tuple[str, bool]]
    suggested: list[tuple[str, bool]]
    sent: dict[str, str]


def parcels_of(
    order: Mapping[str, Any], timeline: Sequence[Mapping[str, Any]], brand: Mapping[str, Any], spoken: Language
) -> list[Parcel]:
    """Each parcel with all that was told of it. brand: of the channel, which may have pages of its own about parcels."""
    where = Brand(tracking=brand.get("tracking", {}))
    skus = {each["line"]: each["sku"] for each in order["lines"]}
    found = {
        each["number"]: Parcel(
            each["number"], each["fulfillment"], each.get("state", "packed"), each.get("carrier", ""),
            each.get("service", ""), each.get("tracking_number", ""),
            where.tracking_url(each.get("carrier", ""), each.get("tracking_number", "")), each.get("weight_g", 0),
            [(skus.get(item["line"], ""), item["quantity"]) for item in each["items"]],
        )
        for each in order.get("parcels", ())
    }  # fmt: skip
    for _, event in _events(timeline):
        for number, told in _of_parcels(event, spoken):
            if number in found:
                found[number].told.insert(0, told)
    for each in found.values():
        each.told.sort(reverse=True)
    return list(found.values())


def _of_parcels(event: Mapping[str, Any], spoken: Language) -> Iterator[tuple[int, tuple[str, str, str]]]:
    at, where = event.get("at", ""), event.get("place", "")
    match event["event"]:
        case "parcel_packed":
            yield event["number"], (at, spoken.plain("packed"), where)
        case "parcel_labeled":
            yield event["parcel"], (at, spoken.gettext("labeled, %(label)s", label=event["tracking_number"]), where)
        case "shipment_handed_over":
            told = (at, spoken.plain("handed_over"), event.get("location", ""))
            yield from ((number, told) for number in event["parcels"])
        case "parcel_tracked":
            code, state = event.get("code", ""), spoken.plain(event["state"])
            yield event["parcel"], (at, f"{state} ({code})" if code and code != event["state"] else state, where)
        case _:
            pass


def promises_of(timeline: Sequence[Mapping[str, Any]], spoken: Language) -> list[Said]:
    """How promises came about, were revised and ended: line by line, as it happened."""
    found: list[Said] = []
    for entry, event in _events(timeline):
        by = entry.get("actor", {}).get("name", "")
        match event["event"]:
            case "promise_committed":
                found += [
                    _said(each, entry["at"], by, "promised", reason_in(spoken, each["window"].get("source", "")))
                    for each in event["lines"]
                ]
            case "promise_revised":
                why = ": ".join(
                    filter(None, (spoken.plain(event["cause"]), reason_in(spoken, event.get("reason", ""))))
                )
                found += [_said(each, entry["at"], by, "revised", why) for each in event["lines"]]
            case "promise_settled":
                found.append(
                    Said(event["line"], event["at"], by, event["outcome"], why=spoken.plain(event.get("cause", "")))
                )
            case _:
                pass
    return sorted(found, key=lambda each: each.line)


def _said(line: Mapping[str, Any], at: str, by: str, what: str, why: str) -> Said:
    window = line["window"]
    return Said(line["line"], at, by, what, window["earliest_at"], window["latest_at"], why)


def figures_of(say: Callable[..., str], order: Mapping[str, Any], money: Mapping[str, int]) -> list[Figure]:
    """The sums of an order, each with its terms; those that are nought and say nothing are left out. say: in the person's language."""
    agreement = order["agreements"][-1]
    tenders: Sequence[Mapping[str, Any]] = order.get("tenders", ())

    def of_tenders(name: str, sign: int = 1) -> list[tuple[str, int]]:
        paid = [each for each in tenders if each.get(name, 0)]
        return [
            (_told(say("tender %(number)s", number=each["number"]), say, each["method"]), sign * each[name])
            for each in paid
        ]

    agreed = [
        (f"{each['quantity']} × {each['sku']}", each["total_minor"])
        for each in agreement["lines"]
        if each.get("total_minor")
    ]
    agreed += [(each["kind"], each["amount_minor"]) for each in agreement.get("charges", ())]
    credits = [
        (_told(say("credit %(number)s", number=each["number"]), say, each["reason"]), each["total_minor"])
        for each in order.get("credits", ())
    ]
    net = [
        (word("agreed"), money["agreed_minor"]),
        (word("canceled"), -money["canceled_minor"]),
        (word("credited"), -money["credited_minor"]),
    ]
    balance = [
        (word("captured"), money["captured_minor"]),
        (word("refunded"), -money["refunded_minor"]),
        (word("earned"), -money["earned_minor"]),
    ]
    rest = money["balance_minor"] - sum(amount for _, amount in balance)
    balance += [(word("credited to tenders"), rest)] if rest and tenders else []
    found = (
        Figure(word("Agreed"), money["agreed_minor"], word("The lines and charges of the agreement that holds now."), agreed),
        Figure(word("Canceled"), money["canceled_minor"], word("What of that was agreed for units that were canceled."), []),
        Figure(word("Credited"), money["credited_minor"], word("What was granted for returns, and given beside."), credits),
        Figure(word("To be paid"), money["net_minor"], word("What was agreed, less what was canceled and credited."), net),
        Figure(word("Authorized"), money["authorized_minor"], word("What providers hold, or have held, for us."), of_tenders("authorized_minor")),
        Figure(word("Captured"), money["captured_minor"], word("What was collected."), of_tenders("captured_minor")),
        Figure(word("Voided"), money["voided_minor"], word("What was authorized and let go of."), of_tenders("voided_minor")),
        Figure(word("Refunded"), money["refunded_minor"], word("What was given back."), of_tenders("refunded_minor")),
        Figure(word("Earned"), money["earned_minor"], word("What was agreed for the goods that have left, less what was credited."), []),
        Figure(word("Missing"), money["missing_minor"], word("What has to be authorized or paid before goods are released."), []),
        Figure(
            word("Balance"), money["balance_minor"],
            word("Above nought we owe the customer goods or money, below nought the customer owes us."), balance if tenders else [],
        ),
    )  # fmt: skip
    always = ("Agreed", "To be paid", "Captured", "Balance")
    return [each for each in found if each.minor or each.label in always]


def _told(what: str, say: Callable[..., str], code: str) -> str:
    return f"{what}, {say(code.replace('_', ' '))}"


def doubts_of(read: Mapping[str, Any]) -> dict[int, Doubt]:
    """The addresses that holds are about, by the number of the hold; none to those who may not see them."""
    people = [each for each in read["people"] if each.get("address")]
    given = {group: each["address"] for each in people for group in each.get("groups", ())}
    found: dict[int, Doubt] = {}
    for each in read.get("doubted", ()):
        address, suggestion = given.get(each["group"], {}), each.get("suggestion")
        as_given, suggested = _written(address), _written(suggestion) if suggestion else []
        same = SequenceMatcher(None, as_given, suggested, autojunk=False).get_matching_blocks() if suggested else ()
        kept = {block.a + at for block in same for at in range(block.size)}
        known = {block.b + at for block in same for at in range(block.size)}
        found[each["hold"]] = Doubt(
            each["group"], [SAID[problem] for problem in each.get("problems", ())],
            [(text, bool(suggested) and at not in kept) for at, text in enumerate(as_given)],
            [(text, at not in known) for at, text in enumerate(suggested)],
            as_typed(fields_of(ChangeDelivery), {"address": suggestion, "group": each["group"], "hold": each["hold"]}),
        )  # fmt: skip
    return found


def _written(address: Mapping[str, Any]) -> list[str]:
    """An address line by line."""
    town = " ".join(filter(None, (address.get("postal_code", ""), address.get("city", ""))))
    known = [address.get("name"), address.get("company"), *address.get("lines", ()), town, address.get("region")]
    return [each for each in (*known, address.get("country"), address.get("phone")) if each]


def actions_of(visit: Visit, read: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """What can be done now; what is asked for or held and can't be; and the rest that can't be.

    Each with its name, a word about it and, where it can't be done, why not and who can unblock it.
    """
    found: dict[str, list[dict[str, str]]] = {"allowed": [], "refused": [], "rest": []}
    operations = visit.parts.backend.operations
    for each in read["actions"]:
        name = each["name"]
        row = {"name": name, "summary": operations[name].summary if name in operations else name.replace("_", " ")}
        if not each["allowed"]:
            row |= {"why": visit.parts.backend.meaning(each["refused"]), "unblock": each.get("unblock", "")}
            told = name in _ASKED_FOR or (each["refused"] == _BY_HOLD and name in ACTIONS)
            found["refused" if told else "rest"].append(row)
        elif name in ELSEWHERE and visit.may(name):
            within, page = ELSEWHERE[name]
            pages = [page.format(id=each["id"]) for each in read["order"].get(within, ()) if each.get("sent")]
            found["allowed"] += [row | {"page": each} for each in pages]
        elif name in ACTIONS and visit.may(name):
            found["allowed"].append(row | {"page": f"/orders/{quote(read['order']['number'], safe='')}/{name}"})
        elif name in ACTIONS or name in ELSEWHERE:
            why = visit.say("It needs the right %(right)s.", right=operations[name].right)
            if visit.is_taken(name):
                why = visit.say("It was taken away from your role.")
            row |= {"why": why, "unblock": word("whoever gives roles")}
            found["refused"].append(row)
    return found


def about_of(spoken: Language, about: str) -> str:
    """What the next step is about, in a language: `hold 2 (fraud)`, `3 units; canceled 2026-03-06 12:05 UTC without a location`."""
    what, _, canceled = about.partition("; canceled ")
    found = _ABOUT.fullmatch(what)
    if spoken.code == OWN or found is None:
        return about
    if found["units"]:
        said = spoken.ngettext("%(num)s unit", "%(num)s units", int(found["units"]))
    else:
        kind, number, more = found.group("kind", "number", "more")
        said = spoken.gettext(_ABOUT_WHAT[kind], number=number) + (f" ({spoken.plain(more)})" if more else "")
    if not canceled:
        return said
    at = datetime.strptime(canceled, "%Y-%m-%d %H:%M UTC without a location").replace(tzinfo=UTC)
    return spoken.gettext("%(what)s; canceled %(time)s UTC without a location", what=said, time=spoken.instant(at))


def _events(timeline: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for entry in timeline:
        for event in entry["events"]:
            yield entry, event
