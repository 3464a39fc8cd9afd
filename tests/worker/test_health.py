"""How partners are: every call of them is counted, and what waits for them is known."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.sandbox.settings import Partner
from orderline.store.health import ChannelWait, Health, load_channel_waits, load_health
from orderline.store.reading.source import open_source
from worker.site import Site, until

PAYMENTS = "sandbox_payments"


def health(site: Site) -> dict[str, Health]:
    source = open_source(site.database)
    with closing(source.connection):
        return load_health(source, datetime.now(UTC))


def waits(site: Site, channel: Channel, now: datetime) -> ChannelWait:
    source = open_source(site.database)
    with closing(source.connection):
        return load_channel_waits(source, [channel], now)[channel.code]


def test_calls_of_partners_are_counted_with_how_they_went(site: Site) -> None:
    site.stock(TEE_lyon=5)
    order = site.place(("TEE", 1))
    site.until_units(order, "delivered", 1)
    site.until_no_jobs()

    def whole() -> bool:
        found = health(site)
        return PAYMENTS in found and found[PAYMENTS].open == 0 and found["sandbox_warehouses"].facts >= 3

    until(whole, "the calls to be written down")
    known = health(site)
    for name in (PAYMENTS, "sandbox_warehouses", "sandbox_carriers"):
        assert known[name].calls > 0, name
        assert (known[name].failed, known[name].waiting, known[name].last_error) == (0, 0, ""), name
        assert known[name].last_success_at is not None
    assert known["sandbox_warehouses"].last_heard_at is not None

    site.misbehave(Partner.PAYMENTS, fail_probability=1)
    site.place(("TEE", 1))
    until(lambda: health(site)[PAYMENTS].failed, "the failure to be written down")
    ill = health(site)[PAYMENTS]
    assert ill.last_failure_at is not None
    well_at = known[PAYMENTS].last_success_at
    assert well_at is not None
    assert ill.last_failure_at > well_at
    assert ill.last_error.startswith(f"{PAYMENTS}: ")
    assert (ill.waiting, ill.calls > ill.failed) == (1, True)
    assert ill.oldest_at is not None
    site.misbehave(Partner.PAYMENTS)


def test_a_channel_that_is_not_told_is_behind(still_site: Site) -> None:
    site = still_site
    channel = Channel("shop", "Shop", ("fr",), partner="sandbox_channels")
    site.engine.run(PutChannel(channel=channel))
    site.stock(TEE_lyon=5)
    now = datetime.now(UTC)
    assert waits(site, channel, now).oldest_at is None
    site.place(("TEE", 1), channel="shop", external_id="L-1")
    waiting = waits(site, channel, datetime.now(UTC))
    assert waiting.jobs == 1
    assert not waiting.is_late(now)
    assert waiting.is_late(now + timedelta(minutes=6))
    site.start()
    until(lambda: not site.jobs(kind="channel"), "the channel to be told")
    assert waits(site, channel, datetime.now(UTC)).jobs == 0
