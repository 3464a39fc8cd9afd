"""The sandbox shop's messages and ours: pure translation. Its orders and facts come in our own format."""

from collections.abc import Sequence
from typing import Any

import msgspec

from orderline.contracts.channels import (
    Acknowledgment,
    CancellationPush,
    ChannelOrder,
    ChannelOrderPage,
    FulfillmentPush,
    ListingsPublished,
    NotTaken,
    PublishedLevel,
    PublishedListing,
    PushedLine,
    StockPublished,
    Taken,
    WithdrawalPush,
)


class TakenIn(msgspec.Struct, frozen=True):
    """The shop's answer to one push."""

    key: str
    taken: bool
    reference: str = ""
    code: str = ""


class TakenAllIn(msgspec.Struct, frozen=True):
    results: list[TakenIn]


class LevelsSetIn(msgspec.Struct, frozen=True):
    set: int
    stale: int
    unknown: list[str]


class OrdersIn(msgspec.Struct, frozen=True):
    orders: list[ChannelOrder]
    next: str
    more: bool


def render_acknowledgments(acknowledgments: Sequence[Acknowledgment]) -> dict[str, Any]:
    return {
        "acknowledgments": [
            {
                "key": each.key,
                "order": each.external_id,
                "number": each.order_number,
                "state": each.state,
                "reason": each.reason,
            }
            for each in acknowledgments
        ]
    }


def render_fulfillments(pushes: Sequence[FulfillmentPush]) -> dict[str, Any]:
    return {
        "fulfillments": [
            {
                "key": each.key,
                "order": each.external_id,
                "lines": render_lines(each.lines),
                "shipped": each.shipped_at,
                "carrier": each.carrier,
                "tracking": each.tracking_number,
                "url": each.tracking_url,
            }
            for each in pushes
        ]
    }


def render_cancellations(pushes: Sequence[CancellationPush]) -> dict[str, Any]:
    return {
        "cancellations": [
            {"key": each.key, "order": each.external_id, "reason": each.reason, "lines": render_lines(each.lines)}
            for each in pushes
        ]
    }


def render_withdrawals(pushes: Sequence[WithdrawalPush]) -> dict[str, Any]:
    return {
        "withdrawals": [
            {
                "key": each.key,
                "order": each.external_id,
                "fulfillment": each.fulfillment,
                "reason": each.reason,
                "lines": render_lines(each.lines),
            }
            for each in pushes
        ]
    }


def render_lines(lines: Sequence[PushedLine]) -> list[dict[str, Any]]:
    return [{"line": each.external_line_id, "sku": each.sku, "quantity": each.quantity} for each in lines]


def render_levels(levels: Sequence[PublishedLevel]) -> dict[str, Any]:
    return {"levels": levels}


def render_listings(listings: Sequence[PublishedListing]) -> dict[str, Any]:
    return {
        "listings": [
            {
                "sku": each.sku,
                "state": each.state,
                "sequence": each.sequence,
                "reason": each.reason,
                "ready": each.ready_at,
                "changes": each.changes_at,
            }
            for each in listings
        ]
    }


def parse_taken(result: TakenIn) -> Taken | NotTaken:
    if result.taken:
        return Taken(key=result.key, reference=result.reference)
    return NotTaken(key=result.key, code=result.code)


def parse_levels_set(parts: Sequence[LevelsSetIn]) -> StockPublished:
    return StockPublished(
        set=sum(part.set for part in parts),
        stale=sum(part.stale for part in parts),
        unknown=tuple(sku for part in parts for sku in part.unknown),
    )


def parse_listings_set(parts: Sequence[LevelsSetIn]) -> ListingsPublished:
    return ListingsPublished(
        set=sum(part.set for part in parts),
        stale=sum(part.stale for part in parts),
        unknown=tuple(sku for part in parts for sku in part.unknown),
    )


def parse_orders(page: OrdersIn) -> ChannelOrderPage:
    return ChannelOrderPage(tuple(page.orders), page.next, page.more)
