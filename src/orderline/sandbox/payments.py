"""The sandbox payment provider: authorizations, captures, voids and refunds in memory, one effect per key.

Tokens decide how a card behaves: see TOKENS; any other token pays, unless the seed declines it.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from orderline.contracts.disputes import DisputeFact, DisputeState
from orderline.contracts.payments import Operation, PaymentFact, TransactionState
from orderline.sandbox.agenda import Agenda
from orderline.sandbox.callbacks import Callbacks
from orderline.sandbox.chance import Chance
from orderline.sandbox.endpoint import fingerprint, get, post
from orderline.sandbox.payments_wire import (
    Asked,
    AuthorizationIn,
    AuthorizationsIn,
    CaptureIn,
    CapturesIn,
    ChargebackIn,
    DecisionIn,
    Entry,
    EvidenceIn,
    EvidencesIn,
    LookupIn,
    LookupsIn,
    RefundIn,
    RefundsIn,
    VoidIn,
    VoidsIn,
)
from orderline.sandbox.settings import PaymentBehavior

# token             which operation goes otherwise, and how
TOKENS: Final = {
    "tok_decline":         (Operation.AUTHORIZE, "card_declined"),
    "tok_insufficient":    (Operation.AUTHORIZE, "insufficient_funds"),
    "tok_expired_card":    (Operation.AUTHORIZE, "expired_card"),
    "tok_pending":         (Operation.AUTHORIZE, "pending"),
    "tok_pending_decline": (Operation.AUTHORIZE, "pending_decline"),
    "tok_capture_decline": (Operation.CAPTURE,   "capture_declined"),
    "tok_refund_decline":  (Operation.REFUND,    "refund_declined"),
    "tok_refund_pending":  (Operation.REFUND,    "pending"),
    "tok_lapse":           (Operation.AUTHORIZE, "lapse"),
}  # fmt: skip
ID_PREFIX: Final = {
    Operation.AUTHORIZE: "pa",
    Operation.CAPTURE: "pc",
    Operation.VOID: "pv",
    Operation.REFUND: "pr",
    Operation.CHARGEBACK: "pb",
}
LISTED_MAX: Final = 1000
# With these the money is with whoever disputes it.
TAKEN: Final = frozenset({DisputeState.OPENED, DisputeState.UNDER_REVIEW, DisputeState.LOST})

S = TransactionState


class Account:
    """An authorization with what became of it."""

    __slots__ = ("captured", "entry", "refunded", "sale", "token", "voided")

    def __init__(self, entry: Entry, token: str, sale: bool) -> None:
        self.entry = entry
        self.token = token
        self.sale = sale
        self.captured = 0
        self.refunded = 0
        self.voided = False

    @property
    def left(self) -> int:
        """What can still be captured."""
        return 0 if self.voided or self.entry.state is not S.APPROVED else self.entry.amount - self.captured


class SandboxPayments:
    """The provider and its books."""

    def __init__(self, behavior: PaymentBehavior, *, agenda: Agenda, callbacks: Callbacks, chance: Chance) -> None:
        self.behavior = behavior
        self._agenda = agenda
        self._callbacks = callbacks
        self._chance = chance
        self._entries: list[Entry] = []
        self._by_id: dict[str, Entry] = {}
        self._by_key: dict[str, tuple[bytes, Entry]] = {}
        self._accounts: dict[str, Account] = {}
        self._disputes: dict[str, DisputeFact] = {}
        self._evidence: dict[str, EvidenceIn] = {}

    @property
    def open(self) -> int:
        """Operations whose result is still to come."""
        return sum(entry.state is S.PENDING for entry in self._entries)

    def counts(self) -> dict[str, int]:
        """Operations by kind and state, and the sums collected and sent back."""
        counts = dict(Counter(f"{entry.operation.value}_{entry.state.value}" for entry in self._entries))
        counts["captured_minor"] = sum(account.captured for account in self._accounts.values())
        counts["refunded_minor"] = sum(account.refunded for account in self._accounts.values())
        counts["disputed_minor"] = sum(each.amount_minor for each in self._disputes.values() if each.state in TAKEN)
        return counts

    def routes(self) -> list[Route]:
        """What the provider can be asked."""
        return [
            post("/authorizations", AuthorizationsIn, lambda b: _results(self._authorize(a) for a in b.authorizations)),
            post("/captures", CapturesIn, lambda b: _results(self._capture(a) for a in b.captures)),
            post("/voids", VoidsIn, lambda b: _results(self._void(a) for a in b.voids)),
            post("/refunds", RefundsIn, lambda b: _results(self._refund(a) for a in b.refunds)),
            post("/lookups", LookupsIn, lambda b: {"transactions": [self._look_up(a) for a in b.lookups]}),
            post("/chargebacks", ChargebackIn, self._charge_back),
            post("/evidence", EvidencesIn, lambda b: {"results": [self._take_evidence(a) for a in b.evidence]}),
            post("/dispute-decisions", DecisionIn, self._decide),
            get("/transactions", self._list),
        ]

    def _authorize(self, asked: AuthorizationIn) -> dict[str, Any]:
        done = self._done(asked)
        if done is not None:
            return done
        code = _code(asked.token, Operation.AUTHORIZE)
        if not code and self._chance.happens(self.behavior.decline_probability, "decline", asked.order or asked.key):
            code = "card_declined"
        hours = 0 if code == "lapse" else self.behavior.authorization_hours
        entry = self._enter(Operation.AUTHORIZE, asked, asked.amount, asked.currency, "" if code == "lapse" else code)
        entry.authorization = entry.id
        entry.expires = entry.at + timedelta(hours=hours)
        account = self._accounts[entry.id] = Account(entry, asked.token, asked.capture)
        if account.sale and entry.state is S.APPROVED:
            account.captured = asked.amount
        return _result(entry, asked.key)

    def _capture(self, asked: CaptureIn) -> dict[str, Any]:
        done = self._done(asked)
        if done is not None:
            return done
        account = self._accounts.get(asked.authorization)
        if account is None:
            return _no(asked.key, "authorization_unknown")
        code = _code(account.token, Operation.CAPTURE)
        if asked.currency != account.entry.currency:
            code = "currency_mismatch"
        elif account.entry.expires is not None and account.entry.expires <= datetime.now(UTC):
            code = "authorization_expired"
        elif asked.amount > account.left or asked.amount == 0:
            code = "amount_not_available"
        entry = self._enter(Operation.CAPTURE, asked, asked.amount, asked.currency, code, account)
        if entry.state is S.APPROVED:
            account.captured += asked.amount
            account.voided = account.voided or asked.final
        return _result(entry, asked.key)

    def _void(self, asked: VoidIn) -> dict[str, Any]:
        done = self._done(asked)
        if done is not None:
            return done
        account = self._accounts.get(asked.authorization)
        if account is None:
            return _no(asked.key, "authorization_unknown")
        left = account.left
        code = "" if left else "nothing_left"
        entry = self._enter(Operation.VOID, asked, left, account.entry.currency, code, account)
        if entry.state is S.APPROVED:
            account.voided = True
        return _result(entry, asked.key)

    def _refund(self, asked: RefundIn) -> dict[str, Any]:
        done = self._done(asked)
        if done is not None:
            return done
        payment = self._by_id.get(asked.payment)
        account = self._accounts.get(payment.authorization or "") if payment else None
        if account is None:
            return _no(asked.key, "payment_unknown")
        code = _code(account.token, Operation.REFUND)
        if asked.currency != account.entry.currency:
            code = "currency_mismatch"
        elif asked.amount > account.captured - account.refunded or asked.amount == 0:
            code = "amount_not_available"
        entry = self._enter(Operation.REFUND, asked, asked.amount, asked.currency, code, account)
        if entry.state is not S.DECLINED:
            account.refunded += asked.amount
        return _result(entry, asked.key)

    def _charge_back(self, asked: ChargebackIn) -> dict[str, Any]:
        """Play the issuer who takes money back; told as a fact."""
        payment = self._by_id.get(asked.payment)
        account = self._accounts.get(payment.authorization or "") if payment else None
        if account is None:
            return _no("", "payment_unknown")
        entry = self._enter(Operation.CHARGEBACK, asked, asked.amount, account.entry.currency, "", account)
        self._tell(entry)
        due = datetime.now(UTC) + timedelta(hours=asked.answer_within_hours)
        self._disputes[entry.id] = DisputeFact(
            event_id=f"{entry.id}.opened",
            occurred_at=entry.at,
            dispute=entry.id,
            state=DisputeState.OPENED,
            amount_minor=entry.amount,
            currency=entry.currency,
            authorization=entry.authorization,
            key=account.entry.key,
            reason=asked.reason,
            respond_by=due,
        )
        self._callbacks.tell(entry.authorization or entry.id, self._disputes[entry.id])
        return _result(entry, "")

    def _take_evidence(self, asked: EvidenceIn) -> dict[str, Any]:
        """Answer a dispute: once, and in time."""
        dispute = self._disputes.get(asked.dispute)
        if self._evidence.get(asked.dispute, asked).key != asked.key or dispute is None:
            return {"key": asked.key, "code": "dispute_unknown" if dispute is None else "answered_already"}
        if dispute.respond_by is not None and dispute.respond_by < datetime.now(UTC):
            return {"key": asked.key, "code": "too_late"}
        if asked.dispute not in self._evidence:
            self._evidence[asked.dispute] = asked
            self._go_on(asked.dispute, DisputeState.UNDER_REVIEW)
        return {"key": asked.key, "code": ""}

    def _decide(self, asked: DecisionIn) -> dict[str, Any]:
        """Play the bank that decides a dispute; told as a fact."""
        self._go_on(asked.dispute, DisputeState.WON if asked.won else DisputeState.LOST)
        return {"dispute": asked.dispute}

    def _go_on(self, dispute: str, state: DisputeState) -> None:
        about = {"state": state, "event_id": f"{dispute}.{state.value}", "occurred_at": datetime.now(UTC)}
        told = self._disputes[dispute] = msgspec.structs.replace(self._disputes[dispute], **about)
        self._callbacks.tell(told.authorization or dispute, told)

    def _look_up(self, asked: LookupIn) -> dict[str, Any] | None:
        if asked.key is not None:
            entry = self._by_key[asked.key][1] if asked.key in self._by_key else None
        else:
            entry = self._by_id.get(asked.id or "")
        return _shown(entry) if entry else None

    def _list(self, request: Request) -> dict[str, Any]:
        since = datetime.fromisoformat(request.query_params["since"])
        after = int(request.query_params.get("after", "0"))
        limit = min(int(request.query_params.get("limit", "500")), LISTED_MAX)
        rows: list[dict[str, Any]] = []
        for place in range(after, len(self._entries)):
            if self._entries[place].at >= since:
                if len(rows) == limit:
                    return {"transactions": rows, "next": str(place)}
                rows.append(_shown(self._entries[place]))
        return {"transactions": rows, "next": None}

    def _done(self, asked: AuthorizationIn | CaptureIn | VoidIn | RefundIn) -> dict[str, Any] | None:
        """The answer given before under the same key."""
        known = self._by_key.get(asked.key)
        if known is None:
            return None
        return _result(known[1], asked.key) if known[0] == fingerprint(asked) else _no(asked.key, "key_reused")

    def _enter(
        self, operation: Operation, asked: Asked, amount: int, currency: str, code: str, account: Account | None = None
    ) -> Entry:
        """Write an operation into the books. code: empty approves, `pending...` waits, any other declines."""
        pending = code in ("pending", "pending_decline")
        entry = Entry(
            id=f"{ID_PREFIX[operation]}_{len(self._entries) + 1:08d}",
            key=None if isinstance(asked, ChargebackIn) else asked.key,
            operation=operation,
            state=S.PENDING if pending else S.DECLINED if code else S.APPROVED,
            amount=amount,
            currency=currency,
            at=datetime.now(UTC),
            code="" if pending else code,
            authorization=account.entry.id if account else None,
        )
        self._entries.append(entry)
        self._by_id[entry.id] = entry
        if not isinstance(asked, ChargebackIn):
            self._by_key[asked.key] = (fingerprint(asked), entry)
        if pending:
            delay_ms = self._chance.span_ms(self.behavior.settle, "settle", entry.key)
            self._agenda.after(delay_ms, partial(self._settle, entry, declined=code == "pending_decline"))
        elif self.behavior.tell == "all" and operation is not Operation.CHARGEBACK:
            self._agenda.after(0, partial(self._tell, entry))
        return entry

    def _settle(self, entry: Entry, *, declined: bool) -> None:
        entry.state = S.DECLINED if declined else S.APPROVED
        entry.code = "card_declined" if declined else ""
        account = self._accounts.get(entry.id)
        if account is not None and account.sale and not declined:
            account.captured = entry.amount
        self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        fact = PaymentFact(
            event_id=entry.event,
            occurred_at=datetime.now(UTC),
            operation=entry.operation,
            state=entry.state,
            reference=entry.id,
            amount_minor=entry.amount,
            currency=entry.currency,
            key=entry.key,
            authorization=entry.authorization,
            code=entry.code,
            expires_at=entry.expires,
        )
        self._callbacks.tell(entry.authorization or entry.id, fact)


def _code(token: str, operation: Operation) -> str:
    """How a magic token makes an operation go; empty when it goes well."""
    concerned, code = TOKENS.get(token, (None, ""))
    return code if concerned is operation else ""


def _results(results: Any) -> dict[str, Any]:
    return {"results": list(results)}


def _result(entry: Entry, key: str) -> dict[str, Any]:
    return {
        "key": key, "id": entry.id, "state": entry.state, "code": entry.code,
        "amount": entry.amount, "currency": entry.currency, "expires": entry.expires,
    }  # fmt: skip


def _no(key: str, code: str) -> dict[str, Any]:
    return {"key": key, "id": None, "state": S.DECLINED, "code": code, "amount": 0, "currency": "", "expires": None}


def _shown(entry: Entry) -> dict[str, Any]:
    return {**msgspec.structs.asdict(entry), "event": entry.event}
