"""`orderline purchase`, `transfer` and `count`: what is to come, what is sent between locations, what is counted."""

from typing import Final

import click

from orderline.cli.acting import Act, Kind, add_acts, add_reading
from orderline.cli.plain import instant, plain
from orderline.core.counts import commands as n
from orderline.core.counts.evolve import COUNT
from orderline.core.counts.state import Count, CountState
from orderline.core.supply import commands as s
from orderline.core.supply.evolve import PURCHASE
from orderline.core.supply.state import PurchaseOrder, PurchaseState
from orderline.core.transfers import commands as t
from orderline.core.transfers.evolve import TRANSFER
from orderline.core.transfers.state import Transfer, TransferState


@click.group()
def purchase() -> None:
    """Purchase orders: list, show, create, send, confirm, revise, announce, receive, close, cancel."""


@click.group()
def transfer() -> None:
    """Goods between locations: list, show, create, approve, pick, ship, receive, cancel."""


@click.group()
def count() -> None:
    """Cycle counts: list, show, plan, open, submit, recount, approve, void."""


def _purchase(each: PurchaseOrder) -> tuple[str, ...]:
    units, due = sum(line.quantity for line in each.lines), min(line.due_at for line in each.lines)
    return each.id, plain(each.state), each.vendor, each.location, str(len(each.lines)), str(units), instant(due)


def _transfer(each: Transfer) -> tuple[str, ...]:
    units = sum(line.quantity for line in each.lines)
    return each.id, plain(each.state), each.source, each.target, str(units), instant(each.due_at), each.number


def _count(each: Count) -> tuple[str, ...]:
    counted = sum(1 for line in each.lines if line.quantity is not None)
    differ = sum(1 for line in each.lines if line.difference)
    due = instant(each.due_at) if each.due_at is not None else ""
    return each.id, plain(each.state), each.location, str(len(each.lines)), str(counted), str(differ), due


_PURCHASES: Final = Kind(
    PURCHASE.name, "purchase_order", "PURCHASE_UNKNOWN", PurchaseState,
    ("purchase order", "stands as", "vendor", "to", "lines", "units", "due"), _purchase, right=(4, 5),
)  # fmt: skip
_TRANSFERS: Final = Kind(
    TRANSFER.name, "transfer", "TRANSFER_UNKNOWN", TransferState,
    ("transfer", "stands as", "from", "to", "units", "due", "for order"), _transfer, right=(4,),
)  # fmt: skip
_COUNTS: Final = Kind(
    COUNT.name, "count", "COUNT_UNKNOWN", CountState,
    ("count", "stands as", "at", "skus", "counted", "differ", "due"), _count, right=(3, 4, 5),
)  # fmt: skip

add_reading(purchase, _PURCHASES, purpose="Purchase orders, with what is to come by when.")
add_acts(
    purchase,
    _PURCHASES,
    (
        Act("create", s.CreatePurchaseOrder, "Order goods for a location, as a draft."),
        Act("send", s.SendPurchaseOrder, "The vendor was told: the units are dated supply from now on."),
        Act("confirm", s.ConfirmPurchaseOrder, "The vendor has confirmed; lines that are otherwise than asked for."),
        Act("revise", s.RevisePurchaseOrder, "Dates or quantities are others now; shows whose promises it hurts."),
        Act("announce", s.AnnounceShipment, "The vendor tells of a shipment (ASN)."),
        Act("receive", s.ReceivePurchaseOrder, "Units came; what differs from order or notice is told line by line."),
        Act("close", s.ClosePurchaseOrder, "Nothing more is expected of it."),
        Act("cancel", s.CancelPurchaseOrder, "Nothing will come; possible until the first unit has."),
    ),
)
add_reading(transfer, _TRANSFERS, purpose="Transfers, with where they are on their way.")
add_acts(
    transfer,
    _TRANSFERS,
    (
        Act("create", t.CreateTransfer, "Plan to send units to another location."),
        Act("approve", t.ApproveTransfer, "Keep the units at the source; they are supply at the target."),
        Act("pick", t.PickTransfer, "Units have left their shelf; all, when no lines are named. The rest is not sent."),
        Act("ship", t.ShipTransfer, "What was picked is on its way."),
        Act("receive", t.ReceiveTransfer, "Units came to the target; with --complete what has not come is missing."),
        Act("cancel", t.CancelTransfer, "Send nothing; possible until units are picked."),
    ),
)
add_reading(count, _COUNTS, purpose="Counts, with how much of them is counted and differs.")
add_acts(
    count,
    _COUNTS,
    (
        Act("plan", n.PlanCount, "Ask for SKUs of a location to be counted; `stock plan-count` says which."),
        Act("open", n.OpenCount, "Begin to count."),
        Act(
            "submit", n.SubmitCount, "Say what was counted on the shelf, picked units not among it.",
            lambda known: {"location": known.location},
        ),
        Act("recount", n.AskRecount, "Have lines counted again; all that differ, when none are named."),
        Act("approve", n.ApproveCount, "Put the differences into the stock."),
        Act("void", n.VoidCount, "Give the count up."),
    ),
)  # fmt: skip
