"""Pages for the merchant's customers, each by a link that was sent to them: no account, and no more than the link is for."""

import re
from collections.abc import Collection, Mapping, Sequence
from secrets import token_urlsafe
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlsplit

from orderline.console import customer_words as words
from orderline.console.languages import Language, language_for, names
from orderline.console.refusals import among, beside
from orderline.console.visits import Failed, Gone, Sent, Shown, Visit, whole

ADDRESS: Final = ("name", "company", "line1", "line2", "postal_code", "city", "region", "phone")
FINE: Final[Mapping[str, str]] = MappingProxyType({})


async def order(visit: Visit) -> Shown:
    """An order: what it is, where it is, what is still to come, what may be done now."""
    return _order(visit, await _ask(visit, "read_order_by_link"))


async def cancel(visit: Visit) -> Shown | Gone:
    """Cancel what is named and not sent yet."""
    seen = await _ask(visit, "read_order_by_link")
    chosen, wrong = _units(visit.form, _names("cancel", seen))
    if not wrong and not visit.form.get("sure"):
        wrong = {"sure": words.NOT_SURE}
    if wrong:
        return _order(visit, seen, "cancel", wrong)
    everything = {each["line"]: each.get("to_come", 0) for each in seen["lines"] if each.get("to_come")}
    lines = [] if chosen == everything else _listed(chosen)
    return await _do(visit, "cancel_by_link", seen, "cancel", {"lines": lines})


async def readdress(visit: Visit) -> Shown | Gone:
    """Have what is not sent yet sent elsewhere in the same country."""
    seen = await _ask(visit, "read_order_by_link")
    group = visit.form.get("group", "")
    known = next((each for each in seen.get("destinations", ()) if str(each["group"]) == group), None)
    if known is None:
        return _order(visit, seen, "address", {"group": words.NOWHERE})
    given = {"group": known["group"], "address": _address(visit.form, known["country"])}
    return await _do(visit, "change_address_by_link", seen, "address", given)


async def give_back(visit: Visit) -> Shown | Gone:
    """Announce that goods come back."""
    seen = await _ask(visit, "read_order_by_link")
    chosen, wrong = _units(visit.form, _names("return", seen))
    lines: list[dict[str, Any]] = []
    for line, quantity in chosen.items():
        reason = visit.form.get(f"lines.{line}.reason", "")
        if reason not in words.REASONS:
            wrong[f"lines.{line}.reason"] = words.NO_REASON
        note = visit.form.get(f"lines.{line}.note", "").strip()
        lines.append({"line": line, "quantity": quantity, "reason": reason, "note": note})
    if wrong:
        return _order(visit, seen, "return", wrong)
    given: dict[str, Any] = {"lines": lines, "instead": _instead(visit.form, chosen)}
    if not given["instead"]:
        return await _do(visit, "return_by_link", seen, "return", given)
    about, _, balance = visit.form.get("agreed", "").rpartition(" ")
    if about == _chosen(given) and re.fullmatch(r"-?[0-9]{1,15}", balance):
        done = await _do(visit, "return_by_link", seen, "return", {**given, "balance_minor": int(balance)})
        if isinstance(done, Gone) or "agreed" not in done.about["wrong"]:
            return done
    status, told = await visit.do("quote_return_by_link", {"token": visit.path["token"]}, given, key="")
    if status >= 400:
        return _order(visit, seen, "return", _beside(visit, told, _names("return", seen)), status)
    return _order(visit, seen, "return", quote={**told, "agreed": f"{_chosen(given)} {told['balance_minor']}"})


def _instead(form: Mapping[str, str], chosen: Mapping[int, int]) -> list[dict[str, Any]]:
    """`lines.2.instead` holds what is to be sent in place of units of line 2; nothing, where it is the money."""
    return [{"line": line, "sku": sku} for line in chosen if (sku := form.get(f"lines.{line}.instead", ""))]


def _chosen(given: Mapping[str, Any]) -> str:
    """What a customer says yes to, beside what it costs: so many units, for what. Whatever of it changes is shown anew."""
    units = [f"{each['line']}:{each['quantity']}" for each in given["lines"]]
    return " ".join((*units, *(f"{each['line']}={each['sku']}" for each in given["instead"])))


async def label(visit: Visit) -> Sent:
    """What goods are sent back with, to be printed."""
    path = {"token": visit.path["token"], "number": visit.path["number"]}
    try:
        reply = await visit.fetch("read_return_label_by_link", path, query={"format": "pdf"})
    except Failed as failed:
        raise _in_their_words(visit, failed) from None
    return Sent(whole(reply.body), reply.media, f"return-{int(path['number'])}.pdf")


async def question(visit: Visit) -> Shown:
    """What a customer is asked, and the answers that may be chosen."""
    return _question(visit, await _ask(visit, "read_decision_by_link"))


