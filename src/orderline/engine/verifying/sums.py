"""Invariants that the database answers by itself: one query each, over whole tables."""

from time import monotonic
from typing import Any, Final

import psycopg

from orderline.core.next_steps import JobKind
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import FAULTS_TOLD, Tally
from orderline.store.queries import query

CHECKS: Final[tuple[tuple[Invariant, str, str], ...]] = (
    # invariant               capability     query
    (Invariant.PHOTOS,         "photos",       "photos_are_sound"),
    (Invariant.SHELVES,        "verify",       "stock_is_its_entries"),
    (Invariant.LOTS,           "lots",         "lots_are_their_shelves"),
    (Invariant.RESERVATIONS,   "verify",       "reserved_is_its_lines"),
    (Invariant.PROMISABLE,     "verify",       "promisable_is_its_shelves"),
    (Invariant.CARTS,          "verify",       "held_is_its_carts"),
    (Invariant.OVERSOLD,       "verify",       "oversold_has_alarms"),
    (Invariant.ENDED,          "verify",       "ended_orders_hold_nothing"),
    (Invariant.NAMES,          "verify",       "names_are_unique"),
    (Invariant.OUTBOX,         "verify",       "outbox_is_sound"),
    (Invariant.LIVENESS,       "liveness",     "open_orders_go_on"),
    (Invariant.TOLD,           "pushing",      "levels_are_told_right"),
    (Invariant.TOLD,           "pushing",      "listings_are_told_right"),
    (Invariant.PUSHES,         "pushing",      "pushes_are_sound"),
    (Invariant.PUSHES,         "health",       "days_are_sound"),
    (Invariant.DIFFERENCES,    "reconciling",  "differences_are_sound"),
    (Invariant.LEDGER,         "ledger",       "books_are_even"),
    (Invariant.NUMBERS,        "ledger",       "numbers_have_no_gap"),
    (Invariant.PAYOUTS,        "payouts",      "payouts_are_their_entries"),
    (Invariant.SELLERS,        "sellers",      "sellers_are_stated_right"),
    (Invariant.ORPHANS,        "returns",      "orphans_are_their_entries"),
    (Invariant.OWED,           "credits",      "credits_are_owed"),
    (Invariant.IDENTITIES,     "identities",   "identities_are_their_members"),
    (Invariant.BUDGETS,        "appeasements", "budgets_are_counted"),
    (Invariant.PARTNERS,       "edi",          "partners_have_their_names"),
)  # fmt: skip

# Next steps that are Orderline's own, and the kinds of job one of which brings them about.
OWN_STEPS: Final[dict[str, tuple[JobKind, ...]]] = {
    "route": (JobKind.ROUTE,),
    "submit": (JobKind.SUBMIT,),
    "authorize_payment": (JobKind.PAY, JobKind.ASK_PAYMENT),
    "extend_payment": (JobKind.PAY, JobKind.ASK_PAYMENT),
    "capture_payment": (JobKind.PAY, JobKind.ASK_PAYMENT),
    "void_payment": (JobKind.PAY, JobKind.ASK_PAYMENT),
    "refund_payment": (JobKind.PAY, JobKind.ASK_PAYMENT),
    "ask_provider": (JobKind.PAY, JobKind.ASK_PAYMENT),
    "close": (JobKind.CLOSE,),
}


def check_sums(connection: psycopg.Connection, cell: int, tally: Tally) -> None:
    """Ask the database for each invariant in turn."""
    steps = [(step, kind.value) for step, kinds in OWN_STEPS.items() for kind in kinds]
    about: dict[str, Any] = {
        "outbox_is_sound": {"kinds": [kind.value for kind in JobKind]},
        "open_orders_go_on": {"steps": [step for step, _ in steps], "kinds": [kind for _, kind in steps]},
    }
    for invariant, capability, name in CHECKS:
        began = monotonic()
        parameters = {"cell": cell, "most": FAULTS_TOLD, **about.get(name, {})}
        row = connection.execute(query(capability, name), parameters).fetchone()
        assert row is not None
        checked, faults, examples = row
        tally.checked(invariant, int(checked))
        if faults:
            tally.faults(invariant, int(faults), examples)
        tally.took(invariant, monotonic() - began)
