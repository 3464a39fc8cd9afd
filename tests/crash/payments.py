"""The payment provider of the crash test: it loses, repeats and delays answers, and its books are compared with ours."""

from typing import TYPE_CHECKING, Any, Final

import httpx
import psycopg

from crash.errands import UNIT, delivered

if TYPE_CHECKING:
    from crash.clerks import Clerk

from orderline.sandbox.settings import Faults, PaymentBehavior, Span

# One call of ten gets no answer, or is not taken; every third webhook comes twice, every fifth late.
FAULTS: Final = Faults(
    latency_low_ms=1,
    latency_high_ms=40,
    latency_tail_ms=1_500,
    latency_tail_probability=0.02,
    drop_probability=0.07,
    fail_probability=0.03,
    fail_status=500,
    duplicate_probability=0.3,
    reorder_probability=0.2,
)
BEHAVIOR: Final = PaymentBehavior(tell="all", settle=Span(20, 20))
# Of one request nothing may be done twice, whatever it is called when it is made again.
_ONCE: Final = ("authorize", "capture", "void", "refund")


def give_back(clerk: "Clerk", name: str) -> bool:
    """What was delivered and paid comes back, and its money goes back."""
    parcel = delivered(clerk, name)
    path = parcel.rpartition("/parcels/")[0]
    if not parcel or not clerk.awaited(path, lambda answer: answer["order"]["tenders"][0].get("captured_minor")):
        return False
    asked = {"lines": [{**UNIT[0], "reason": "changed_mind"}], "approve": True, "reason": "on the phone"}
    if clerk.client.do("POST", f"{path}/returns", asked, f"{name}-return") is None:
        return False
    came = {"receipt": name, "location": clerk.place, "items": [{"item": 1, "quantity": 1, "grade": "as_new"}]}
    if clerk.client.do("POST", f"{path}/returns/1/receipts", came, f"{name}-came-back") is None:
        return False
    with clerk.ledger.lock:
        clerk.ledger.refunded.add(path.rpartition("/")[2])
    return True


def behave(sandbox_url: str) -> None:
    """From now on the provider makes no faults."""
    httpx.put(f"{sandbox_url}/control/faults/payments", json={}).raise_for_status()


def unanswered(dsn: str) -> int:
    """Requests of ours whose answer is still to come."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM outbox WHERE kind IN ('pay', 'ask_payment') AND state <> 'dead'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def listed(sandbox_url: str) -> list[dict[str, Any]]:
    """All that the provider has done."""
    found: list[dict[str, Any]] = []
    after: str | None = "0"
    while after is not None:
        params = {"since": "2000-01-01T00:00:00+00:00", "after": after, "limit": "1000"}
        answer = httpx.get(f"{sandbox_url}/payments/transactions", params=params)
        page = answer.raise_for_status().json()
        found += page["transactions"]
        after = page["next"]
    return found


def checked_payments(dsn: str, sandbox_url: str, refunded: set[str]) -> dict[str, Any]:
    """The provider's books beside our orders', order by order. refunded: orders whose goods have come back."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows = connection.execute("SELECT id::text, state::json #> '{order}' FROM orders").fetchall()
        unsure = connection.execute(
            "SELECT count(*) FROM journal WHERE strpos(body, '\"payment_answered\"') > 0 AND strpos(body, '\"in_doubt\"') > 0"
        ).fetchone()
    there: dict[str, dict[str, int]] = {}
    declined = 0
    for each in listed(sandbox_url):
        if each["state"] != "approved":
            declined += each["state"] == "declined"
            continue
        assert each["key"], each
        sums = there.setdefault(each["key"][:36], dict.fromkeys(_ONCE, 0))
        sums[each["operation"]] += each["amount"]
    assert unsure is not None
    wrong: list[str] = []
    for id_, order in rows:
        sums = there.pop(id_, dict.fromkeys(_ONCE, 0))
        tenders = order["tenders"]
        ours = {
            "authorize": sum(tender.get("authorized_minor", 0) for tender in tenders),
            "capture": sum(tender.get("captured_minor", 0) for tender in tenders),
            "void": sum(tender.get("voided_minor", 0) for tender in tenders),
            "refund": sum(tender.get("refunded_minor", 0) for tender in tenders),
        }
        agreed = sum(tender["amount_minor"] for tender in tenders)
        if sums != ours:
            wrong.append(f"{id_}: {sums} there, {ours} here")
        elif sums["authorize"] > agreed or sums["capture"] > agreed:
            wrong.append(f"{id_}: charged twice: {sums} of {agreed}")
        elif id_ in refunded and sums["refund"] != agreed:
            wrong.append(f"{id_}: its refund is lost: {sums} of {agreed}")
    wrong += [f"{id_}: {sums} there, no order here" for id_, sums in there.items() if any(sums.values())]
    return {
        "payments": len(rows),
        "payments_in_doubt": int(unsure[0]),
        "payments_declined": declined,
        "refunds": len(refunded),
        "payments_wrong": wrong[:20],
    }
