"""Orders that come in late teach what is to be kept back from what their channel is shown; who places them is served."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from orderline.core.stock.commands import PutChannel
from orderline.core.stock.explain import AtpExplanation
from orderline.core.stock.state import Channel, ShortPolicy
from orderline.store.reading.promises import AtpAsked, explain_promise, load_atp
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from worker.site import Site, until


def put_channel(site: Site, quantile_ppm: int) -> None:
    channel = Channel("web", "Web", ("fr",), short_policy=ShortPolicy.DENY, lag_quantile_ppm=quantile_ppm)
    site.engine.run(PutChannel(channel=channel))


def figures(site: Site) -> tuple[int, AtpExplanation]:
    """What the channel is told, and why."""
    with site.services.database.connection() as connection:
        source = Source(connection, site.services.database.cell)
        [answer] = load_atp(source, source.settings(), [AtpAsked("web", ("TEE",))])
        assert isinstance(answer, bytes)
        return msgspec.json.decode(answer)["items"][0]["atp"], explain_promise(source, source.settings(), "TEE", "web")


def test_what_is_ordered_while_orders_are_late_is_kept_back(site: Site) -> None:
    site.stock(TEE_lyon=100)
    hour = timedelta(hours=1)
    # each an hour late
    for number in range(30):
        placed_at = datetime.now(UTC) - hour
        site.place(("TEE", 2), placed_at=placed_at - timedelta(seconds=number))
    assert figures(site)[0] == 40
    put_channel(site, 0)
    site.clock.forward(3_601)
    assert figures(site)[0] == 40, "off, until the channel asks for it"
    put_channel(site, 999_000)
    site.clock.forward(3_601)
    until(lambda: figures(site)[0] < 40, "the lag to be measured")
    shown, explained = figures(site)
    [term] = explained.terms
    assert (term.name, explained.atp, 40 + term.amount) == ("lag_buffer", shown, shown)
    assert term.lag is not None
    assert (term.lag.orders, term.lag.quantile_ppm) == (30, 999_000)
    assert 3_600 <= term.lag.lag_s < 3_660
    # all were placed within half a minute: the busiest hour of 168 has all 60 units, or those before or after its stroke
    assert 30 <= term.lag.units <= 60
    assert shown == max(0, 40 - term.lag.units)
    site.place(("TEE", 3))
    with pytest.raises(Refused, match="QUANTITY_NEGATIVE"):
        put_channel(site, 1_000_000)
    with site.services.database.connection() as connection:
        kept: Any = load_record(Source(connection, site.services.database.cell), "lag_buffer", "web")
    assert kept.units == {"TEE": term.lag.units}
    site.verify_all()
