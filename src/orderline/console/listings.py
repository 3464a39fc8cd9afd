"""Lists of everything that is no order, each by its row here: which operation reads it, and which of its fields are shown."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from msgspec import Struct, structs

from orderline.console import history, views
from orderline.console.bulk import each_alone, label_of, offered
from orderline.console.deeds import does, makes
from orderline.console.filling import instant_of
from orderline.console.forms import Field, fields_of
from orderline.console.languages import word
from orderline.console.ports import Called
from orderline.console.visits import Failed, Sent, Shown, Visit, sent_whole

MOST: Final = 50
# What a record tells by more names than these stands below one another.
_WIDEST: Final = 12
# What no page shows of a record.
HIDDEN: Final = frozenset({"chain", "token_hash", "code_hash", "nonce"})
# Of the operation, and no filters: where a page begins, how long it is, what is told beside.
_PAGED: Final = frozenset({"cursor", "limit", "also"})
# Of the page: which columns are shown, what was done before it.
BEGIN_POLICY: Final = "/policies/new"
_OF_THE_PAGE: Final = frozenset({"cursor", "show", "did"})


@dataclass(frozen=True)
class Column:
    """kind: how the value is shown: text, code, badge, time, day, due, amount, original, count, list, order, record,
    sku, channel, dispute, number, rate (in parts per million), ago, wide, about, happened, changed,
    said (as somebody said it, or by our word for it), rights, wave, yes (or no), causes (each with how often),
    cause (of a movement of stock), lot (where all of it is).

    field: where it stands; `party.name` is inside of `party`.
    """

    label: str
    field: str
    kind: str = "text"


@dataclass(frozen=True)
class Inner:
    """A list that stands on the page of a record, by its id."""

    title: str
    operation: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Paper:
    """A file that a record can be kept as. path: what the page's address ends with."""

    label: str
    operation: str
    path: str


@dataclass(frozen=True)
class Listing:
    """record: the operation that reads one of them by its id, with its history; "": there is no page of one.

    above: what is read to be said above the rows; `above/` has its template. over: the states in which nothing is due any more.
    apart: the page of one is made elsewhere. behind: the report whose figures lead to it; no tab of its own, then. told: what its rows are, in words.
    """

    path: str
    title: str
    operation: str
    columns: tuple[Column, ...]
    record: str = ""
    inner: tuple[Inner, ...] = ()
    papers: tuple[Paper, ...] = ()
    above: str = ""
    over: tuple[str, ...] = ()
    apart: bool = False
    behind: str = ""
    told: str = ""


@dataclass(frozen=True)
class Sheet:
    """A page of a section that is no list. operation: what it shows first, and by whose right it is seen."""

    path: str
    title: str
    operation: str


def columns_of(*said: str) -> tuple[Column, ...]:
    """`Order:order_number:order` for each; the kind may be left out."""
    return tuple(Column(*each.split(":")) for each in said)


_STATE: Final = "State:state:badge"
_ORDER: Final = "Order:order_number:order"

