"""Jobs: what is done after the transaction that asked for it. `core.next_steps` says which fact leads to which."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.decisions.asking import DecisionCause
from orderline.core.orders.promised import PromiseCause
from orderline.core.orders.state import PaymentKind


class JobKind(StrEnum):
    """What a follow-up does; each has one handler in the worker."""

    ROUTE = "route"
    PAY = "pay"
    ASK_PAYMENT = "ask_payment"
    SUBMIT = "submit"
    REQUEST_CANCEL = "request_cancel"
    LABEL = "label"
    VOID_LABEL = "void_label"
    MANIFEST = "manifest"
    CARRIER_PICKUP = "carrier_pickup"
    COMBINED_LABEL = "combined_label"
    RETURN_LABEL = "return_label"
    CLAIM = "claim"
    DEADLINE = "deadline"
    PICK = "pick"
    EVIDENCE = "evidence"
    REAUTHORIZE = "reauthorize"
    INSTALLMENT = "installment"
    NOTICE = "notice"
    CHANNEL = "channel"
    DOCUMENT = "document"
    COLLECT_INVOICES = "collect_invoices"
    WEBHOOK = "webhook"
    CANCEL_DUE = "cancel_due"
    CLOSE = "close"
    RESERVE_WAITING = "reserve_waiting"
    RELIEVE = "relieve"
    PEG_WAITING = "peg_waiting"
    RECALL_TRANSFER = "recall_transfer"
    LEARN_VENDOR = "learn_vendor"
    KEEP_BACK = "keep_back"
    REVISE = "revise"
    PROMISE_SUPPLY = "promise_supply"
    VACATE = "vacate"
    PICKUP_DUE = "pickup_due"
    LAY_READY = "lay_ready"
    ACCEPT_DUE = "accept_due"
    DRAFT_DECISION = "draft_decision"
    REVIEW_DECISION = "review_decision"
    DECISION_DUE = "decision_due"
    REVIEW_CREDIT = "review_credit"
    REVIEW_CALL_OFF = "review_call_off"
    APPROVAL_DUE = "approval_due"
    RENEW = "renew"
    CHASE = "chase"
    SCREEN = "screen"
    SUGGEST_ENTRIES = "suggest_entries"
    DRAFT_DUE = "draft_due"
    STATE_SELLER = "state_seller"


class JobBody(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What a handler needs beside the order; each kind uses some of it.

    returned: the number of a return. template: which text a notice has, or what a channel is told. version: the journal entry that is told of, or which
    sending of a decision request; key: its id. cause, lines, latest_at, why, hold: what a customer is to be asked about;
    latest_at as well: by when units were to have a location, or as of when installments are due.
    template, key: of `screen`, what makes the hold policy look, and the type of the hold that was resolved.
    """

    tender: int = 0
    key: str = ""
    payment: PaymentKind | None = None
    amount_minor: int = 0
    fulfillment: int = 0
    parcel: int = 0
    shipment: int = 0
    dispute: int = 0
    returned: int = 0
    sku: str = ""
    pool: str = ""
    location: str = ""
    template: str = ""
    subscription: str = ""
    version: int = 0
    test: bool = False
    cause: DecisionCause | None = None
    lines: tuple[int, ...] = ()
    latest_at: datetime | None = None
    why: PromiseCause | None = None
    hold: int = 0


class FollowUp(msgspec.Struct, frozen=True, gc=False):
    """A job to be written. `stream`: jobs of one stream run one after the other; an order's id, or a shelf."""

    kind: JobKind
    stream: str
    body: JobBody
    due_at: datetime
