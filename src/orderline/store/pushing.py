"""What channels are told of stock: figures that have changed, those not taken yet, and how long it took."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
import psycopg

from orderline.core.listings.state import Listing
from orderline.core.stock.lagging import LISTINGS, STOCK
from orderline.core.stock.state import Channel, Sku
from orderline.store.database import Database
from orderline.store.loading import decode_record
from orderline.store.queries import query
from orderline.store.reading.promises import figures_of
from orderline.store.reading.source import Source

_skus = msgspec.json.Decoder(Sku)


class WaitingLevel(msgspec.Struct, frozen=True):
    """A figure that a channel has not taken; sequence rises per SKU."""

    sku: str
    quantity: int
    sequence: int
    changed_at: datetime


class WaitingListing(msgspec.Struct, frozen=True):
    """A listing that a channel has not taken as it is."""

    listing: Listing
    version: int
    changed_at: datetime


class ListingLag(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a channel is behind with listings; as for stock."""

    waiting: int = 0
    pushes: int = 0
    unknown_skus: int = 0
    half_ms: int | None = None
    most_ms: int | None = None
    longest_ms: int | None = None
    oldest_waiting_at: datetime | None = None
    last_error: str = ""


class PushLag(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a channel is behind: waiting figures, and milliseconds from a change until it was taken, over `pushes`."""

    channel: str
    waiting: int
    pushes: int
    unknown_skus: int
    half_ms: int | None = None
    most_ms: int | None = None
    longest_ms: int | None = None
    oldest_waiting_at: datetime | None = None
    last_error: str = ""
    listings: ListingLag = ListingLag()


def load_bundles(database: Database) -> dict[str, list[str]]:
    """Bundles by component."""
    found: dict[str, list[str]] = {}
    for code, body in database.rows(query("pushing", "bundles"), {}):
        for part in _skus.decode(body).components:
            found.setdefault(part.sku, []).append(code)
    return found


def look_at_levels(
    database: Database,
    channel: Channel,
    bundles: Mapping[str, Sequence[str]],
    now: datetime,
    before: datetime,
    most: int,
) -> int:
    """Make figures anew of SKUs that have changed, of their bundles, and of those not looked at since; how many."""
    with database.connection() as connection:
        source = Source(connection, database.cell)
        about = {"channel": channel.code, "pools": list(channel.pools)}
        # Of one instant: a figure of a later one than its units would stand as long as they come back to what they were.
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        changed = source.rows("pushing", "changed_levels", most=most, **about)
        oldest = source.rows("pushing", "oldest_levels", before=before, most=most // 10 + 1, **about)
        seen = {sku: int(units) for sku, units in (*oldest, *changed)}
        for sku, _ in changed:
            seen.update(dict.fromkeys(bundles.get(sku, ()), 0))
        figures = figures_of(source, channel, sorted(seen)) if seen else []
        connection.execute("COMMIT")
        if not seen:
            return 0
        rows = [each for each in figures if not each.unlimited]
        connection.execute(
            query("pushing", "save_levels"),
            {
                "cell": database.cell,
                "channel": channel.code,
                "now": now,
                "sku": [each.sku for each in rows],
                "seen": [seen[each.sku] for each in rows],
                "quantity": [each.atp for each in rows],
            },
        )
    return len(changed)


def waiting_levels(database: Database, channel: str, most: int) -> list[WaitingLevel]:
    """What a channel has not taken, the oldest change first."""
    rows = database.rows(query("pushing", "waiting_levels"), {"channel": channel, "most": most})
    return [WaitingLevel(*row) for row in rows]


def ack_levels(
    database: Database,
    channel: str,
    levels: Sequence[WaitingLevel],
    unknown: Collection[str],
    pushed_at: datetime,
    acked_at: datetime,
) -> None:
    """A channel has taken a set; unknown: SKUs it does not have."""
    with database.connection() as connection:
        connection.execute(
            query("pushing", "ack_levels"),
            {
                "cell": database.cell,
                "channel": channel,
                "sku": [each.sku for each in levels],
                "sequence": [each.sequence for each in levels],
                "quantity": [each.quantity for each in levels],
                "acked_at": acked_at,
                "unknown": sorted(unknown),
            },
        )
        _note(connection, database.cell, channel, levels, pushed_at, acked_at, "")


def note_failed_push(
    database: Database, channel: str, levels: Sequence[WaitingLevel], pushed_at: datetime, error: str
) -> None:
    """A channel has not taken a set: it is sent again, with what has changed since."""
    with database.connection() as connection:
        _note(connection, database.cell, channel, levels, pushed_at, None, error)


def waiting_listings(database: Database, channel: str, most: int) -> list[WaitingListing]:
    """Listings that a channel has not taken as they are, the oldest change first."""
    rows = database.rows(query("pushing", "waiting_listings"), {"channel": channel, "most": most, **_ids(channel)})
    return [WaitingListing(decode_record("listing", body), version, at) for body, version, at in rows]


def ack_listings(
    database: Database,
    channel: str,
    listings: Sequence[WaitingListing],
    unknown: Collection[str],
    pushed_at: datetime,
    acked_at: datetime,
) -> None:
    """A channel has taken a set of listings; unknown: SKUs it does not have."""
    with database.connection() as connection:
        connection.execute(
            query("pushing", "ack_listings"),
            {
                "cell": database.cell,
                "channel": channel,
                "listing": [each.listing.id for each in listings],
                "sku": [each.listing.sku for each in listings],
                "version": [each.version for each in listings],
                "unknown": sorted(unknown),
            },
        )
        _note(connection, database.cell, channel, listings, pushed_at, acked_at, "", LISTINGS)


def note_failed_listings(
    database: Database, channel: str, listings: Sequence[WaitingListing], pushed_at: datetime, error: str
) -> None:
    """A channel has not taken a set of listings: it is sent again, as they are then."""
    with database.connection() as connection:
        _note(connection, database.cell, channel, listings, pushed_at, None, error, LISTINGS)


def forget_pushes(database: Database, before: datetime, most: int = 5_000) -> int:
    """Let go of old sets; returns how many, `most` when there may be more."""
    parameters = {"cell": database.cell, "before": before, "most": most}
    with database.connection() as connection:
        return connection.execute(query("pushing", "forget_pushes"), parameters).rowcount


def load_lag(source: Source, channel: str, since: datetime) -> PushLag:
    """How far a channel is behind, and has been since an instant."""
    [(half, most, longest, pushes)] = source.rows("pushing", "push_lags", channel=channel, since=since, what=STOCK)
    [(waiting, oldest, unknown, error)] = source.rows("pushing", "waiting_count", channel=channel)
    return PushLag(
        channel=channel,
        waiting=int(waiting),
        pushes=int(pushes),
        unknown_skus=int(unknown),
        half_ms=half,
        most_ms=most,
        longest_ms=longest,
        oldest_waiting_at=oldest,
        last_error=error or "",
        listings=_listing_lag(source, channel, since),
    )


def _listing_lag(source: Source, channel: str, since: datetime) -> ListingLag:
    [(half, most, longest, pushes)] = source.rows("pushing", "push_lags", channel=channel, since=since, what=LISTINGS)
    [(waiting, oldest, unknown, error)] = source.rows(
        "pushing", "waiting_listings_count", channel=channel, **_ids(channel)
    )
    return ListingLag(
        waiting=int(waiting),
        pushes=int(pushes),
        unknown_skus=int(unknown),
        half_ms=half,
        most_ms=most,
        longest_ms=longest,
        oldest_waiting_at=oldest,
        last_error=error or "",
    )


def _ids(channel: str) -> dict[str, str]:
    """Between what the ids of a channel's listings lie: they begin with its code and a colon."""
    return {"first": f"{channel}:", "last": f"{channel};"}


def _note(
    connection: psycopg.Connection,
    cell: int,
    channel: str,
    levels: Sequence[WaitingLevel] | Sequence[WaitingListing],
    pushed_at: datetime,
    acked_at: datetime | None,
    error: str,
    what: str = STOCK,
) -> None:
    parameters = {
        "cell": cell,
        "channel": channel,
        "changed_at": min(each.changed_at for each in levels),
        "pushed_at": pushed_at,
        "acked_at": acked_at,
        "levels": len(levels),
        "error": error[:500],
        "what": what,
    }
    connection.execute(query("pushing", "note_push"), parameters)