async def answer(visit: Visit) -> Shown | Gone:
    """One of the answers, chosen."""
    asked = await _ask(visit, "read_decision_by_link")
    code = visit.form.get("option", "")
    option = next((each for each in asked.get("options", ()) if each["code"] == code), None)
    if option is None:
        return _question(visit, asked, {"option": words.NO_ANSWER})
    given: dict[str, Any] = {"option": code}
    match option.get("needs"):
        case "address":
            given["address"] = _address(visit.form, visit.form.get("country", "").strip().upper()[:2])
        case "date":
            day = visit.form.get("date", "")
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
                return _question(visit, asked, {"date": words.NO_DAY})
            given["date"] = f"{day}T12:00:00Z"
        case _:
            pass
    status, told = await visit.do("answer_decision_by_link", {"token": visit.path["token"]}, given, key="")
    if status < 400:
        return _onward(visit, "answer")
    return _question(visit, asked, _beside(visit, told, {"option", "date", "country", *ADDRESS}), status)


async def offer(visit: Visit) -> Shown:
    """What was offered to a customer, until when, and for how much."""
    return _offer(visit, await _ask(visit, "read_draft_order_by_link"))


async def answer_offer(visit: Visit) -> Shown | Gone:
    """Accept what was offered, with who the customer is and where it goes; or decline it."""
    offered = await _ask(visit, "read_draft_order_by_link")
    form = visit.form
    if form.get("answer") != "accept":
        given: dict[str, Any] = {"accept": False, "reason": form.get("reason", "").strip()[:500] or "by the customer"}
    else:
        sent = [each for each in offered.get("groups", ()) if not each.get("pickup_location")]
        given = {
            "accept": True,
            "customer": {"name": form.get("name", "").strip(), "email": form.get("email", "").strip()},
            "groups": [
                {
                    "group": each.get("group", 1),
                    "address": _address(form, (each.get("place") or {}).get("country") or form.get("country", "")),
                }
                for each in sent
            ],
        }
    status, told = await visit.do("answer_draft_order_by_link", {"token": visit.path["token"]}, given, key="")
    if status < 400:
        return _onward(visit, "answer")
    return _offer(visit, offered, _beside(visit, told, _asked(offered, form)), status)


def _asked(offered: Mapping[str, Any], form: Mapping[str, str]) -> list[str]:
    """The fields of the form in which an offer is accepted, or of the one in which it is declined."""
    if form.get("answer") != "accept":
        return ["reason"]
    sent = [each for each in offered.get("groups", ()) if not each.get("pickup_location")]
    country = [] if not sent or (sent[0].get("place") or {}).get("country") else ["country"]
    return ["name", "email", *country, *(ADDRESS[1:-1] if sent else ())]


async def _ask(visit: Visit, operation: str) -> dict[str, Any]:
    """What the link leads to. Failed: with a page of its own, in words of customers."""
    try:
        return await visit.ask(operation, {"token": visit.path["token"]})
    except Failed as failed:
        raise _in_their_words(visit, failed) from None


def not_shown(status: int, asked: str, accepts: str) -> Shown:
    """What stands in the place of a page that there is not, or that fails. asked: the query of the address, as it came."""
    chosen = re.search(r"(?:^|&)lang=([a-z]{2})(?:&|$)", asked)
    spoken = language_for(chosen[1] if chosen else "", accepts)
    return _gone(spoken, status, words.GONE if status in (400, 404, 414) else words.OTHERWISE)


def _in_their_words(visit: Visit, failed: Failed) -> Failed:
    known = words.GONE if failed.status == 404 else _said(failed.problem)
    return Failed(failed.status, {}, _gone(_spoken(visit), failed.status, known))


def _gone(spoken: Language, status: int, known: str) -> Shown:
    about = {"title": spoken.gettext(known), "ask": known == words.GONE, "shop": {}, "languages": {}}
    return Shown("customer/gone.html", {**spoken.template(), **about}, status)


async def _do(
    visit: Visit, operation: str, seen: dict[str, Any], what: str, given: dict[str, Any]
) -> Shown | Gone:  # fmt: skip
    key = visit.form.get("key", "")[:60]
    status, told = await visit.do(operation, {"token": visit.path["token"]}, given, key=key)
    if status < 400:
        return _onward(visit, what)
    return _order(visit, seen, what, _beside(visit, told, _names(what, seen)), status)


def _names(what: str, seen: Mapping[str, Any]) -> list[str]:
    """The fields that a form of an order has."""
    match what:
        case "cancel":
            return [*(f"lines.{each['line']}" for each in seen["lines"] if each.get("to_come")), "sure"]
        case "return":
            lines = [f"lines.{each['line']}" for each in seen["lines"] if each.get("returnable")]
            return [f"{line}{part}" for line in lines for part in ("", ".reason", ".note", ".instead")]
        case _:
            return ["group", *ADDRESS]


