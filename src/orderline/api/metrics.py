"""Figures for Prometheus: requests, batches, queues. One registry per process, made in boot and shared."""

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from orderline.store.gauges import OutboxGauge

_LATENCIES_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """What this process has counted. `observe_batch` is for `Engine(on_batch=...)`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._requests = Counter(
            "orderline_requests", "Requests answered", ("operation", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "orderline_request_seconds", "Time from request to answer", ("operation",), buckets=_LATENCIES_S,
            registry=self.registry,
        )  # fmt: skip
        self._batch_sizes = Histogram(
            "orderline_engine_batch_size", "Commands in one transaction", buckets=_SIZES, registry=self.registry
        )
        self._batch_seconds = Histogram(
            "orderline_engine_batch_seconds", "Time of one transaction", buckets=_LATENCIES_S, registry=self.registry
        )
        self._wrong_scans = Counter(
            "orderline_wrong_scans", "Scans refused as of the wrong thing, before it was sent", ("location",),
            registry=self.registry,
        )  # fmt: skip
        self._waiting = Gauge("orderline_engine_waiting", "Commands no batch has taken yet", registry=self.registry)

    def observe_batch(self, size: int, seconds: float) -> None:
        """One transaction of the engine is done."""
        self._batch_sizes.observe(size)
        self._batch_seconds.observe(seconds)

    def observer(self, operation: str) -> Callable[[int, float], None]:
        """A function that counts one request of the operation: its status and seconds.

        An operation has no figures before its first request: most of them are never asked for, and each has fifteen.
        """
        by_status: dict[int, tuple[Counter, Histogram]] = {}

        def observe(status: int, took_s: float) -> None:
            counting = by_status.get(status)
            if counting is None:
                counting = self._requests.labels(operation, str(status)), self._seconds.labels(operation)
                by_status[status] = counting
            requests, seconds = counting
            requests.inc()
            seconds.observe(took_s)

        return observe

    def count_wrong_scan(self, location: str) -> None:
        """Something was scanned that does not belong there."""
        self._wrong_scans.labels(location).inc()

    def watch(self, waiting: Callable[[], int]) -> None:
        """Ask for the length of the engine's queue at each scrape."""
        self._waiting.set_function(waiting)

    def render(self, outbox: Iterable[OutboxGauge], alarms: int = 0) -> bytes:
        """All figures as text, with those of the outbox and of alarms, which are read for it.

        Takes tens of milliseconds when every operation is in use: to be called off the event loop.
        """
        once = CollectorRegistry()
        Gauge("orderline_alarms", "Orders that nothing will move", registry=once).set(alarms)
        once.register(_Outbox(list(outbox)))
        return generate_latest(self.registry) + generate_latest(once)


class _Outbox(Collector):
    def __init__(self, gauges: list[OutboxGauge]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[GaugeMetricFamily]:
        depth = GaugeMetricFamily("orderline_outbox_jobs", "Jobs in the outbox", labels=("kind", "state"))
        age = GaugeMetricFamily("orderline_outbox_oldest_seconds", "How long the oldest job has been due",
                                labels=("kind", "state"))  # fmt: skip
        for each in self._gauges:
            depth.add_metric((each.kind, each.state), each.jobs)
            age.add_metric((each.kind, each.state), each.oldest_s)
        return [depth, age]
