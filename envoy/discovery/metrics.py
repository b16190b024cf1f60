"""The sidecar's own metrics, in Prometheus's format."""

import threading
import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

KINDS = ("throttled", "unreachable", "refused", "malformed", "credentials")
"""The kinds of `AwsError`."""

_PREFIX = "ecs_envoy_discovery"


class _Ages(Collector):
    """The age of each service's last success, computed when Prometheus scrapes it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.successes: dict[str, float] = {}
        self.waits: dict[str, float] = {}
        self.lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """Yield the age of every service's last success."""
        ages = GaugeMetricFamily(
            f"{_PREFIX}_last_success_age_seconds",
            "Seconds since Cloud Map or ECS answered, without those in which nobody asked",
            labels=["service"],
        )
        with self.lock:
            for service, at in self.successes.items():
                ages.add_metric([service], max(0.0, self.clock() - at - self.waits.get(service, 0.0)))
        yield ages


class Metrics:
    """The sidecar's counters and gauges; `text` is the answer to a scrape.

    Args:
        services: The names of the services, so that every series exists from the start.
        clock: A monotonic clock in seconds.

    """

    def __init__(self, services: tuple[str, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._ages = _Ages(clock)
        # Until the first answer the age counts from the start, so that it also grows if none ever comes.
        self._ages.successes = dict.fromkeys(services, clock())
        self._registry.register(self._ages)
        self._endpoints = self._gauge("endpoints", "Endpoints that Envoy was given")
        self._skipped = self._gauge("skipped_instances", "Instances without a usable address and port")
        self._own_zone = self._gauge("own_zone_share", "Share of calls that should stay in this proxy's zone")
        self._throttles = self._counter("throttles", "Calls that were throttled")
        self._writes = self._counter("writes", "Files written for Envoy")
        self._write_errors = self._counter("write_errors", "Files that could not be written")
        self._events = self._all("events", "Messages in the queue of ECS's events")
        self._others = self._all("events_ignored", "Messages that speak of no ECS service")
        self._not_told = self._all("peers_not_told", "Sidecars that did not answer when told of a change")
        self._surprises = self._all("changes_without_event", "Changes that no event announced")
        self._polls = self._all("polls", "Polls of all services")
        self._heard = Gauge(
            f"{_PREFIX}_events_heard", "Whether ECS's events set the pace", registry=self._registry
        )
        self._fast = Gauge(
            f"{_PREFIX}_fast_services", "Services that are asked about often", registry=self._registry
        )
        self._errors = Counter(
            f"{_PREFIX}_errors", "Calls without a usable answer", ["service", "kind"], registry=self._registry
        )
        for service in services:
            for series in (self._endpoints, self._skipped, self._throttles, self._writes, self._write_errors):
                series.labels(service)
            for kind in KINDS:
                self._errors.labels(service, kind)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", text, ["service"], registry=self._registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", text, ["service"], registry=self._registry)

    def _all(self, name: str, text: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", text, registry=self._registry)

    def polled(self) -> None:
        """Count a poll."""
        self._polls.inc()

    def events(self, messages: int, *, of_services: int) -> None:
        """Count `messages` of the queue, of which `of_services` speak of an ECS service."""
        self._events.inc(messages)
        self._others.inc(messages - of_services)

    def not_told(self, peers: int) -> None:
        """Count sidecars that did not answer when they were told of a change."""
        self._not_told.inc(peers)

    def surprised(self, services: int) -> None:
        """Count services that changed without an event."""
        self._surprises.inc(services)

    def pace(self, *, heard: bool, fast: int) -> None:
        """Record whether ECS's events set the pace, and how many services are asked about often."""
        self._heard.set(heard)
        self._fast.set(fast)

    def succeeded(self, service: str) -> None:
        """Record that there was an answer for `service`."""
        with self._ages.lock:
            self._ages.successes[service] = self._ages.clock()

    def waits(self, service: str, seconds: float) -> None:
        """Record that nobody asks about `service` for so long, which is no part of its answer's age."""
        with self._ages.lock:
            self._ages.waits[service] = seconds

    def failed(self, service: str, kind: str) -> None:
        """Count a call without a usable answer."""
        self._errors.labels(service, kind).inc()
        if kind == "throttled":
            self._throttles.labels(service).inc()

    def skipped(self, service: str, instances: int) -> None:
        """Record how many instances of the last answer could not be used."""
        self._skipped.labels(service).set(instances)

    def written(self, service: str, endpoints: int) -> None:
        """Record that a file with this number of `endpoints` was written for Envoy."""
        self._endpoints.labels(service).set(endpoints)
        self._writes.labels(service).inc()

    def not_written(self, service: str) -> None:
        """Count a file that could not be written."""
        self._write_errors.labels(service).inc()

    def own_zone(self, service: str, share: float) -> None:
        """Record the share of calls that should stay in this proxy's zone."""
        self._own_zone.labels(service).set(share)

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)
