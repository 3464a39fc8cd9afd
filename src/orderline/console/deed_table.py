"""What can be done to a record or a row of a list, a row each; `deeds` has the form that is made of it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Deed:
    """path: of its page. on: the page that offers it, which is gone back to. label: what the link to it says.

    named: the fields of a row that the parts of the path are, in their order. currency: of amounts, is a field of the row.
    states: of the record, in which it is offered; empty: in all. undone: a field that is empty as long as it can be done.
    makes: what its list calls a record, which it makes under a name that is typed. reads: the operation that says how the record
    is, for its lines and options; edits: and for all that is in the form, to begin with; versioned: it has a history. within: the
    list of the input that the one thing stands in, which goes by its code. priced: the field that says the currency of amounts. asks: what else its form asks for. shows:
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
    versioned: bool = True
    within: str = ""
    priced: str = ""
    asks: tuple[str, ...] = ()
    shows: str = ""

    @property
    def calls(self) -> tuple[str, ...]:
        """The operations that its pages call."""
        reads = [self.reads, *([f"{self.reads}_history"] if self.versioned else [])] if self.reads else []
        return (self.operation, *reads, *self.asks, "list_locations")

    @property
    def is_new(self) -> bool:
        """Is it about no record that is there?"""
        return self.path.endswith("/new")