SECTIONS: Final[dict[str, tuple[Listing | Sheet, ...]]] = {
    "Work": (
        Listing("/holds", "Holds", "list_holds", columns_of(_ORDER, "Type:type:code", "Reason:reason:said", "Owner:owner:said", "Stops:blocks:list", "Placed:placed_at:time", "Due:due_at:due")),
        Listing("/decisions", "Decisions", "list_decisions", columns_of("Question:question:record", "Order:number:order", "About:cause:code", "Put to:to:code", _STATE, "Until:deadline_at:due"), "read_decision", over=("answered", "defaulted", "executed", "failed", "withdrawn")),
        Listing("/alarms", "Alarms", "list_alarms", columns_of("Order:number:order", "Channel:channel", "Nothing moves it to:step:code", "Since:raised_at:time")),
        Listing("/rejected-units", "Rejected", "list_rejected_units", columns_of("Order:order_number:order", "Channel:channel", "Line:line:number", "SKU:sku:sku", "Units:quantity:number", "Rejected by:locations:list", "Next:next_step.what:code", "Placed:placed_at:time")),
        Listing("/approvals", "Approvals", "list_approvals", columns_of("Approval:id:record", "Order:order:order", "Amount:amount_minor:amount", "Asked by:asked_by", _STATE, "Due:due_at:due"), "read_approval", over=("approved", "rejected", "expired", "withdrawn")),
        Listing("/customer-links", "Links of customers", "list_customer_links", columns_of("Link:id:record", "Order:order:order", "Customers may:may:list", "Until:until:time", "Made by:made_by", "Made:made_at:time", _STATE), "read_customer_link"),
        Listing("/list-entries", "Stopped and trusted", "list_list_entries", columns_of("Who:shown:record", "What:kind:code", "List:side:code", "Reason:reason:said", "Said by:by", "Since:at:time", "Until:expires_at:day", _STATE), "read_list_entry"),
        Listing("/tasks", "Tasks", "list_tasks", columns_of("Task:text:record", "Kind:kind:code", "SKU:sku", "Location:location", _STATE, "Raised:raised_at:time"), "read_task"),
        Listing("/dead-letters", "Dead letters", "list_dead_letters", columns_of("It was to:what:wide", _ORDER, "Why it was not done:why:wide", "What to do:advice:wide", "Failed:failed_at:time", "Tries:attempts:number", "Error:error:wide")),
        Listing("/mappings", "Unmapped values", "list_mappings", columns_of("Word:value:record", "It is:kind:code", "Of:partner:code", "State:state:badge", "Came:seen:number", "First:first_at:time", "Last:last_at:time", "With:sample", "Means:target"), "read_mapping"),
        Listing("/channel-health", "Channels", "list_channel_health", columns_of("Channel:channel:channel", "Name:name", "Partner:partner:code", "State:state:badge", "Not told:waiting:number", "Oldest:oldest_at:ago", "Stock waits:stock_since:ago", "Asked for orders:asked_at:ago", "Told us something:heard_at:ago", "Error:error:wide")),
        Listing("/partners", "Partners", "list_partners", columns_of("Partner:partner:code", "Kind:kind:code", "State:state:badge", "For:used_by:list", "Calls today:calls:number", "Failed:error_ppm:rate", "Open:open:number", "Waiting:waiting:number", "Oldest:oldest_at:ago", "Went well:success_at:ago", "Went wrong:failure_at:ago", "Last error:error:wide", "Told us something:heard_at:ago")),
        Listing("/edi-interchanges", "EDI that came", "list_edi_interchanges", columns_of("Interchange:id:record", "Partner:partner", "Documents:documents:count", _STATE, "Came:at:time"), "read_edi_interchange"),
        Listing("/edi-purchases", "EDI orders", "list_edi_purchases", columns_of("Purchase order:id:record", "Partner:partner", "Told:sent:count", _STATE), "read_edi_purchase"),
    ),
    "Stock": (
        Listing("/stock", "Shelves", "list_stock", columns_of("SKU:sku:sku", "Location:location", "On hand:on_hand:number", "Allocated:allocated:number", "Safety:safety:number", "Promisable:promisable:number", "Damaged:damaged:number", "Missing:missing:number")),
        Sheet("/stock-grid", "By location", "list_stock"),
        Listing("/movements", "Movements", "list_movements", columns_of("When:recorded_at:time", "SKU:sku:sku", "Location:location", "Units:quantity:number", "From:source:code", "To:target:code", "Cause:cause:cause", "Reference:reference", "Lot:lot", "Who:by", "By way of:via", "Reason:reason:said")),
        Listing("/channel-stock", "Told to channels", "list_channel_stock", columns_of("SKU:sku:sku", "Channel:channel:channel", _STATE, "Units:quantity:number", "Told:told:number", "Told at:told_at:time", "Waits:since:ago", "Error:error:wide")),
        Listing("/listings", "Offered by channels", "list_channel_listings", columns_of("Listing:id:record", "SKU:sku:sku", "Channel:channel:channel", _STATE, "Reason:reason:said", "Ready:ready_at:day", "Since:since:time", "Changes:changes_at:time", "Told:told:badge", "Error:error:wide"), "read_listing"),
        Listing("/channel-sets", "Sets sent", "list_channel_sets", columns_of("Sent:pushed_at:time", "Channel:channel:channel", "Of:what:code", "Figures:figures:number", "Changed:changed_at:time", "Taken:acked_at:time", "Error:error:wide")),
        Listing("/oversold", "Oversold", "list_oversold", columns_of("SKU:sku:sku", "Location:location", "Units:quantity:number", "Found:found_at:time")),
        Listing("/supply", "Supply", "list_supply", columns_of("SKU:sku", "Pool:pool", "Location:location", "Kind:kind:code", "Due:due_at:day", "Open:open:number", "Pegged:pegged:number", "Free:free:number")),
        Listing("/demand", "Scheduled demand", "list_scheduled_demand", columns_of("SKU:sku:sku", "Pool:pool", "Needed:need_at:time", "Open:open:number", "Of:id")),
        Listing("/purchase-orders", "Purchase orders", "list_purchase_orders", columns_of("Purchase order:id:record", "Vendor:vendor", "To:location", "Lines:lines:count", _STATE, "Made:made_at:time"), "read_purchase_order"),
        Listing("/transfers", "Transfers", "list_transfers", columns_of("Transfer:id:record", "From:source", "To:target", "Lines:lines:count", _STATE, "Due:due_at:due"), "read_transfer", over=("received", "canceled")),
        Listing("/lots", "Lots", "list_lots", columns_of("Lot:lot:lot", "SKU:sku:sku", "Location:location", "Bucket:bucket:code", "Units:quantity:number", "Expires:expires_on:day", "Serial number:serial:yes")),
        Listing("/reallocations", "Reallocations", "list_reallocations", columns_of("Reallocation:id:record", "SKU:sku:sku", "Order:number:order", "Units:quantity:number", "Taken from:givers:count", _STATE, "By:by", "At:at:time", "Reason:reason:said"), "read_reallocation", over=("applied", "withdrawn")),
        Listing("/lag-buffers", "Kept back for delay", "list_lag_buffers", columns_of("Channel:id:record", "Late (s):lag_s:number", "Covers:quantile_ppm:rate", "Orders:orders:number", "Pushes:pushes:number", "SKUs:units:count", "Measured:measured_at:time"), "read_lag_buffer"),
        Listing("/counts", "Counts", "list_counts", columns_of("Count:id:record", "Location:location", "Shelves:lines:count", _STATE, "Planned by:planned_by", "Due:due_at:due"), "read_count", over=("posted", "void")),
        Listing("/count-proposals", "To count first", "list_count_proposals", columns_of("SKU:sku:sku", "Location:location", "Score:score:number", "Sellable:sellable:number", "Sold:sold:number", "Doubt:doubt_ppm:rate", "Missing:missing:number", "At risk:at_risk_minor:amount", "Counted:counted_at:time")),
        Listing("/skus", "SKUs", "list_skus", columns_of("SKU:code", "Description:description", "Kind:kind:code", "GTIN:gtin", "Weight (g):weight_g:number")),
    ),
    "Fulfillment": (
        Listing("/fulfillments", "To do", "list_fulfillments", columns_of(_ORDER, "No.:number:number", "Location:location", "Work:execution:badge", "Agreed:negotiation:code", "Items:items:count", "Due:due_at:due")),
        Listing("/waves", "Waves", "list_waves", columns_of("Wave:id:record", "Location:location", "Picked by:by:code", "Lists:lists:count", _STATE, "Due:due_at:due"), "read_wave", over=("done", "void")),
        Listing("/shipments", "Shipments", "list_shipments", columns_of(_ORDER, "No.:number:number", "Location:location", "Carrier:carrier", "Parcels:parcels:count", "Handed over:handed_over_at:time")),
        Listing("/stalled-parcels", "Stalled parcels", "list_stalled_parcels", columns_of(_ORDER, "Parcel:parcel:number", "Carrier:carrier", "Tracking:tracking_number", "State:state:badge", "Last seen:moved_at:time")),
        Listing("/carrier-claims", "Carrier claims", "list_carrier_claims", columns_of("Claim:id:record", _ORDER, "Carrier:carrier", "Reason:reason:code", "Value:value_minor:amount", _STATE, "Due:due_at:due"), "read_carrier_claim", over=("paid", "withdrawn", "lapsed")),
        Listing("/missing-parcels", "Not received", "list_missing_parcels", columns_of("Case:id:record", _ORDER, "Parcel:parcel:number", "Carrier:carrier", "Tracking:tracking_number", _STATE, "Due:due_at:due"), "read_missing_parcel", over=("accepted", "rejected", "withdrawn")),
        Listing("/carrier-pickups", "Carrier pick-ups", "list_carrier_pickups", columns_of("Pick-up:id:record", "Location:location", "Carrier:carrier", "Day:day", _STATE, "Asked for:asked_at:time"), "read_carrier_pickup"),
        Listing("/manifests", "Manifests", "list_manifests", columns_of("Manifest:id:record", "Location:location", "Carrier:carrier", "Day:day", "Parcels:parcels:count", "Number:reference", _STATE), "read_manifest", papers=(Paper("PDF", "read_manifest_paper", "paper"),)),
        Listing("/discrepancies", "Discrepancies", "list_discrepancies", columns_of("Discrepancy:id:record", _ORDER, "Location:location", "Cause:cause:code", _STATE, "Due:due_at:due"), "read_discrepancy"),
    ),
    "Routing": (
        Sheet("/routing", "Rules", "list_policies"),
        Sheet("/routing-decisions", "Decisions", "explain_route"),
        Sheet("/routing-trial", "Try an order", "try_route"),
    ),
    "Returns": (
        Sheet("/returns-desk", "Desk", "list_returns"),
        Listing("/returns", "Returns", "list_returns", columns_of(_ORDER, "Return:number:number", "SKU:sku", "Units:quantity:number", "Reason:reason:code", "Goods:custody:badge", "Money:money:badge", "Asked for:requested_at:time", "Concern:concern:code")),
        Listing("/orphans", "Goods with no order", "list_orphans", columns_of("Goods:id:record", "Location:location", "Written on them:reference", _STATE, "Came:received_at:time", "Owner:owner:said", "Due:due_at:due"), "read_orphan"),
    ),
    "Money": (
        Sheet("/ledger", "Trial balance", "read_trial_balance"),
        Sheet("/receivables", "Receivables", "read_aged_receivables"),
        Sheet("/closing", "Close a month", "read_revaluation"),
        Listing("/documents", "Documents", "list_documents", columns_of("Number:number:record", "Kind:kind:code", _ORDER, "Day:day", "Net:net_minor:amount", "Tax:tax_minor:amount", "Total:total_minor:amount"), "read_document", papers=(Paper("PDF", "print_document", "paper"), Paper("XML", "read_document_xml", "xml"), Paper("PDF with XML", "print_factur_x", "factur-x"))),
        Listing("/reconciliation", "Reconciliation", "list_reconciliation", columns_of("Day:day", "Channel:channel", "Provider:provider", "Captured:captured_minor:amount", "Refunded:refunded_minor:amount", "Invoiced:invoiced_minor:amount", "Credited:credited_minor:amount", "Open:open_minor:amount")),
        Listing("/open-orders", "Open orders", "list_open_orders", columns_of("Order:number:order", "Channel:channel", "Kind:kind:code", "Amount:amount_minor:amount", "Since:since")),
        Listing("/payouts", "Payouts", "list_payouts", columns_of("Payout:id:record", "Provider:provider", "Amount:amount_minor:amount", "Paid:paid_at:time", _STATE), "read_payout", (Inner("Entries", "list_payout_entries", columns_of("Entry:entry", "Kind:kind:code", "Order:order:order", "Gross:gross_minor:amount", "Fee:fee_minor:amount", "Net:net_minor:amount", "Before exchange:original_minor:original", "Rate:rate", "Occurred:occurred_at:time")),)),
        Listing("/disputes", "Disputes", "list_disputes", columns_of("Dispute:reference:dispute", _ORDER, "Amount:amount_minor:amount", "Reason:reason:code", "Provider:provider:code", "Stage:stage:badge", "Answer:answer:badge", "Due:due_at:due", "Opened:opened_at:time")),
        Listing("/payment-differences", "Differences", "list_payment_differences", columns_of("Provider:provider", "Kind:kind:code", "Amount:amount_minor:amount", "Reference:reference", "Owner:owner:said", "Next:next_step:code", "Found:found_at:time")),
        Listing("/sellers", "Sellers", "list_sellers", columns_of("Seller:id:record", "Name:party.name", "Commission (ppm):rate_ppm:number", "Stated:schedule:code", "Next:next_at:day"), "read_seller", (
            Inner("Owed", "list_seller_balances", columns_of("Legal entity:entity", "Not stated:not_stated_minor:amount", "Stated:stated_minor:amount", "Due:due_minor:amount")),
            Inner("Statements", "list_statements_of_seller", columns_of("Number:number", "Until:until:day", "Amount:amount_minor:amount", _STATE)),
        )),
        Listing("/seller-statements", "Seller statements", "list_seller_statements", columns_of("Statement:number:record", "Seller:seller", "Until:until:day", "Goods:goods_minor:amount", "Commission:commission_minor:amount", "Amount:amount_minor:amount", _STATE), "read_seller_statement", (Inner("Lines", "list_seller_statement_lines", columns_of("Order:order_number:order", "Day:day:day", "Document:document", "Goods:goods_minor:amount", "Commission:commission_minor:amount", "Due:due_minor:amount")),)),
        Listing("/credit-accounts", "Store credit", "list_credit_accounts", columns_of("Account:id:record", "Kind:kind:code", "Balance:balance_minor:amount", "Opened:opened_at:time", "Expires:expires_at:day", _STATE), "read_credit_account"),
        Listing("/periods", "Periods", "list_periods", columns_of("Period:id:record", "Entity:entity", "Month:month", "Closed by:closed_by", _STATE), "read_period"),
    ),
    "Reports": (
        Sheet("/reports/indicators", "Indicators", "list_indicators"),
        Sheet("/reports/promises", "Promises", "read_kept_promises"),
        Sheet("/reports/touches", "Touches", "read_touches"),
        Sheet("/reports/holds", "Holds of rules", "read_hold_precision"),
        Sheet("/reports/appeasements", "Given", "read_appeasements"),
        Sheet("/reports/picking", "Picking", "read_wave_figures"),
    ),
    "Companies": (
        Listing("/companies", "Companies", "list_companies", columns_of("Company:id:record", "Name:name", "VAT id:vat_id", "Locations:locations:count", "Buyers:buyers:count", _STATE), "read_company"),
        Listing("/contracts", "Contracts", "list_contracts", columns_of("Contract:id:record", "Channel:channel", "Lines:lines:count", "Next:next_at:day", _STATE), "read_contract"),
        Listing("/agreements", "Agreements", "list_agreements", columns_of("Agreement:id:record", "Company:company", "Lines:lines:count", "From:from_on:day", "Until:until_on:day", _STATE), "read_agreement", (Inner("Called off", "list_call_offs", columns_of(_ORDER, "Units:units:count")),)),
        Listing("/price-lists", "Price lists", "list_price_lists", columns_of("List:id:record", "Name:name", "Currency:currency", _STATE), "read_price_list"),
        Listing("/draft-orders", "Drafts and quotes", "list_draft_orders", columns_of("Draft:id:record", "Channel:channel", "Customer:customer", "Total:total_minor:amount", "Until:until:due", _STATE), "read_draft_order", over=("declined", "expired", "ordered", "discarded")),
    ),
    "Settings": (
        Listing("/policies", "Policies", "list_policies", columns_of("Policy:id:record", "Kind:kind:code", "Versions:versions:count"), "read_policy", apart=True),
        Listing("/channels", "Channels", "list_channels", columns_of("Channel:code:channel", "Name:name", "Pools:pools:list", "Currencies:currencies:list")),
        Listing("/locations", "Locations", "list_locations", columns_of("Location:code", "Name:name", "Kind:kind:code", "Pool:pool", "Time zone:time_zone", "Partner:partner")),
        Listing("/pools", "Pools", "list_pools", columns_of("Pool:code", "Name:name")),
        Listing("/skus", "SKUs", "list_skus", columns_of("SKU:code:sku", "Description:description", "Kind:kind:code", "GTIN:gtin", "Category:category", "Seller:seller")),
        Listing("/edi-shipping-orders", "EDI to warehouses", "list_edi_shipping_orders", columns_of("Fulfillment:id:record", "Partner:partner", "Location:location", "Told:sent:count", _STATE), "read_edi_shipping_order"),
        Listing("/edi-partners", "EDI partners", "list_edi_partners", columns_of("Partner:id:record", "Name:name", "Syntax:profile.syntax:code", "Channel:profile.channel", "Sent:sent:number", _STATE), "read_edi_partner"),
        Listing("/carrier-services", "Carrier services", "list_carrier_services", columns_of("Service:id:record", "Carrier:rules.carrier", "Written by:put_by", "Written:put_at:time"), "read_carrier_service"),
        Listing("/calendars", "Calendars", "list_calendars", columns_of("Calendar:id:record", "Time zone:rules.time_zone", "Written by:put_by", "Written:put_at:time"), "read_calendar"),
        Listing("/delays", "Delays", "list_delays", columns_of("Delay:id:record", "Reason:rules.reason:said", "Written by:put_by", "Written:put_at:time"), "read_delay"),
        Listing("/boxes", "Boxes", "list_boxes", columns_of("Box:id:record", "Name:name", "Length (mm):length_mm:number", "Width (mm):width_mm:number", "Height (mm):height_mm:number", "Holds (g):max_weight_g:number", _STATE), "read_box"),
        Listing("/users", "Users", "list_users", columns_of("User:id:record", "Role:role", "Channels:channels:list", "Locations:locations:list", _STATE), "read_user"),
        Listing("/keys", "API keys", "list_keys", columns_of("Key:id", "Name:name", "Rights:scopes:rights", "Person:person", "Made:created_at:time", "Used:last_used_at:time", "Revoked:revoked_at:time")),
        Listing("/roles", "Roles", "list_roles", columns_of("Role:id:record", "Name:name", "Rights:rights:rights"), "read_role"),
        Listing("/audit", "Audit log", "list_audit", columns_of("When:at:time", "Who:by", "By way of:via", "Command:command:code", "Of:record:about", "Reason:reason:said", "What happened:facts:happened", "Said anew:changes:changed"), above="read_verification"),
        Listing("/drift", "Drift", "list_drift", columns_of("What is to hold:about:wide", "Looked at:checked:number", "Faults:faults:number", "Such as:examples:list"), above="read_verification"),
        Listing("/jobs", "Jobs", "list_jobs", columns_of("Kind:kind:code", "Due:due:number", "Later:later:number", "Dead:dead:number", "Oldest:oldest:time")),
    ),
}  # fmt: skip

