"""The operations table: every way into the API, one row each."""

from typing import Final

from orderline.api import (
    access,
    bulk,
    channels,
    counts,
    decisions,
    feeds,
    fulfillments,
    holds,
    inbound,
    keeping,
    orders,
    pickups,
    policies,
    previews,
    promises,
    reading,
    service,
    shipments,
    stock,
    subscriptions,
    supply,
    system,
    tickets,
    transfers,
)
from orderline.api.calls import Operation
from orderline.api.papers import gaps, manifests, waves
from orderline.api.papers import parcels as papers

OPERATIONS: Final[tuple[Operation, ...]] = (
    *orders.OPERATIONS,
    *holds.OPERATIONS,
    *fulfillments.OPERATIONS,
    *pickups.OPERATIONS,
    *shipments.OPERATIONS,
    *papers.OPERATIONS,
    *gaps.OPERATIONS,
    *manifests.OPERATIONS,
    *waves.OPERATIONS,
    *stock.OPERATIONS,
    *feeds.OPERATIONS,
    *tickets.OPERATIONS,
    *service.OPERATIONS,
    *counts.OPERATIONS,
    *decisions.OPERATIONS,
    *policies.OPERATIONS,
    *promises.OPERATIONS,
    *keeping.OPERATIONS,
    *supply.OPERATIONS,
    *transfers.OPERATIONS,
    *bulk.OPERATIONS,
    *previews.OPERATIONS,
    *channels.OPERATIONS,
    *reading.OPERATIONS,
    *subscriptions.OPERATIONS,
    *access.OPERATIONS,
    *inbound.OPERATIONS,
    *system.OPERATIONS,
)
