"""Offers of draft orders at work: ended by a timer, what was kept for them given back."""

from datetime import timedelta

from orderline.core.drafts.commands import OfferDraftOrder, PutDraftOrder
from orderline.core.drafts.state import DraftGroup, DraftOrder, DraftState
from orderline.core.orders.commands import LineInput
from orderline.store.loading import decode_record
from orderline.values.address import Place
from worker.site import Site, until


def drafted(site: Site) -> DraftOrder:
    rows = site.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'draft_order'")
    found = decode_record("draft_order", rows[0][0])
    assert isinstance(found, DraftOrder)
    return found


def kept(site: Site) -> int:
    return len(site.rows("SELECT 1 FROM cart_holds WHERE cell = %(cell)s"))


def test_an_offer_ends_at_its_time_and_one_that_was_put_anew_does_not(ahead: Site) -> None:
    ahead.stock(TEE_lyon=3)
    engine = ahead.services.engine
    line = LineInput(sku="TEE", quantity=2, unit_price_minor=1800)
    put = PutDraftOrder(
        draft_order="Q-1", channel="web", currency="EUR", lines=(line,), groups=(DraftGroup(place=Place(country="FR")),)
    )
    for days in (1, 3):  # offered, put anew, and offered for longer: the first timer finds nothing to do
        engine.run(put)
        engine.run(OfferDraftOrder(draft_order="Q-1", until=ahead.clock() + timedelta(days=days), keep_stock=True))
    assert kept(ahead) == 1
    ahead.start()
    ahead.clock.forward(2 * 86_400.0)
    until(lambda: len(ahead.jobs(kind="draft_due")) == 1, "the first timer")
    assert drafted(ahead).state is DraftState.OFFERED
    ahead.clock.forward(2 * 86_400.0)
    until(lambda: drafted(ahead).state is DraftState.EXPIRED, "the end of the offer")
    assert kept(ahead) == 0
    ahead.verified()