# What figures of reports are made of.
BEHIND: Final = (
    Listing("/reports/promises/ended", "Promises kept and missed", "list_ended_promises", columns_of(_ORDER, "Line:line:number", "SKU:sku:sku", "Promised until:first_latest_at:time", "Last until:last_latest_at:time", "Delivered:settled_at:time", "Kept:kept:yes", "Kept by the last:kept_last:yes", "Why not:cause:code", "Location:locations:list", "Carrier:carriers:list", "Policy:policy"), behind="/reports/promises", told=word("A row for each promise of a line that was kept or missed, of the orders of the parcels that were delivered last.")),
    Listing("/reports/touches/commands", "What was done by hand", "list_touches", columns_of(_ORDER, "Channel:channel:channel", "Command:command:code", "Who:by", "By way of:via", "When:at:time"), behind="/reports/touches", told=word("A row for each command that a person gave on an order, the last first. Placing an order is none; test orders and history do not count.")),
    Listing("/reports/touches/orders", "Orders accepted", "list_accepted_orders", columns_of(_ORDER, "Channel:channel:channel", "Accepted:at:time"), behind="/reports/touches", told=word("A row for each order that was accepted, the last first. Test orders and history do not count.")),
    Listing("/reports/holds/placed", "Held by rules", "list_rule_holds", columns_of(_ORDER, "Channel:channel:channel", "Rule:rule", "Type:type:code", "Placed:placed_at:time", "Came of it:came_of:code", "Ended:ended_at:time"), behind="/reports/holds", told=word("A row for each hold that a rule has placed, the last first, with what came of it until now. Test orders do not count.")),
    Listing("/reports/holds/missed", "Held by no rule", "list_missed_fraud", columns_of(_ORDER, "Dispute:reference:dispute", "Channel:channel:channel", "Provider:provider:code", "Amount:amount_minor:amount", "Stage:stage:badge", "Reason:reason:code", "Opened:opened_at:time"), behind="/reports/holds", told=word("A row for each order that was charged back for fraud and that no rule has ever held, by when its last dispute was opened. Test orders do not count.")),
    Listing("/reports/appeasements/given", "Given and taken back", "list_given_appeasements", columns_of(_ORDER, "Channel:channel:channel", "Reason:reason:code", "Given by:given_by", "Times:count:number", "Net:net_minor:amount", "Tax:tax_minor:amount", "Destination:destination:code", "Goodwill:goodwill:yes", "When:given_at:time"), behind="/reports/appeasements", told=word("A row for each time that something was given, the last first, and for each that it was taken back: that counts less one. Test orders do not count.")),
    Listing("/reports/picking/waves", "Waves counted", "list_counted_waves", columns_of("Wave:wave:wave", "Location:location", _STATE, "Begun:created_at:time", "Picked:picked:number", "Short:short:number", "Wrong scans:wrong_scans:number"), behind="/reports/picking", told=word("A row for each wave that was begun in these days, with the units picked and not found, and the scans of the wrong thing that were noticed in time.")),
)  # fmt: skip


