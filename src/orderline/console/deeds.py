"""What can be done to a record or a row of a list: a form for each operation, and what became of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

from orderline.console import history, rights
from orderline.console.choosing import chosen, places
from orderline.console.describing import described
from orderline.console.filling import fill, is_number, rows_of
from orderline.console.forms import Field, fields_of, names_of
from orderline.console.languages import word
from orderline.console.refusals import wrong_of
from orderline.console.typed import as_typed
from orderline.console.visits import Failed, Gone, Shown, Visit


@dataclass(frozen=True)
class Deed:
    """path: of its page. on: the page that offers it, which is gone back to. label: what the link to it says.

    named: the fields of a row that the parts of the path are, in their order. currency: of amounts, is a field of the row.
    states: of the record, in which it is offered; empty: in all. undone: a field that is empty as long as it can be done.
    makes: what its list calls a record, which it makes under a name that is typed. reads: the operation that says how the record
    is, for its lines and options; edits: and for all that is in the form, to begin with. asks: what else its form asks for. shows:
    the template of what is seen once, and never again.
    """

    path: str
    operation: str
    on: str
    label: str
    named: tuple[str, ...] = ("id",)
    states: tuple[str, ...] = ()
    undone: str = ""
    currency: bool = False
    makes: str = ""
    reads: str = ""
    edits: bool = False
    asks: tuple[str, ...] = ()
    shows: str = ""

    @property
    def calls(self) -> tuple[str, ...]:
        """The operations that its pages call."""
        reads = [self.reads, f"{self.reads}_history"] if self.reads else []
        return (self.operation, *reads, *self.asks, "list_locations")

    @property
    def is_new(self) -> bool:
        """Is it about no record that is there?"""
        return self.path.endswith("/new")


_DIFFERENCE: Final = "/payment-differences/{partner}/{event}"
_STATEMENT: Final = "/seller-statements/{id}"
_TRANSFER: Final = "/transfers/{id}"
_COUNT: Final = "/counts/{id}"
_PURCHASE: Final = "/purchase-orders/{id}"
_DECISION: Final = "/decisions/{id}"
_APPROVAL: Final = "/approvals/{id}"
_ORPHAN: Final = "/orphans/{id}"
_CLAIM: Final = "/carrier-claims/{id}"
_ON_ITS_WAY: Final = ("sent", "confirmed", "partly_received")
DEEDS: Final = (
    Deed(f"{_DIFFERENCE}/settle", "settle_payment_difference", "/payment-differences", "Settle", ("provider", "event_id"), undone="settled_at"),
    Deed(f"{_DIFFERENCE}/assign", "assign_payment_difference", "/payment-differences", "Assign", ("provider", "event_id"), undone="settled_at"),
    Deed("/payouts/{id}/correct", "correct_payout", "/payouts/{id}", "Work a difference off", states=("booked",), currency=True),
    Deed("/sellers/{id}/state", "state_seller", "/sellers/{id}", "State what is owed now"),
    Deed(f"{_STATEMENT}/instruct", "instruct_seller_payment", _STATEMENT, "Take it to be paid", states=("open",)),
    Deed(f"{_STATEMENT}/pay", "record_seller_payment", _STATEMENT, "It was paid", states=("open", "instructed")),
    Deed(f"{_STATEMENT}/fail", "fail_seller_payment", _STATEMENT, "The payment has not gone", states=("instructed",)),
    Deed(f"{_STATEMENT}/return", "return_seller_payment", _STATEMENT, "The payment came back", states=("paid",)),
    Deed("/mappings/{id}/map", "map_value", "/mappings/{id}", "Say what it means"),
    Deed("/mappings/{id}/ignore", "ignore_value", "/mappings/{id}", "It means nothing here", states=("unmapped", "mapped")),
    Deed("/transfers/new", "create_transfer", "/transfers", "Plan a transfer", (), makes="Transfer"),
    Deed(f"{_TRANSFER}/approve", "approve_transfer", _TRANSFER, "Approve", states=("draft",), reads="read_transfer"),
    Deed(f"{_TRANSFER}/pick", "pick_transfer", _TRANSFER, "It was picked", states=("approved",), reads="read_transfer"),
    Deed(f"{_TRANSFER}/ship", "ship_transfer", _TRANSFER, "It was sent", states=("picked",), reads="read_transfer"),
    Deed(f"{_TRANSFER}/receive", "receive_transfer", _TRANSFER, "It came", states=("in_transit", "partly_received"), reads="read_transfer"),
    Deed(f"{_TRANSFER}/cancel", "cancel_transfer", _TRANSFER, "Send nothing", states=("draft", "approved", "picked"), reads="read_transfer"),
    Deed("/counts/new", "create_count", "/counts", "Plan a count", (), makes="Count"),
    Deed(f"{_COUNT}/open", "open_count", _COUNT, "Begin to count", states=("planned",), reads="read_count"),
    Deed(f"{_COUNT}/submit", "submit_count", _COUNT, "Say what was counted", states=("open", "recount"), reads="read_count"),
    Deed(f"{_COUNT}/recount", "ask_recount", _COUNT, "Have it counted again", states=("submitted",), reads="read_count"),
    Deed(f"{_COUNT}/approve", "approve_count", _COUNT, "Post the differences", states=("submitted",), reads="read_count"),
    Deed(f"{_COUNT}/void", "void_count", _COUNT, "Give it up", states=("planned", "open", "submitted", "recount"), reads="read_count"),
    Deed("/purchase-orders/new", "create_purchase_order", "/purchase-orders", "Make a purchase order", (), makes="Purchase order"),
    Deed(f"{_PURCHASE}/send", "send_purchase_order", _PURCHASE, "The vendor was told", states=("draft",), reads="read_purchase_order"),
    Deed(f"{_PURCHASE}/confirm", "confirm_purchase_order", _PURCHASE, "The vendor has confirmed", states=("sent",), reads="read_purchase_order"),
    Deed(f"{_PURCHASE}/revise", "revise_purchase_order", _PURCHASE, "Dates or units are others", states=_ON_ITS_WAY, reads="read_purchase_order"),
    Deed(f"{_PURCHASE}/close", "close_purchase_order", _PURCHASE, "Nothing more will come", states=(*_ON_ITS_WAY, "received"), reads="read_purchase_order"),
    Deed(f"{_PURCHASE}/cancel", "cancel_purchase_order", _PURCHASE, "Cancel it", states=("draft", "sent", "confirmed"), reads="read_purchase_order"),
    Deed("/stock/{sku}/adjust", "adjust_stock", "/stock/{sku}", "Correct what is there", ("sku",)),
    Deed("/stock/{sku}/{location}/safety", "set_safety", "/stock/{sku}", "Safety stock", ("sku", "location")),
    Deed(f"{_DECISION}/send", "send_decision", _DECISION, "Send it", states=("drafted",), reads="read_decision"),
    Deed("/decisions/new", "ask_decision", "/decisions", "Ask a question", ()),
    Deed(f"{_DECISION}/resend", "resend_decision", _DECISION, "Send it again", states=("sent",), reads="read_decision"),
    Deed(f"{_DECISION}/answer", "answer_decision", _DECISION, "Answer it", states=("sent",), reads="read_decision"),
    Deed(f"{_DECISION}/withdraw", "withdraw_decision", _DECISION, "Withdraw it", states=("drafted", "sent"), reads="read_decision"),
    Deed(f"{_APPROVAL}/approve", "approve_step", _APPROVAL, "Say yes", states=("pending",), reads="read_approval"),
    Deed(f"{_APPROVAL}/reject", "reject_approval", _APPROVAL, "Say no", states=("pending",), reads="read_approval"),
    Deed(f"{_APPROVAL}/delegate", "delegate_step", _APPROVAL, "Hand it over", states=("pending",), reads="read_approval"),
    Deed(f"{_ORPHAN}/match", "match_orphan", _ORPHAN, "Say of which order they are", states=("waiting",), reads="read_orphan", asks=("suggest_orders",)),
    Deed(f"{_ORPHAN}/identify", "identify_orphan", _ORPHAN, "Say what they are", states=("waiting",), reads="read_orphan"),
    Deed(f"{_ORPHAN}/dispose", "dispose_orphan", _ORPHAN, "Put them away", states=("waiting",), reads="read_orphan"),
    Deed("/discrepancies/{id}/settle", "settle_discrepancy", "/discrepancies/{id}", "Settle", states=("open",), reads="read_discrepancy"),
    Deed("/missing-parcels/{id}/decide", "decide_missing", "/missing-parcels/{id}", "Decide", states=("open",), reads="read_missing_parcel"),
    Deed(f"{_CLAIM}/file", "file_claim", _CLAIM, "It was sent to the carrier", states=("drafted",), reads="read_carrier_claim"),
    Deed(f"{_CLAIM}/answer", "answer_claim", _CLAIM, "The carrier has answered", states=("filed", "appealed"), reads="read_carrier_claim", currency=True),
    Deed(f"{_CLAIM}/appeal", "appeal_claim", _CLAIM, "Appeal", states=("rejected",), reads="read_carrier_claim"),
    Deed(f"{_CLAIM}/pay", "pay_claim", _CLAIM, "The carrier has paid", states=("accepted",), reads="read_carrier_claim", currency=True),
    Deed(f"{_CLAIM}/withdraw", "withdraw_claim", _CLAIM, "Ask for nothing any more", states=("drafted", "filed", "accepted", "rejected", "appealed"), reads="read_carrier_claim"),
    Deed("/carrier-pickups/new", "create_carrier_pickup", "/carrier-pickups", "Have a carrier come", (), makes="Pick-up"),
    Deed("/carrier-pickups/{id}/cancel", "cancel_carrier_pickup", "/carrier-pickups/{id}", "Have it not come", states=("booked", "refused"), reads="read_carrier_pickup"),
    Deed("/orders/{order}/customer-links/new", "make_customer_link", "/orders/{order}", "Make a link for the customer", ("number",), shows="link_made.html", asks=("read_order",)),
    Deed("/customer-links/{id}/revoke", "revoke_customer_link", "/customer-links/{id}", "Revoke", states=("good",), reads="read_customer_link"),
    Deed("/tasks/{id}/close", "close_task", "/tasks/{id}", "Done", states=("open",), reads="read_task"),
    Deed("/users/new", "create_user", "/users", "Make a user", (), makes="User", asks=("list_roles", "read_user")),
    Deed("/users/{id}/edit", "create_user", "/users/{id}", "Change it", reads="read_user", edits=True, asks=("list_roles",)),
    Deed("/users/{id}/invite", "invite_user", "/users/{id}", "Invite", states=("active",), shows="invited.html"),
    Deed("/users/{id}/disable", "disable_user", "/users/{id}", "Let in no more", states=("active",)),
    Deed("/roles/new", "create_role", "/roles", "Make a role", (), makes="Role", asks=("read_role",)),
    Deed("/roles/{id}/edit", "create_role", "/roles/{id}", "Change it", reads="read_role", edits=True),
    Deed("/keys/new", "create_key", "/keys", "Make a key", (), shows="key_made.html"),
    Deed("/keys/{key}/revoke", "revoke_key", "/keys", "Revoke", undone="revoked_at"),
)  # fmt: skip
# Said by the page itself: whoever was disabled meanwhile is not let in again by a page that is older.
_ITSELF: Final = "stay_disabled"
_MOST: Final = 50  # changes that are told of, where somebody else was there meanwhile
_MOST_SUGGESTED: Final = 5


def does(visit: Visit, on: str, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the person may do to a row as it is now: the label and the address of each form."""
    known = [each for each in DEEDS if each.on == on and not each.is_new and all(name in row for name in each.named)]
    return [(each.label, _address(each, row)) for each in known if _is_offered(visit, each, row)]


