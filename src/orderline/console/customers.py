"""Pages for the merchant's customers, each by a link that was sent to them: no account, and no more than the link is for."""

import re
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote, urlsplit

from orderline.console import customer_words as words
from orderline.console.languages import Language, language_for, names
from orderline.console.visits import Failed, Gone, Sent, Shown, Visit, whole

ADDRESS: Final = ("name", "company", "line1", "line2", "postal_code", "city", "region", "phone")


async def order(visit: Visit) -> Shown:
    """An order: what it is, where it is, what is still to come, what may be done now."""
    return _order(visit, await _ask(visit, "read_order_by_link"))


async def cancel(visit: Visit) -> Shown | Gone:
    """Cancel what is named and not sent yet."""
    seen = await _ask(visit, "read_order_by_link")
    chosen = _units(visit.form)
    if not chosen or not visit.form.get("sure"):
        return _order(visit, seen, "cancel", words.NOT_SURE if chosen else words.NOT_SO_MANY)
    everything = {each["line"]: each.get("to_come", 0) for each in seen["lines"] if each.get("to_come")}
    lines = [] if chosen == everything else _listed(chosen)
    return await _do(visit, "cancel_by_link", seen, "cancel", {"lines": lines})


async def readdress(visit: Visit) -> Shown | Gone:
    """Have what is not sent yet sent elsewhere in the same country."""
    seen = await _ask(visit, "read_order_by_link")
    group = visit.form.get("group", "")
    known = next((each for each in seen.get("destinations", ()) if str(each["group"]) == group), None)
    if known is None:
        return _order(visit, seen, "address", words.NOWHERE)
    given = {"group": known["group"], "address": _address(visit.form, known["country"])}
    return await _do(visit, "change_address_by_link", seen, "address", given)


async def give_back(visit: Visit) -> Shown | Gone:
    """Announce that goods come back."""
    seen = await _ask(visit, "read_order_by_link")
    chosen = _units(visit.form)
    if not chosen:
        return _order(visit, seen, "return", words.NOT_SO_MANY)
    lines: list[dict[str, Any]] = []
    for line, quantity in chosen.items():
        reason = visit.form.get(f"lines.{line}.reason", "")
        if reason not in words.REASONS:
            return _order(visit, seen, "return", words.NO_REASON)
        note = visit.form.get(f"lines.{line}.note", "").strip()
        lines.append({"line": line, "quantity": quantity, "reason": reason, "note": note})
    return await _do(visit, "return_by_link", seen, "return", {"lines": lines})


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
        return _question(visit, asked, words.NO_ANSWER)
    given: dict[str, Any] = {"option": code}
    match option.get("needs"):
        case "address":
            given["address"] = _address(visit.form, visit.form.get("country", "").strip().upper()[:2])
        case "date":
            day = visit.form.get("date", "")
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
                return _question(visit, asked, words.NO_DAY)
            given["date"] = f"{day}T12:00:00Z"
        case _:
            pass
    status, told = await visit.do("answer_decision_by_link", {"token": visit.path["token"]}, given, key="")
    if status < 400:
        return _onward(visit, "answer")
    return _question(visit, asked, _said(told), status)


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
    return _offer(visit, offered, _said(told), status)


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
    return _order(visit, seen, what, _said(told), status)


def _onward(visit: Visit, done: str) -> Gone:
    base = visit.at if visit.at.count("/") == 2 else visit.at.rpartition("/")[0]
    asked = visit.query.get("lang", "")
    return Gone(f"{quote(base, safe='/=')}?done={done}" + (f"&lang={asked}" if asked.isalpha() else ""))


def _order(visit: Visit, seen: dict[str, Any], what: str = "", wrong: str = "", status: int = 0) -> Shown:
    descriptions = {each["line"]: each.get("description") or each["sku"] for each in seen["lines"]}
    about = {"order": seen, "words": words, "what": what, "named": descriptions}
    return _page(visit, "customer/order.html", seen["shop"], about, wrong, status)


def _question(visit: Visit, asked: dict[str, Any], wrong: str = "", status: int = 0) -> Shown:
    return _page(visit, "customer/question.html", asked["shop"], {"asked": asked}, wrong, status)


def _offer(visit: Visit, offered: dict[str, Any], wrong: str = "", status: int = 0) -> Shown:
    return _page(visit, "customer/offer.html", offered["shop"], {"offered": offered}, wrong, status)


def _page(
    visit: Visit, template: str, shop: dict[str, Any], about: dict[str, Any], wrong: str, status: int
) -> Shown:  # fmt: skip
    spoken = _spoken(visit)
    logo = urlsplit(shop.get("logo_url", ""))
    told = {
        **spoken.template(), **about, "shop": shop, "languages": names(), "given": visit.form, "fields": ADDRESS,
        "wrong": spoken.gettext(wrong) if wrong else "", "done": visit.query.get("done", ""), "key": token_urlsafe(16),
        "home": quote("/".join(visit.at.split("/")[:3]), safe="/="), "lang": visit.query.get("lang", ""),
    }  # fmt: skip
    images = f"https://{logo.netloc}" if logo.netloc else ""
    return Shown(template, told, min(status, 503) or (422 if wrong else 200), images=images)


def _spoken(visit: Visit) -> Language:
    return language_for(visit.query.get("lang", ""), visit.accepts)


def _said(problem: Mapping[str, Any]) -> str:
    return words.REFUSED.get(str(problem.get("code", "")), words.OTHERWISE)


def _units(form: Mapping[str, str]) -> dict[int, int]:
    """`lines.2` holds how many units of line 2."""
    found: dict[int, int] = {}
    for name, text in form.items():
        line = re.fullmatch(r"lines\.([0-9]{1,6})", name)
        if line is not None and re.fullmatch(r"[0-9]{1,6}", text.strip()) and int(text):
            found[int(line.group(1))] = int(text)
    return found


def _listed(chosen: Mapping[int, int]) -> list[dict[str, int]]:
    return [{"line": line, "quantity": quantity} for line, quantity in chosen.items()]


def _address(form: Mapping[str, str], country: str) -> dict[str, Any]:
    told = {name: form.get(name, "").strip() for name in ADDRESS}
    lines = [line for line in (told.pop("line1"), told.pop("line2")) if line]
    return {"country": country, "lines": lines, **{name: value for name, value in told.items() if value}}