_DIFFERENCE: Final = "/payment-differences/{partner}/{event}"
_STATEMENT: Final = "/seller-statements/{id}"
_TRANSFER: Final = "/transfers/{id}"
_COUNT: Final = "/counts/{id}"
_REALLOCATION: Final = "/reallocations/{id}"
_PURCHASE: Final = "/purchase-orders/{id}"
_DECISION: Final = "/decisions/{id}"
_APPROVAL: Final = "/approvals/{id}"
_ORPHAN: Final = "/orphans/{id}"
_CLAIM: Final = "/carrier-claims/{id}"
_DRAFT: Final = "/draft-orders/{id}"
_ENTRY: Final = "/list-entries/{id}"
_AGREEMENT: Final = "/agreements/{id}"
_CONTRACT: Final = "/contracts/{id}"
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
    Deed(f"{_REALLOCATION}/approve", "approve_reallocation", _REALLOCATION, "Approve", states=("proposed",)),
    Deed(f"{_REALLOCATION}/withdraw", "withdraw_reallocation", _REALLOCATION, "Withdraw", states=("proposed",)),
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
    Deed(f"{_DECISION}/answer", "answer_decision", _DECISION, "Answer it", states=("sent",), reads="read_decision", asks=("read_order",)),
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
    Deed("/draft-orders/new", "put_draft_order", "/draft-orders", "Take an order on the phone", (), makes="Draft", asks=("read_draft_order", "list_channels")),
    Deed(f"{_DRAFT}/offer", "offer_draft_order", _DRAFT, "Send it as a quote", states=("open", "offered"), reads="read_draft_order", asks=("preview_draft_order",), shows="offer_made.html"),
    Deed(f"{_DRAFT}/order", "order_draft_order", _DRAFT, "Place the order", states=("open", "offered"), reads="read_draft_order", currency=True, asks=("preview_draft_order",)),
    Deed(f"{_DRAFT}/decline", "decline_draft_order", _DRAFT, "The customer does not want it", states=("offered",), reads="read_draft_order"),
    Deed(f"{_DRAFT}/discard", "discard_draft_order", _DRAFT, "Give it up", states=("open", "offered", "declined", "expired"), reads="read_draft_order"),
    Deed("/tasks/{id}/close", "close_task", "/tasks/{id}", "Done", states=("open",), reads="read_task"),
    Deed("/list-entries/new", "put_list_entry", "/list-entries", "Stop or trust somebody", ()),
    Deed(f"{_ENTRY}/confirm", "confirm_list_entry", _ENTRY, "Let it count", states=("suggested",), reads="read_list_entry"),
    Deed(f"{_ENTRY}/remove", "remove_list_entry", _ENTRY, "Take it off the list", states=("suggested", "active"), reads="read_list_entry"),
    Deed("/manifests/new", "close_manifest", "/manifests", "List what a carrier was given", (), makes="Manifest"),
    Deed("/manifests/{id}/confirm", "confirm_manifest", "/manifests/{id}", "The carrier has confirmed", states=("closed",), reads="read_manifest"),
    Deed("/agreements/new", "create_agreement", "/agreements", "Make an agreement", (), makes="Agreement", asks=("read_agreement",)),
    Deed(f"{_AGREEMENT}/edit", "create_agreement", _AGREEMENT, "Change it", states=("open",), reads="read_agreement", edits=True),
    Deed(f"{_AGREEMENT}/end", "end_agreement", _AGREEMENT, "End it", states=("open",), reads="read_agreement"),
    Deed(f"{_CONTRACT}/skip", "skip_renewal", _CONTRACT, "Skip the next", states=("active", "paused"), reads="read_contract"),
    Deed(f"{_CONTRACT}/pause", "pause_contract", _CONTRACT, "Pause it", states=("active",), reads="read_contract"),
    Deed(f"{_CONTRACT}/resume", "resume_contract", _CONTRACT, "Go on with it", states=("paused", "suspended"), reads="read_contract"),
    Deed(f"{_CONTRACT}/end", "end_contract", _CONTRACT, "End it", states=("active", "paused", "suspended"), reads="read_contract"),
    Deed("/calendars/new", "create_calendar", "/calendars", "Make a calendar", (), makes="Calendar", asks=("read_calendar",)),
    Deed("/calendars/{id}/edit", "create_calendar", "/calendars/{id}", "Change it", reads="read_calendar", edits=True),
    Deed("/delays/new", "create_delay", "/delays", "Say what is delayed", (), makes="Delay", asks=("read_delay",)),
    Deed("/delays/{id}/edit", "create_delay", "/delays/{id}", "Change it", reads="read_delay", edits=True),
    Deed("/boxes/new", "create_box", "/boxes", "Make a box", (), makes="Box", asks=("read_box",)),
    Deed("/boxes/{id}/edit", "create_box", "/boxes/{id}", "Change it", reads="read_box", edits=True),
    Deed("/credit-accounts/new", "issue_credit", "/credit-accounts", "Give store credit", (), makes="Account", priced="currency"),
    Deed("/users/new", "create_user", "/users", "Make a user", (), makes="User", asks=("list_roles", "read_user")),
    Deed("/users/{id}/edit", "create_user", "/users/{id}", "Change it", reads="read_user", edits=True, asks=("list_roles",)),
    Deed("/users/{id}/invite", "invite_user", "/users/{id}", "Invite", states=("active",), shows="invited.html"),
    Deed("/users/{id}/disable", "disable_user", "/users/{id}", "Let in no more", states=("active",)),
    Deed("/roles/new", "create_role", "/roles", "Make a role", (), makes="Role", asks=("read_role",)),
    Deed("/roles/{id}/edit", "create_role", "/roles/{id}", "Change it", reads="read_role", edits=True),
    Deed("/channels/new", "put_channel", "/channels", "Make a channel", (), makes="Channel", asks=("read_channel",), priced="currencies"),
    Deed("/channels/{code}/edit", "put_channel", "/channels", "Change it", ("code",), reads="read_channel", edits=True, versioned=False, priced="currencies"),
    Deed("/locations/new", "put_location", "/locations", "Make a location", (), makes="Location", asks=("read_location", "list_pools")),
    Deed("/locations/{code}/edit", "put_location", "/locations", "Change it", ("code",), reads="read_location", edits=True, versioned=False, asks=("list_pools",)),
    Deed("/pools/new", "put_pool", "/pools", "Make a pool", (), makes="Pool", asks=("read_pool",)),
    Deed("/pools/{code}/edit", "put_pool", "/pools", "Change it", ("code",), reads="read_pool", edits=True, versioned=False),
    Deed("/skus/new", "put_skus", "/skus", "Make a SKU", (), makes="SKU", asks=("read_sku",), within="skus"),
    Deed("/skus/{sku}/edit", "put_skus", "/skus", "Change it", ("code",), reads="read_sku", edits=True, versioned=False, within="skus"),
    Deed("/companies/new", "create_company", "/companies", "Make a company", (), makes="Company", asks=("read_company",), priced="terms.currency"),
    Deed("/companies/{id}/edit", "create_company", "/companies/{id}", "Change it", reads="read_company", edits=True, priced="terms.currency"),
    Deed("/sellers/new", "create_seller", "/sellers", "Make a seller", (), makes="Seller", asks=("read_seller",)),
    Deed("/sellers/{id}/edit", "create_seller", "/sellers/{id}", "Change it", reads="read_seller", edits=True),
    Deed("/price-lists/new", "create_price_list", "/price-lists", "Make a price list", (), makes="List", asks=("read_price_list",)),
    Deed("/price-lists/{id}/edit", "create_price_list", "/price-lists/{id}", "Change it", reads="read_price_list", edits=True),
    Deed("/price-lists/{id}/prices", "set_prices", "/price-lists/{id}", "Say what goods cost from a day on", reads="read_price_list", currency=True),
    Deed("/edi-partners/new", "create_edi_partner", "/edi-partners", "Make a partner", (), makes="Partner", asks=("read_edi_partner",)),
    Deed("/edi-partners/{id}/edit", "create_edi_partner", "/edi-partners/{id}", "Change it", reads="read_edi_partner", edits=True),
    Deed("/keys/new", "create_key", "/keys", "Make a key", (), shows="key_made.html"),
    Deed("/keys/{key}/revoke", "revoke_key", "/keys", "Revoke", undone="revoked_at"),
)  # fmt: skip
