"""Proposals that somebody agrees to: one transfer for each pair of locations, one purchase order for each vendor and place."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from orderline.core.records import RecordCommand
from orderline.core.supply.commands import CreatePurchaseOrder, PurchaseLineInput
from orderline.core.transfers.commands import CreateTransfer, TransferLineInput

NOTE = "replenishment"


class AcceptedLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """Units to be sent from `source`, or, without one, bought from `vendor`: as proposed, or as somebody has changed it."""

    sku: str
    location: str
    quantity: int
    due_at: datetime
    source: str = ""
    vendor: str = ""


def commands_for(name: str, lines: Sequence[AcceptedLine]) -> list[RecordCommand]:
    """Plan transfers and purchase orders, named `name` and a number; they are drafts, to be approved or sent as any other."""
    groups: dict[tuple[str, str, str], list[AcceptedLine]] = {}
    for line in lines:
        groups.setdefault((line.source, "" if line.source else line.vendor, line.location), []).append(line)
    commands: list[RecordCommand] = []
    for number, ((source, vendor, location), group) in enumerate(sorted(groups.items()), 1):
        if source:
            commands.append(
                CreateTransfer(
                    transfer=f"{name}-{number}",
                    source=source,
                    target=location,
                    lines=tuple(TransferLineInput(line.sku, line.quantity) for line in group),
                    due_at=max(line.due_at for line in group),
                )
            )
        else:
            commands.append(
                CreatePurchaseOrder(
                    purchase_order=f"{name}-{number}",
                    location=location,
                    vendor=vendor,
                    note=NOTE,
                    lines=tuple(PurchaseLineInput(line.sku, line.quantity, line.due_at) for line in group),
                )
            )
    return commands
