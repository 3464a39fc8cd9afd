"""What a payout posts: money at the bank, what it has cost, and money of other currencies that was exchanged on its way.

Source: domain model 6.2. Each posting is of one currency and comes to nothing in it: what leaves the provider's account in the
currency of the sale goes to `exchange`, and what it has brought comes from there. In books that are kept in one currency, money
leaves the provider's account at what it stands there for; what it has brought more or less than that is a difference of exchange.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from orderline.core.ledger.posting import entity_of, posted_in
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account, Entry, Posted
from orderline.core.payouts.state import Payout, PayoutExchange, Standing
from orderline.core.stock.state import Settings
from orderline.values.money import CURRENCY_DIGITS, in_proportion

A = Account
RATE_PLACES: Final = 10


def postings_of(settings: Settings, payout: Payout, standing: Iterable[Standing], now: datetime) -> tuple[Posted, ...]:
    """All that a payout posts, each currency by itself. standing: what stands on the provider's account before it."""
    making = _Making(settings, payout, standing, now)
    made = [posted for each in payout.exchanged for posted in (*making.kept(each), *making.exchanged(each))]
    return (*made, *making.paid_out())


def rate_of(exchanged_minor: int, currency: str, brought_minor: int, into: str) -> str:
    """What one unit of `currency` has brought in `into`, as a decimal number of up to ten places; empty: it can't be said."""
    if not exchanged_minor or not brought_minor:
        return ""
    brought = abs(brought_minor) * 10 ** (RATE_PLACES + CURRENCY_DIGITS[currency])
    given = abs(exchanged_minor) * 10 ** CURRENCY_DIGITS[into]
    rate = Decimal((2 * brought + given) // (2 * given)).scaleb(-RATE_PLACES)
    return f"{rate:f}".rstrip("0").rstrip(".")


class _Making:
    """A payout that is being posted, with what stands on the account of its provider meanwhile."""

    def __init__(self, settings: Settings, payout: Payout, standing: Iterable[Standing], now: datetime) -> None:
        self._settings, self._payout, self._now = settings, payout, now
        self._base = entity_of(settings, payout.entity).currency
        self._stands = {each.currency: (each.amount_minor, each.base_minor) for each in standing}

    def exchanged(self, each: PayoutExchange) -> list[Posted]:
        """Money of one currency that has become money of the payout's, in a posting of each."""
        sub, into = self._payout.provider, self._payout.currency
        given = [Entry(A.EXCHANGE, each.original_minor, sub), Entry(A.PSP_CLEARING, -each.original_minor, sub)]
        brought = [Entry(A.PSP_CLEARING, each.amount_minor, sub), Entry(A.EXCHANGE, -each.amount_minor, sub)]
        gave = self._posted(each.currency, Cause.EXCHANGED, given)
        got = self._posted(into, Cause.EXCHANGED, brought)
        if not self._base:
            return _told(gave, got)
        if self._base == each.currency:  # what came is worth what was given for it, until it is paid out
            cost = each.original_minor
            got = replace(got, entries=(_worth(brought[0], cost), _worth(brought[1], -cost)))
            self._add(into, each.amount_minor, cost)
            return _told(gave, got)
        known = self._base == into or got.rate
        left = self._take(each.currency, each.original_minor, got.entries[0].base if known else gave.entries[0].base)
        worth = got.entries[0].base if known else left
        lost = Entry(A.FX, 0, "", left - worth)
        gave = replace(gave, entries=(_worth(given[0], worth), _worth(given[1], -left), lost))
        if not known:
            got = replace(got, entries=(_worth(brought[0], worth), _worth(brought[1], -worth)))
        self._add(into, each.amount_minor, worth)
        return _told(gave, got)

    def kept(self, each: PayoutExchange) -> list[Posted]:
        """What the provider has kept for itself before it exchanged the rest."""
        provider, fees = self._payout.provider, each.fees_minor
        made = entries(Cause.PAID_OUT, [(A.FEES, provider, fees)], [(A.PSP_CLEARING, provider, fees)])
        return _told(self._relieved(each.currency, made)) if made else []

    def paid_out(self) -> list[Posted]:
        """Money is at the bank, and fees are paid."""
        payout = self._payout
        amount, fees = payout.amount_minor, payout.sums.fees_minor
        made = entries(
            Cause.PAID_OUT,
            [(A.BANK, "", amount), (A.FEES, payout.provider, fees)],
            [(A.PSP_CLEARING, payout.provider, amount + fees)],
        )
        return _told(self._relieved(payout.currency, made)) if made else []

    def _relieved(self, currency: str, made: Sequence[Entry]) -> Posted:
        """A posting by which money leaves the provider's account, at what it stands there for."""
        posted = self._posted(currency, Cause.PAID_OUT, made)
        if not posted.rate:
            return posted
        found: list[Entry] = []
        lost = 0
        for each in posted.entries:
            if each.account is A.PSP_CLEARING:
                left = self._take(currency, -each.amount_minor, -each.base)
                lost += left + each.base
                found.append(_worth(each, -left))
            else:
                found.append(each)
        return replace(posted, entries=(*found, Entry(A.FX, 0, "", lost)))

    def _posted(self, currency: str, cause: Cause, made: Sequence[Entry]) -> Posted:
        payout = self._payout
        return posted_in(self._settings, payout.entity, currency, cause, made, self._now, payout.id)

    def _take(self, currency: str, amount: int, worth: int) -> int:
        """What an amount that leaves the account stands there for. worth: what all of it is worth, for what did not stand there."""
        stands, value = self._stands.get(currency, (0, 0))
        within = 0
        if amount * stands > 0:
            within = amount if abs(amount) <= abs(stands) else stands
        left = in_proportion(value, within, stands) if within else 0
        if within != amount:
            left += worth - (in_proportion(worth, within, amount) if within else 0)
        self._add(currency, -amount, -left)
        return left

    def _add(self, currency: str, amount: int, worth: int) -> None:
        stands, value = self._stands.get(currency, (0, 0))
        self._stands[currency] = stands + amount, value + worth


def _worth(entry: Entry, worth: int) -> Entry:
    """An entry that is worth so much in the books."""
    return replace(entry, base_minor=worth)


def _told(*made: Posted) -> list[Posted]:
    """Postings without what is nothing in either currency."""
    kept = [replace(each, entries=tuple(one for one in each.entries if one.amount_minor or one.base)) for each in made]
    return [each for each in kept if each.entries]