def makes(visit: Visit, on: str) -> list[tuple[str, str]]:
    """What the person may make in a list: the address of each form, and its label."""
    return [(each.path, each.label) for each in DEEDS if each.on == on and each.is_new and visit.may(each.operation)]


def _is_offered(visit: Visit, deed: Deed, row: Mapping[str, Any]) -> bool:
    state = row.get("state", deed.states[0] if deed.states else "")  # the API leaves out what has its default
    return visit.may(deed.operation) and (not deed.states or state in deed.states) and not row.get(deed.undone)


def _address(deed: Deed, row: Mapping[str, Any]) -> str:
    values = iter(quote(str(row[name]), safe="") for name in deed.named)
    path = re.sub(r"\{\w+\}", lambda _: next(values), deed.path)
    return f"{path}?currency={quote(row['currency'])}" if deed.currency else path


def done_at(path: str) -> dict[str, str] | None:
    """What was done last by the form at an address, for the page that it leads to."""
    found = (each for each in DEEDS if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), path))
    return next(({"path": path, "label": each.label} for each in found), None)


async def form(visit: Visit) -> Shown:
    """What is to be said. Whoever may not see the record is told that there is none."""
    deed = _deed(visit)
    known = await visit.ask(deed.reads, {"id": visit.path["id"]}) if deed.reads else {}
    if "read_order" in deed.asks:
        await visit.ask("read_order", visit.path, query={"parts": "explain"})
    given = {**visit.path, **visit.query, "key": token_urlsafe(16)}
    if deed.edits:
        state = str(known.get("state", "active"))  # the API leaves out what has its default
        given |= as_typed(fields_of(visit.parts.backend.operations[deed.operation].input), known) | {"state": state}
    return await _shown(visit, deed, given, {})


