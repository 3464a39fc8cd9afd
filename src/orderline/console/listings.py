"""Lists of everything that is no order, each by its row here: which operation reads it, and which of its fields are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from orderline.console.forms import Field, fields_of
from orderline.console.ports import Called
from orderline.console.visits import Shown, Visit

MOST: Final = 50
_PAGED: Final = frozenset({"cursor", "limit"})


@dataclass(frozen=True)
class Column:
    """kind: how the value is shown: text, code, badge, time, day, due, amount, count, list, order, record, number."""

    label: str
    field: str
    kind: str = "text"


@dataclass(frozen=True)
class Listing:
    """record: the operation that reads one of them by its id, with its history; "": there is no page of one."""

    path: str
    title: str
    operation: str
    columns: tuple[Column, ...]
    record: str = ""


def _columns(*said: str) -> tuple[Column, ...]:
    """`Order:order_number:order` for each; the kind may be left out."""
    return tuple(Column(*each.split(":")) for each in said)


_STATE: Final = "State:state:badge"
_ORDER: Final = "Order:order_number:order"

SECTIONS: Final[dict[str, tuple[Listing, ...]]] = {
    "Work": (
        Listing("/holds", "Holds", "list_holds", _columns(_ORDER, "Type:type:code", "Reason:reason", "Owner:owner", "Stops:blocks:list", "Placed:placed_at:time", "Due:due_at:due")),
        Listing("/decisions", "Decisions", "list_decisions", _columns("Question:question:record", "Order:number:order", "About:cause:code", "Put to:to:code", _STATE, "Until:deadline_at:due"), "read_decision"),
        Listing("/alarms", "Alarms", "list_alarms", _columns("Order:number:order", "Channel:channel", "Nothing moves it to:step:code", "Since:raised_at:time")),
        Listing("/approvals", "Approvals", "list_approvals", _columns("Approval:id:record", "Amount:amount_minor:amount", "Asked by:asked_by", _STATE, "Due:due_at:due"), "read_approval"),
        Listing("/tasks", "Tasks", "list_tasks", _columns("Task:text:record", "Kind:kind:code", "SKU:sku", "Location:location", _STATE, "Raised:raised_at:time"), "read_task"),
        Listing("/dead-letters", "Dead letters", "list_dead_letters", _columns("Kind:kind:code", "Failed:failed_at:time", "Tries:attempts:number", "Error:error")),
    ),
    "Stock": (
        Listing("/stock", "Shelves", "list_stock", _columns("SKU:sku", "Location:location", "On hand:on_hand:number", "Allocated:allocated:number", "Safety:safety:number", "Promisable:promisable:number", "Damaged:damaged:number", "Missing:missing:number")),
        Listing("/oversold", "Oversold", "list_oversold", _columns("SKU:sku", "Location:location", "Units:quantity:number", "Found:found_at:time")),
        Listing("/supply", "Supply", "list_supply", _columns("SKU:sku", "Pool:pool", "Location:location", "Kind:kind:code", "Due:due_at:day", "Open:open:number", "Pegged:pegged:number", "Free:free:number")),
        Listing("/purchase-orders", "Purchase orders", "list_purchase_orders", _columns("Purchase order:id:record", "Vendor:vendor", "To:location", "Lines:lines:count", _STATE, "Made:made_at:time"), "read_purchase_order"),
        Listing("/transfers", "Transfers", "list_transfers", _columns("Transfer:id:record", "From:source", "To:target", "Lines:lines:count", _STATE, "Due:due_at:due"), "read_transfer"),
        Listing("/counts", "Counts", "list_counts", _columns("Count:id:record", "Location:location", "Shelves:lines:count", _STATE, "Planned by:planned_by", "Due:due_at:due"), "read_count"),
        Listing("/skus", "SKUs", "list_skus", _columns("SKU:code", "Description:description", "Kind:kind:code", "GTIN:gtin", "Weight (g):weight_g:number")),
    ),
    "Fulfillment": (
        Listing("/fulfillments", "To do", "list_fulfillments", _columns(_ORDER, "No.:number:number", "Location:location", "Work:execution:badge", "Agreed:negotiation:code", "Items:items:count", "Due:due_at:due")),
        Listing("/waves", "Waves", "list_waves", _columns("Wave:id:record", "Location:location", "Picked by:by:code", "Lists:lists:count", _STATE, "Due:due_at:due"), "read_wave"),
        Listing("/shipments", "Shipments", "list_shipments", _columns(_ORDER, "No.:number:number", "Location:location", "Carrier:carrier", "Parcels:parcels:count", "Handed over:handed_over_at:time")),
        Listing("/stalled-parcels", "Stalled parcels", "list_stalled_parcels", _columns(_ORDER, "Parcel:parcel:number", "Carrier:carrier", "Tracking:tracking_number", "State:state:badge", "Last seen:moved_at:time")),
        Listing("/carrier-claims", "Carrier claims", "list_carrier_claims", _columns("Claim:id:record", _ORDER, "Carrier:carrier", "Reason:reason:code", "Value:value_minor:amount", _STATE, "Due:due_at:due"), "read_carrier_claim"),
        Listing("/discrepancies", "Discrepancies", "list_discrepancies", _columns("Discrepancy:id:record", _ORDER, "Location:location", "Cause:cause:code", _STATE, "Due:due_at:due"), "read_discrepancy"),
    ),
    "Returns": (
        Listing("/returns", "Returns", "list_returns", _columns(_ORDER, "Return:number:number", "SKU:sku", "Units:quantity:number", "Reason:reason:code", "Goods:custody:badge", "Money:money:badge", "Asked for:requested_at:time", "Concern:concern:code")),
    ),
    "Money": (
        Listing("/documents", "Documents", "list_documents", _columns("Number:number:record", "Kind:kind:code", _ORDER, "Day:day", "Net:net_minor:amount", "Tax:tax_minor:amount", "Total:total_minor:amount"), "read_document"),
        Listing("/reconciliation", "Paid, shipped, collected", "list_reconciliation", _columns("Day:day", "Channel:channel", "Provider:provider", "Captured:captured_minor:amount", "Refunded:refunded_minor:amount", "Invoiced:invoiced_minor:amount", "Credited:credited_minor:amount", "Open:open_minor:amount")),
        Listing("/open-orders", "Open orders", "list_open_orders", _columns("Order:number:order", "Channel:channel", "Kind:kind:code", "Amount:amount_minor:amount", "Since:since")),
        Listing("/payouts", "Payouts", "list_payouts", _columns("Payout:id:record", "Provider:provider", "Amount:amount_minor:amount", "Paid:paid_at:time", _STATE), "read_payout"),
        Listing("/payment-differences", "Payment differences", "list_payment_differences", _columns("Provider:provider", "Kind:kind:code", "Amount:amount_minor:amount", "Reference:reference", "Owner:owner", "Next:next_step:code", "Found:found_at:time")),
        Listing("/credit-accounts", "Store credit", "list_credit_accounts", _columns("Account:id:record", "Kind:kind:code", "Balance:balance_minor:amount", "Opened:opened_at:time", "Expires:expires_at:day", _STATE), "read_credit_account"),
        Listing("/periods", "Periods", "list_periods", _columns("Period:id:record", "Entity:entity", "Month:month", "Closed by:closed_by", _STATE), "read_period"),
    ),
    "Companies": (
        Listing("/companies", "Companies", "list_companies", _columns("Company:id:record", "Name:name", "VAT id:vat_id", "Locations:locations:count", "Buyers:buyers:count", _STATE), "read_company"),
        Listing("/contracts", "Contracts", "list_contracts", _columns("Contract:id:record", "Channel:channel", "Lines:lines:count", "Next:next_at:day", _STATE), "read_contract"),
        Listing("/price-lists", "Price lists", "list_price_lists", _columns("List:id:record", "Name:name", "Currency:currency", _STATE), "read_price_list"),
        Listing("/draft-orders", "Drafts and quotes", "list_draft_orders", _columns("Draft:id:record", "Channel:channel", "Customer:customer", "Total:total_minor:amount", "Until:until:due", _STATE), "read_draft_order"),
    ),
    "Settings": (
        Listing("/policies", "Policies", "list_policies", _columns("Policy:id:record", "Kind:kind:code", "Versions:versions:count"), "read_policy"),
        Listing("/channels", "Channels", "list_channels", _columns("Channel:code", "Name:name", "Pools:pools:list", "Currencies:currencies:list")),
        Listing("/locations", "Locations", "list_locations", _columns("Location:code", "Name:name", "Kind:kind:code", "Pool:pool", "Time zone:time_zone", "Partner:partner")),
        Listing("/users", "Users", "list_users", _columns("User:id:record", "Role:role", "Channels:channels:list", "Locations:locations:list", _STATE), "read_user"),
        Listing("/roles", "Roles", "list_roles", _columns("Role:id:record", "Name:name", "Rights:rights:list"), "read_role"),
        Listing("/jobs", "Jobs", "list_jobs", _columns("Kind:kind:code", "Due:due:number", "Later:later:number", "Dead:dead:number", "Oldest:oldest:time")),
    ),
}  # fmt: skip
LISTINGS: Final = {each.path: (section, each) for section, listed in SECTIONS.items() for each in listed}


async def show(visit: Visit) -> Shown:
    """One page of a list; its filters are what its operation knows."""
    section, listing = LISTINGS[visit.at]
    operation = visit.parts.backend.operations[listing.operation]
    filters = _filters(operation)
    given = {each.name: visit.query[each.name] for each in filters if visit.query.get(each.name)}
    paged = {each for each in _PAGED if each in _queried(operation)}
    query = {**given, **({"limit": MOST} if "limit" in paged else {}), "cursor": visit.query.get("cursor", "")}
    found = await visit.ask(listing.operation, query=query)
    about = {
        "listing": listing, "section": section, "tabs": tabs(visit, section), "rows": found["items"], "next": found["next"],
        "filters": filters, "given": given, "now": datetime.now(UTC),
    }  # fmt: skip
    return Shown("listing.html", about)


async def show_record(visit: Visit) -> Shown:
    """A record: all that is known of it, and what has happened to it."""
    section, listing = LISTINGS["/" + visit.at.split("/")[1]]
    record = await visit.ask(listing.record, {"id": visit.path["id"]})
    history = (await visit.ask(f"{listing.record}_history", {"id": visit.path["id"]}))["items"]
    facts, tables = _parts(record)
    about = {
        "listing": listing, "section": section, "tabs": tabs(visit, section), "id": visit.path["id"], "facts": facts,
        "tables": tables, "history": [_told(each) for each in reversed(history)],
    }  # fmt: skip
    return Shown("record.html", about)


def tabs(visit: Visit, section: str) -> list[Listing]:
    """The lists of a section that the person may see."""
    return [each for each in SECTIONS[section] if visit.may(each.operation)]


def _filters(operation: Called) -> list[Field]:
    return [
        each
        for each in fields_of(operation.query)
        if each.name not in _PAGED and each.kind in ("text", "choice", "choices", "texts", "number", "time", "flag")
    ]


def _queried(operation: Called) -> Sequence[str]:
    return getattr(operation.query, "__struct_fields__", ())


def _parts(record: dict[str, Any]) -> tuple[list[tuple[str, Any]], list[tuple[str, list[str], list[dict[str, Any]]]]]:
    """What is said in a word each, and what stands in rows: a name, the columns, the rows."""
    facts: list[tuple[str, Any]] = []
    tables: list[tuple[str, list[str], list[dict[str, Any]]]] = []
    for name, value in record.items():
        if name in ("chain", "token_hash", "code_hash", "nonce"):
            continue
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            rows: list[dict[str, Any]] = value
            tables.append((name, list(dict.fromkeys(key for row in rows for key in row)), rows))
        elif isinstance(value, dict):
            tables.append((name, list(value), [value]))
        else:
            facts.append((name, value))
    return facts, tables


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    events = [str(each.get("event", "")) for each in entry.get("events", ())]
    return {"at": entry.get("at"), "by": entry.get("actor", {}).get("name", ""), "events": events}
