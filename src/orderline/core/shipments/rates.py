"""Which carrier and service a parcel goes by: the cheapest that keeps the promise, of live rates and of tables.

A carrier that tells its rates is believed; where it does not answer, or is not asked, its tables stand for it. Nothing
waits for a carrier: whatever is known when the label is due decides, and what was considered is kept with the choice.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from orderline.core.orders.parcels import Dropped, RateChoice, RateOffer
from orderline.core.orders.state import DemandGroup, Order, Parcel
from orderline.core.promises.network import Network
from orderline.core.promises.timing import arrival, board_of
from orderline.core.promises.ways import Load
from orderline.values.address import Place

MOST_KEPT: Final = 20
# Reasons that compare offers with one another: they are found anew when one of them falls away.
_COMPARED: Final = frozenset({Dropped.LATE, Dropped.DEARER})
# Services of other methods, which may save a promise.
_UPGRADES: Final = frozenset({Dropped.OTHER_METHOD, Dropped.TOO_DEAR})


class Sellers(NamedTuple):
    """Connectors that sell labels. chosen: who sells for carriers that have no connector of their own name."""

    names: tuple[str, ...]
    chosen: str

    def of(self, carrier: str) -> str:
        """Who sells the labels of a carrier."""
        return carrier if carrier in self.names else self.chosen


class Question(NamedTuple):
    """A parcel that is to be sent. service: only this one, when it is given. packed: it waits for its carrier.

    upgrade_minor: what more may be spent on a service of another method that keeps the promise, where no other does.
    """

    origin: str
    place: Place
    method: str
    weight_g: int
    now: datetime
    promised_by: datetime | None = None
    service: str = ""
    units: int = 1
    packed: bool = True
    upgrade_minor: int = 0


class LiveRate(NamedTuple):
    """What a carrier told of a service."""

    partner: str
    carrier: str
    service: str
    cost_minor: int
    currency: str
    days: int


def promised_by(order: Order, group: DemandGroup, lines: Iterable[int]) -> datetime | None:
    """When the first of these lines is to be there; None: nothing was promised."""
    wanted = set(lines)
    promises = [each.window.latest_at for each in order.promises if each.line in wanted and each.outcome is None]
    return min(promises, default=group.promised_by)


def question_of(order: Order, parcel: Parcel, now: datetime, upgrade_minor: int = 0) -> Question:
    """What is asked for a parcel that was packed."""
    fulfillment = order.fulfillments[parcel.fulfillment - 1]
    group = order.group_of(fulfillment.group)
    return Question(
        origin=fulfillment.location,
        place=group.place,
        method=group.method,
        weight_g=max(1, parcel.weight_g),
        now=now,
        promised_by=promised_by(order, group, (item.line for item in parcel.items)),
        service=parcel.service,
        upgrade_minor=upgrade_minor,
    )


def is_open(question: Question, network: Network, sellers: Sellers) -> bool:
    """Is there anything to choose? Not where one connector sells, and one service serves the method, or was named.

    There is where another method may save the promise.
    """
    if len(sellers.names) > 1:
        return True
    if question.service:
        return False
    if question.upgrade_minor and question.promised_by is not None and sellers.names:
        return True
    serving = {each.key for each in network.services if question.method in each.methods}
    return bool(sellers.names) and len(serving) != 1


def find_offers(
    question: Question, network: Network, sellers: Sellers, live: Sequence[LiveRate], told: Iterable[str]
) -> list[RateOffer]:
    """All services that would take the parcel. told: connectors that have told their rates, maybe none for this."""
    told = set(told)
    load = Load(question.weight_g, question.units, 1, question.packed)
    offers: list[RateOffer] = []
    for each in board_of(network, question.place, load, question.now).offers(question.origin):
        partner = sellers.of(each.carrier)
        dropped = Dropped.PRICED_LIVE if partner in told else Dropped.TOO_HEAVY if each.parcels > 1 else None
        offers.append(
            RateOffer(
                partner=partner,
                carrier=each.carrier,
                service=each.service,
                cost_minor=each.cost_minor,
                currency=each.currency,
                latest_at=each.latest_at,
                dropped=dropped,
            )
        )
    for rate in live:
        latest_at = arrival(
            question.origin, question.place, rate.days, question.now, network, rate.carrier, rate.service
        )
        if latest_at is not None:
            offers.append(
                RateOffer(
                    partner=rate.partner,
                    carrier=rate.carrier,
                    service=rate.service,
                    cost_minor=rate.cost_minor,
                    currency=rate.currency,
                    latest_at=latest_at,
                    live=True,
                )
            )
    return _narrowed(question, network, sellers, offers)


def choose(question: Question, offers: Sequence[RateOffer], silent: Iterable[str]) -> RateChoice:
    """The cheapest offer that keeps the promise; where none does, an upgrade, or the one that is there first."""
    choice = RateChoice(
        at=question.now,
        method=question.method,
        weight_g=question.weight_g,
        offers=(),
        promised_by=question.promised_by,
        silent=tuple(sorted(silent)),
        upgrade_minor=question.upgrade_minor,
    )
    return _settle(choice, offers)


def choose_without(choice: RateChoice, partner: str, why: Dropped, *, service: str = "") -> RateChoice | None:
    """The choice when a connector can't sell what was taken; None: nothing else is left.

    service: the one that it refuses; all of them, when none is given.
    """
    left = [
        replace(each, dropped=why, upgrade=each.upgrade or each.dropped in _UPGRADES)
        if each.partner == partner and service in ("", each.service) and each.dropped in (None, *_COMPARED, *_UPGRADES)
        else each
        for each in choice.offers
    ]
    again = _settle(choice, left)
    return again if again.taken is not None else None


def choose_again(choice: RateChoice) -> RateChoice:
    """The choice as if everybody answered again."""
    back = [replace(each, dropped=None) if each.dropped is Dropped.SILENT else each for each in choice.offers]
    return _settle(choice, back)


def _narrowed(question: Question, network: Network, sellers: Sellers, offers: list[RateOffer]) -> list[RateOffer]:
    """Those dropped that are of another service, method or currency than wanted."""

    def serves(offer: RateOffer) -> bool:
        methods = [
            each.methods
            for each in network.services
            if each.rules.service == offer.service and sellers.of(each.rules.carrier) == offer.partner
        ]
        return any(question.method in each for each in methods or [(offer.service,)])

    bound = not question.service and any(serves(each) for each in offers if each.dropped is None)
    currencies = [each.currency for each in offers if each.dropped is None]
    currency = network.rules.currency if network.rules.currency in currencies else next(iter(currencies), "")

    def reason(offer: RateOffer) -> Dropped | None:
        if question.service and offer.service != question.service:
            return Dropped.OTHER_SERVICE
        if bound and not serves(offer):
            return Dropped.OTHER_METHOD
        if offer.currency != currency:
            return Dropped.OTHER_CURRENCY
        return offer.dropped

    return [replace(each, dropped=reason(each)) for each in offers]


def _settle(choice: RateChoice, offers: Sequence[RateOffer]) -> RateChoice:
    """The choice with the best of these offers first, then the others, the cheapest first.

    The best is the cheapest that keeps the promise; where none does, the cheapest of another method that does and costs
    no more than may be spent on that; where there is none either, the one that is there first.
    """
    by = choice.promised_by
    faster = [_plain(each) for each in offers if _may_save(each)]
    offers = [each for each in offers if not _may_save(each)]
    able = [each for each in offers if each.dropped is None or each.dropped in _COMPARED]
    others = [each for each in offers if each.dropped is not None and each.dropped not in _COMPARED]
    on_time = [each for each in able if by is None or each.latest_at <= by]
    extra_minor = 0
    if on_time:
        best = min(on_time, key=_by_cost)
    else:
        best = min(able, key=lambda each: (each.latest_at, *_by_cost(each)), default=None)
        if best is not None and by is not None and choice.upgrade_minor:
            saving = [each for each in faster if each.latest_at <= by and each.currency == best.currency]
            upgrade = min(saving, key=_by_cost, default=None)
            if upgrade is not None and upgrade.cost_minor - best.cost_minor <= choice.upgrade_minor:
                extra_minor = upgrade.cost_minor - best.cost_minor
                faster.remove(upgrade)
                best = replace(upgrade, upgrade=True)
            else:
                faster = [replace(each, dropped=Dropped.TOO_DEAR) if each in saving else each for each in faster]
    lost = [
        replace(each, dropped=Dropped.DEARER if each in on_time else Dropped.LATE) for each in able if each is not best
    ]
    rest = sorted((*lost, *faster, *others), key=_by_cost)
    taken: list[RateOffer] = [] if best is None else [replace(best, dropped=None)]
    return replace(choice, offers=tuple((*taken, *rest)[:MOST_KEPT]), extra_minor=extra_minor)


def _may_save(offer: RateOffer) -> bool:
    return offer.dropped in _UPGRADES or (offer.upgrade and offer.dropped is None)


def _plain(offer: RateOffer) -> RateOffer:
    """An offer of another method before it is looked at whether it would save the promise."""
    return replace(offer, dropped=Dropped.OTHER_METHOD, upgrade=False)


def _by_cost(offer: RateOffer) -> tuple[int, datetime, str, str, str, bool]:
    return offer.cost_minor, offer.latest_at, offer.partner, offer.carrier, offer.service, not offer.live