async def act(visit: Visit) -> Shown | Gone:
    """Do it. What was typed stays where it was when it is refused."""
    deed = _deed(visit)
    operation = visit.parts.backend.operations[deed.operation]
    fields = await _fields(visit, deed, {})
    filled = fill(fields, visit.form, visit.form.get("currency", ""), visit.say)
    id_ = visit.form.get("id", "").strip()[:200]
    if deed.makes and not id_:
        filled.wrong["id"] = word("It is needed.")
    if filled.wrong:
        return await _shown(visit, deed, visit.form, filled.wrong)
    if deed.makes and await _is_there(visit, deed, id_):
        return await _shown(visit, deed, visit.form, {"id": word("There is one of this name already.")})
    version = visit.form.get("version", "")
    # Where the operation itself looks at the version, one that is sent twice has its first answer.
    looks = "expected_version" in getattr(operation.input, "__struct_fields__", ())
    if not looks and (changed := await _since(visit, deed)):
        return await _meanwhile(visit, deed, changed)
    if visit.form.get("state") == "active" and _ITSELF in {each.name for each in fields_of(operation.input)}:
        filled.input[_ITSELF] = True
    if looks and deed.reads and is_number(version):
        filled.input["expected_version"] = int(version)
    path = {"id": id_} if deed.makes else visit.path
    given_in = visit.form.get("currency", "")
    status, told = await visit.do(
        deed.operation, path, filled.input if operation.input else None, key=visit.key, currency=given_in
    )
    here = _filled(deed.path, visit.path)
    if status < 400 and deed.shows:
        did = {"path": here, "label": deed.label}
        return Shown(
            deed.shows, {"told": told, "to": _back(visit, deed), "did": did, "public_url": visit.parts.public_url}
        )
    if status < 400:
        to = f"{deed.on}/{quote(id_, safe='')}" if deed.makes else _back(visit, deed)
        return Gone(f"{to}?did={quote(here, safe='')}")
    if told.get("code") == "VERSION_STALE" and (changed := await _since(visit, deed)):
        return await _meanwhile(visit, deed, changed)
    given = {**visit.form, "key": token_urlsafe(16)}
    names = names_of(fields) | ({"id"} if deed.makes else set())
    return await _shown(visit, deed, given, wrong_of(told, names, visit.form), status=status if status < 500 else 503)


