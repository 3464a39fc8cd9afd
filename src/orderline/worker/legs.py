"""Ship to store: what is collected at one location and claimed from the pools that supply it is sent there first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from orderline.core.orders.promised import LineWindowInput
from orderline.core.orders.state import Order
from orderline.core.promises.network import Network
from orderline.core.promises.store_legs import store_leg
from orderline.core.promises.ways import Load
from orderline.core.routing.model import Decision, RoutableLine, RoutableOrder
from orderline.core.stock.state import Settings
from orderline.core.transfers.commands import LegInput, RecallTransfer, SendToStore
from orderline.engine.submissions import DecisionRecord, Submission
from orderline.store.jobs import Job
from orderline.values.geo import locate
from orderline.worker.work import Work

SLACK_DAYS: Final = 0


async def recall_transfers(work: Work, jobs: Sequence[Job]) -> None:
    """Units of an order were canceled that were to be sent to a store: where nobody waits for them, they stay."""
    await work.submit([(job, RecallTransfer(transfer=job.body.key)) for job in jobs])


def served_there(groups: Sequence[RoutableOrder], settings: Settings) -> list[RoutableOrder]:
    """Groups without what has to be sent to their pickup location first; one that goes all at once waits for it."""
    served: list[RoutableOrder] = []
    for group in groups:
        foreign = _foreign(group, settings)
        if not foreign:
            served.append(group)
        elif not group.ship_complete:
            lines = [
                replace(line, quantity=line.quantity - sum(q for _, q in pools), pools=_rest(line, pools))
                for line in group.lines
                for pools in (foreign.get(line.line, ()),)
            ]
            lines = [line for line in lines if line.pools]
            if lines:
                served.append(replace(group, lines=tuple(lines)))
    return served


def sent_there(groups: Sequence[RoutableOrder], settings: Settings) -> list[RoutableOrder]:
    """What has to be sent to pickup locations first, as orders whose customer lives there."""
    sent: list[RoutableOrder] = []
    for group in groups:
        foreign = _foreign(group, settings)
        if foreign and group.pickup_location is not None:
            place = settings.locations[group.pickup_location].place
            located = locate(place)
            lines = tuple(
                replace(line, quantity=sum(q for _, q in pools), pools=pools)
                for line in group.lines
                if (pools := foreign.get(line.line, ()))
            )
            sent.append(
                replace(
                    group,
                    lines=lines,
                    place=place,
                    destination=located.coordinates if located is not None else None,
                    pickup_location=None,
                    promised_by=None,
                )
            )
    return sent


def leg_submissions(
    order: Order, sent: RoutableOrder, decision: Decision, record: DecisionRecord, network: Network, now: datetime
) -> list[Submission]:
    """A transfer from each location chosen, with when its units can be collected."""
    store = order.group_of(sent.group).pickup_location
    assert store is not None, "what is sent to a store is collected there"
    weights = {line.line: line.weight_g for line in sent.lines}
    submissions: list[Submission] = []
    for source in dict.fromkeys(each.location for each in decision.allotments):
        own = [each for each in decision.allotments if each.location == source]
        load = Load(sum(weights[each.line] * each.quantity for each in own), sum(each.quantity for each in own))
        way = store_leg(source, store, load, now, network)
        if way is None:
            continue
        transfer = f"{order.number}-{source}-{decision.id.hex[-8:]}"
        windows = tuple(
            LineWindowInput(
                line=line,
                earliest_at=way.counter.earliest_at,
                latest_at=way.counter.latest_at,
                handover_at=way.counter.handover_at,
                locations=(source, store),
                services=(f"{way.leg.carrier} {way.leg.service}", f"{way.counter.carrier} {way.counter.service}"),
                supply=f"transfer:{transfer}",
            )
            for line in dict.fromkeys(each.line for each in own)
        )
        command = SendToStore(
            transfer=transfer,
            order=order.id,
            source=source,
            group=sent.group,
            lines=tuple(LegInput(each.line, each.quantity, each.pool) for each in own),
            due_at=way.leg.latest_at,
            slack_days=SLACK_DAYS,
            promises=windows,
            policy=decision.policy,
        )
        submissions.append(Submission(command=command, decision=record if not submissions else None))
    return submissions


def _foreign(group: RoutableOrder, settings: Settings) -> dict[int, tuple[tuple[str, int], ...]]:
    """Claims of lines, by number, in pools other than that of their pickup location."""
    store = settings.locations.get(group.pickup_location or "")
    if store is None:
        return {}
    found = {
        line.line: tuple((pool, units) for pool, units in line.pools if pool in store.supplied_from)
        for line in group.lines
    }
    return {line: pools for line, pools in found.items() if pools}


def _rest(line: RoutableLine, foreign: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(each for each in line.pools if each not in foreign)