def _beside(visit: Visit, problem: Mapping[str, Any], names: Collection[str]) -> dict[str, str]:
    """A refusal in words of customers, by the field that it stands beside."""
    told = re.sub(r"^.*(?:address|customer)\.", "", str(problem.get("field", "")))
    streets = "line1" in names and re.fullmatch(r"lines(?:\[(\d)\])?", told)
    if streets:
        told = "line2" if streets[1] == "1" else "line1"
    chosen = _units(visit.form)[0]
    rows = {"lines": [f"lines.{line}" for line in chosen]}
    rows["instead"] = rows["exchange"] = [f"lines.{each['line']}.instead" for each in _instead(visit.form, chosen)]
    if told == "balance_minor":
        return {"agreed": _said(problem)}
    return {beside({**problem, "field": told}, names, visit.form, rows): _said(problem)}


def _onward(visit: Visit, done: str) -> Gone:
    base = visit.at if visit.at.count("/") == 2 else visit.at.rpartition("/")[0]
    asked = visit.query.get("lang", "")
    return Gone(f"{quote(base, safe='/=')}?done={done}" + (f"&lang={asked}" if asked.isalpha() else ""))


def _order(
    visit: Visit, seen: dict[str, Any], what: str = "", wrong: Mapping[str, str] = FINE, status: int = 0,
    quote: Mapping[str, Any] | None = None,
) -> Shown:  # fmt: skip
    descriptions = {each["line"]: each.get("description") or each["sku"] for each in seen["lines"]}
    about = {"order": seen, "words": words, "what": what, "named": descriptions, "quote": quote}
    return _page(visit, "customer/order.html", seen["shop"], about, wrong, status)


def _question(visit: Visit, asked: dict[str, Any], wrong: Mapping[str, str] = FINE, status: int = 0) -> Shown:
    needed = {each.get("needs") for each in asked.get("options", ())}
    names = {
        "option",
        *(("date",) if "date" in needed else ()),
        *(("country", *ADDRESS) if "address" in needed else ()),
    }
    wrong = among(names, wrong)
    return _page(visit, "customer/question.html", asked["shop"], {"asked": asked}, wrong, status)


def _offer(visit: Visit, offered: dict[str, Any], wrong: Mapping[str, str] = FINE, status: int = 0) -> Shown:
    return _page(visit, "customer/offer.html", offered["shop"], {"offered": offered}, wrong, status)


def _page(
    visit: Visit, template: str, shop: dict[str, Any], about: dict[str, Any], wrong: Mapping[str, str], status: int
) -> Shown:  # fmt: skip
    spoken = _spoken(visit)
    logo = urlsplit(shop.get("logo_url", ""))
    told = {
        **spoken.template(), **about, "shop": shop, "languages": names(), "given": visit.form, "fields": ADDRESS,
        "wrong": {name: spoken.gettext(text) for name, text in wrong.items()}, "done": visit.query.get("done", ""), "key": token_urlsafe(16),
        "home": quote("/".join(visit.at.split("/")[:3]), safe="/="), "lang": visit.query.get("lang", ""),
    }  # fmt: skip
    images = f"https://{logo.netloc}" if logo.netloc else ""
    return Shown(template, told, min(status, 503) or (422 if wrong else 200), images=images)


def _spoken(visit: Visit) -> Language:
    return language_for(visit.query.get("lang", ""), visit.accepts)


def _said(problem: Mapping[str, Any]) -> str:
    return words.REFUSED.get(str(problem.get("code", "")), words.OTHERWISE)


def _units(form: Mapping[str, str], names: Sequence[str] = ()) -> tuple[dict[int, int], dict[str, str]]:
    """`lines.2` holds how many units of line 2; and what is wrong with them, when it is that there are none as well.

    names: the fields of the form.
    """
    found: dict[int, int] = {}
    wrong: dict[str, str] = {}
    for name, text in form.items():
        line = re.fullmatch(r"lines\.([0-9]{1,6})", name)
        if line is None:
            continue
        if not re.fullmatch(r"[0-9]{0,6}", text.strip()):
            wrong[name] = words.NO_NUMBER
        elif int(text.strip() or 0):
            found[int(line[1])] = int(text)
    none = {} if found or wrong else {next(iter(names), ""): words.NOT_SO_MANY}
    return found, among(names, wrong | none)


def _listed(chosen: Mapping[int, int]) -> list[dict[str, int]]:
    return [{"line": line, "quantity": quantity} for line, quantity in chosen.items()]


def _address(form: Mapping[str, str], country: str) -> dict[str, Any]:
    told = {name: form.get(name, "").strip() for name in ADDRESS}
    lines = [line for line in (told.pop("line1"), told.pop("line2")) if line]
    return {"country": country, "lines": lines, **{name: value for name, value in told.items() if value}}