async def _meanwhile(visit: Visit, deed: Deed, changed: Sequence[Mapping[str, Any]]) -> Shown:
    """What somebody else has done since, and what was typed, to be said once more as it is now."""
    told = word("This has changed since the page was shown. What you typed is still here.")
    given = {**visit.form, "key": token_urlsafe(16), "version": str(changed[0]["seq"])}
    return await _shown(visit, deed, given, {"": told}, status=409, changed=changed)


async def _since(visit: Visit, deed: Deed) -> list[dict[str, Any]]:
    """What has happened to the record since the form was shown, the last first."""
    version, operation = visit.form.get("version", ""), f"{deed.reads}_history"
    if not (deed.reads and is_number(version) and visit.may(operation)):
        return []
    found = await visit.ask(operation, {"id": visit.path["id"]}, query={"newest": "true", "limit": _MOST})
    told = history.told(found["items"][::-1], whole=found["next"] is None)
    rows = [{**each, "seq": entry["seq"]} for each, entry in zip(told, found["items"], strict=True)]
    return [each for each in rows if each["seq"] > int(version)]


async def _is_there(visit: Visit, deed: Deed, id_: str) -> bool:
    """Is there one already that would be written over? What can't be is refused by the operation itself."""
    reads = next((each.reads for each in DEEDS if each.operation == deed.operation and each.edits), "")
    if not reads:
        return False
    try:
        await visit.ask(reads, {"id": id_})
    except Failed:
        return False
    return True