def keys_of(names: Sequence[str]) -> dict[str, str]:
    """A letter for each: its first that no one before it has."""
    taken: dict[str, str] = {}
    for name in names:
        letter = next((each for each in name.lower() if each.isalpha() and each not in taken.values()), "")
        taken[name] = letter
    return taken


# By which letter after `g` a part is gone to.
KEYS: Final = keys_of(("Home", "Orders", *SECTIONS, "Station"))
LISTINGS: Final = {
    each.path: (section, each)
    for section, listed in (*SECTIONS.items(), ("Reports", BEHIND))
    for each in listed
    if isinstance(each, Listing)
}
# Where the records of a kind have a page each.
PAGES_OF: Final = {each.record.removeprefix("read_"): each.path for _, each in LISTINGS.values() if each.record}
SHEETS: Final = {
    each.path: (section, each) for section, listed in SECTIONS.items() for each in listed if isinstance(each, Sheet)
}


async def show(visit: Visit) -> Shown:
    """One page of a list; its filters are what its operation knows."""
    section, listing = LISTINGS[visit.at]
    operation = visit.parts.backend.operations[listing.operation]
    filters, given = filters_of(operation), given_of(visit, operation)
    limit = {"limit": MOST} if "limit" in queried(operation) else {}
    query = {**given, **limit, "cursor": visit.query.get("cursor", "")}
    found, above, kept = await asyncio.gather(
        visit.ask(listing.operation, query=query), _above(visit, listing), views.offered(visit)
    )
    rows = whole_rows(operation, found["items"])
    columns = [(each.field, each.label) for each in listing.columns[1:]]
    about = {
        "listing": listing, "operation": operation, "section": section, "tabs": tabs(visit, section), "next": found["next"],
        "rows": history.in_words(visit, rows) if listing.operation == "list_audit" else rows,
        "above": above, "pages_of": PAGES_OF,
        "deeds": [does(visit, listing.path, each) + each_alone(visit, listing.path, each) for each in rows],
        "filters": filters, "given": given, "unknown": unknown_of(visit, operation), "now": datetime.now(UTC), "label_of": label_of, "bulk": offered(visit, listing.path.strip("/")),
        "settings": makes(visit, listing.path) + _begins(visit, listing.path),
        "columns": columns, **views.shown_of(visit, [each for each, _ in columns]), **kept,
    }  # fmt: skip
    return Shown("listing.html", about)