async def _shown(
    visit: Visit, deed: Deed, given: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 0,
    changed: Sequence[Mapping[str, Any]] = (),
) -> Shown:  # fmt: skip
    operation = visit.parts.backend.operations[deed.operation]
    record = await _record(visit, deed)
    fields = await _fields(visit, deed, record)
    rows = {
        f"{one}s": [
            (each[one], each.get("sku", "") or each.get("note", ""), _left(each))
            for each in record.get(f"{one}s", ())
            if one in each
        ]
        for one in ("line", "item")
    }
    shelves = "\n".join(f"{each['sku']} " for each in record.get("lines", ()) if "line" not in each and each.get("sku"))
    given = {"location": record.get("location", ""), "lines": shelves, **given} if record and not deed.edits else given
    given = {"version": str(record.get("version", "")), **given}
    about = {
        "operation": operation, "label": deed.label, "changed": changed, "places": await places(visit, deed.operation, fields), "fields": [each for each in fields if not each.rare],
        "rare": [each for each in fields if each.rare], "given": given, "wrong": wrong, "makes": deed.makes,
        "about": ", ".join(visit.path.values()) or visit.say("Back to the list"), "rows": _rows(fields, rows, given),
        "currency": given.get("currency", ""), "back": _back(visit, deed), "record": record,
        "notes": described(operation.description, operation.input, fields), "edits": deed.edits,
        "suggested": await _suggested(visit, deed), "areas": _areas(visit) if deed.operation in rights.FIELDS else (),
    }  # fmt: skip
    return Shown("deed.html", about, status or (422 if wrong else 200))


def _rows(fields: Iterable[Field], known: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The rows of each field that has some: of lines and items those that are known, of others as many as it takes."""
    found = {each.name: known.get(each.kind, []) for each in fields}
    for each in fields:
        if each.kind == "rows":
            found[each.name] = [(number, "", 0) for number in rows_of(each, given)]
        if each.kind in ("group", "parts"):
            found |= _rows(each.columns, known, given)
    return found


def _left(row: Mapping[str, Any]) -> int:
    """Units of a line, or those of an item of which nothing has become yet."""
    return row.get("quantity", 0) - row.get("matched", 0) - row.get("disposed", 0)


async def _suggested(visit: Visit, deed: Deed) -> list[dict[str, Any]]:
    """The orders that goods may be of, the likeliest first."""
    if "suggest_orders" not in deed.asks or not visit.may("suggest_orders"):
        return []
    status, told = await visit.do("suggest_orders", {"id": visit.path["id"]}, {}, key="")
    return told["suggestions"][:_MOST_SUGGESTED] if status < 400 else []


async def _record(visit: Visit, deed: Deed) -> dict[str, Any]:
    """How the record is; empty, when that is not needed, or there is none: whoever sends the form is told so."""
    if not deed.reads or not visit.may(deed.reads):
        return {}
    try:
        return await visit.ask(deed.reads, {"id": visit.path["id"]})
    except Failed:
        return {}


async def _fields(visit: Visit, deed: Deed, record: Mapping[str, Any]) -> list[Field]:
    """What there is to be said. An option of a question is chosen of those that it has, a role of those that there are."""
    asked = fields_of(visit.parts.backend.operations[deed.operation].input)
    fields = [each for each in chosen(deed.operation, asked) if each.name != _ITSELF]
    choices = {
        "option": tuple(each["code"] for each in record.get("options", [])),
        "item": tuple(str(each["item"]) for each in record.get("items", []) if "item" in each and not each.get("sku")),
    }
    if "list_roles" in deed.asks:
        found = await visit.ask("list_roles", query={"limit": 200})
        choices["role"] = tuple(each["id"] for each in found["items"])
    if boxes := rights.FIELDS.get(deed.operation):
        fields = [rights.ticked(each, _areas(visit)) if each.name == boxes else each for each in fields]
    return [
        replace(each, kind="choice" if each.kind == "text" else each.kind, choices=choices[each.name])
        if choices.get(each.name)
        else each
        for each in fields
    ]


def _areas(visit: Visit) -> tuple[rights.Area, ...]:
    return rights.areas(visit.parts.backend.operations, (each.operation for each in DEEDS))


def _back(visit: Visit, deed: Deed) -> str:
    return _filled(deed.on, visit.path)


def _filled(path: str, values: Mapping[str, str]) -> str:
    return path.format(**{name: quote(value, safe="") for name, value in values.items()})


def _deed(visit: Visit) -> Deed:
    last, first = visit.at.rpartition("/")[2], visit.at.split("/")[1]
    return next(each for each in DEEDS if each.path.startswith(f"/{first}/") and each.path.endswith(f"/{last}"))