def whole_rows(operation: Called, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of what the operation answers, with the codes that the API leaves out since they are what is meant without one."""
    meant = _meant(operation.output)
    return [{**each, **{name: code for name, code in meant.items() if name not in each}} for each in rows]


@cache
def _meant(output: Any) -> dict[str, str]:
    fields = structs.fields(output) if isinstance(output, type) and issubclass(output, Struct) else ()
    return {each.encode_name: each.default.value for each in fields if isinstance(each.default, StrEnum)}


def _begins(visit: Visit, path: str) -> list[tuple[str, str]]:
    """What is written in a list, and has an editor in place of a form."""
    return [(BEGIN_POLICY, word("Write a policy"))] if path == "/policies" and visit.may("create_policy") else []


async def show_record(visit: Visit) -> Shown:
    """A record: all that is known of it, and what has happened to it."""
    section, listing = LISTINGS["/" + visit.at.split("/")[1]]
    at = {"id": visit.path["id"]}
    [record] = whole_rows(visit.parts.backend.operations[listing.record], [await visit.ask(listing.record, at)])
    told = await visit.ask(f"{listing.record}_history", at, query={"newest": "true", "limit": MOST})
    facts, tables = _parts(record)
    inner = [(each, await _inner(visit, each)) for each in listing.inner if visit.may(each.operation)]
    about = {
        "inner": inner, "record": record, "does": does(visit, listing.path + "/{id}", record),
        "listing": listing, "section": section, "tabs": tabs(visit, section), "id": visit.path["id"], "facts": facts,
        "tables": tables, "history": history.told(told["items"][::-1], whole=told["next"] is None),
        "earlier": told["next"] is not None,
        "settings": history.done_by(visit, listing.path, visit.path["id"]),
    }  # fmt: skip
    return Shown("record.html", about)


async def _above(visit: Visit, listing: Listing) -> Any:
    """What is said above the rows; None: nothing, or not to this person."""
    try:
        return await visit.ask(listing.above) if listing.above and visit.may(listing.above) else None
    except Failed:
        return None


def head_of(visit: Visit, path: str) -> dict[str, Any]:
    """What the template of a sheet says above it: its section, the tabs of it, and which of them is shown."""
    section, sheet = (SHEETS | LISTINGS)[path]
    return {"section": section, "listing": sheet, "tabs": tabs(visit, section)}


async def _inner(visit: Visit, inner: Inner) -> dict[str, Any]:
    """The rows of a list of a record; its cursor goes by the name of its operation, since there may be several."""
    operation = visit.parts.backend.operations[inner.operation]
    paged = {"limit": MOST, "cursor": visit.query.get(inner.operation, "")} if "limit" in queried(operation) else {}
    return await visit.ask(inner.operation, {"id": visit.path["id"]}, query=paged)


async def show_paper(visit: Visit) -> Sent:
    """A file of a record."""
    _, listing = LISTINGS["/" + visit.at.split("/")[1]]
    paper = next(each for each in listing.papers if visit.at.endswith(f"/{each.path}"))
    reply = await visit.fetch(paper.operation, {"id": visit.path["id"]})
    kind = "xml" if "xml" in reply.media else "pdf"
    return sent_whole(reply.body, reply.media, f"{visit.path['id']}.{kind}")


def tabs(visit: Visit, section: str) -> list[Listing | Sheet]:
    """The pages of a section that the person may see."""
    return [each for each in SECTIONS[section] if visit.may(each.operation)]


def given_of(visit: Visit, operation: Called) -> dict[str, list[str]]:
    """The filters that were given, of those that the operation knows."""
    return {each.name: found for each in filters_of(operation) if (found := _given(visit, each))}


def unknown_of(visit: Visit, operation: Called) -> list[str]:
    """Filters of the address that the list does not have, and that are said to be without effect."""
    known = {each.name for each in filters_of(operation)} | _OF_THE_PAGE
    return [name for name, values in visit.many.items() if name not in known and any(values)]


def filters_of(operation: Called) -> list[Field]:
    """What a list can be filtered by."""
    return [
        each
        for each in fields_of(operation.query)
        if each.name not in _PAGED and each.kind in ("text", "choice", "choices", "texts", "number", "time", "flag")
    ]


def _given(visit: Visit, filter_: Field) -> list[str]:
    """What a filter is asked with: several values where it takes any of them, else the last."""
    values = [each for each in visit.many.get(filter_.name, ()) if each]
    if filter_.kind == "time":
        values = [instant_of(each) for each in values]
    return values if filter_.kind in ("texts", "choices") else values[-1:]


def queried(operation: Called) -> Sequence[str]:
    """The names of all that the operation can be asked by."""
    return getattr(operation.query, "__struct_fields__", ())


def _parts(record: dict[str, Any]) -> tuple[list[tuple[str, Any]], list[tuple[str, list[str], list[dict[str, Any]]]]]:
    """What is said in a word each, and what stands in rows: a name, the columns, the rows."""
    facts: list[tuple[str, Any]] = []
    tables: list[tuple[str, list[str], list[dict[str, Any]]]] = []
    for name, value in record.items():
        if name in HIDDEN:
            continue
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            rows: list[dict[str, Any]] = value
            tables.append(
                (name, [each for each in dict.fromkeys(key for row in rows for key in row) if each not in HIDDEN], rows)
            )
        elif isinstance(value, dict) and len(value) > _WIDEST:
            tables.append((name, ["name", "value"], [{"name": each, "value": said} for each, said in value.items()]))
        elif isinstance(value, dict):
            tables.append((name, [each for each in value if each not in HIDDEN], [value]))
        else:
            facts.append((name, value))
    return facts, tables
