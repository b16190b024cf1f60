"""The sidecar as a whole: a thread for each service, one for the zones, and what Envoy's start waits for."""

import logging
import threading
import time
from collections.abc import Mapping

from discovery.endpoints_file import EndpointsFile, Publish
from discovery.metrics import Metrics
from discovery.pace import Pace
from discovery.poller import Poller, Source
from discovery.service_follower import ServiceFollower
from discovery.settings import Settings
from discovery.sources import Sources
from discovery.watchdog import Watchdog
from discovery.zones.own_zone import own_zone
from discovery.zones.traffic import OwnTraffic, Peers, Report

TRAFFIC_SECONDS = 2.0
"""How often proxies ask each other for their traffic."""

UNEXPECTED_SECONDS = 5.0
"""How long a thread waits after an unexpected error."""

ZONES_THREAD = "zones of the proxy"
"""The name of a thread; no service has it, because it has spaces."""

log = logging.getLogger("discovery")


class Sidecar:
    """Keeps Envoy's files in step with Cloud Map and ECS.

    Args:
        settings: The services, and how to poll them.
        sources: Makes the source of each service.
        watchdog: Notices threads that hang.
        publish: Gets the endpoints, too, where Envoy gets them by a stream.

    Attributes:
        metrics: The sidecar's own metrics.
        ready: Set as soon as Envoy may start.

    """

    def __init__(
        self, settings: Settings, sources: Sources, watchdog: Watchdog, publish: Publish | None = None
    ) -> None:
        self._settings = settings
        self._watchdog = watchdog
        zone_aware = any(service.zone_aware for service in settings.services)
        names = [service.name for service in settings.services] + ([settings.proxy] if zone_aware else [])
        self.metrics = Metrics(tuple(names))
        self.ready = threading.Event()
        self._stop = threading.Event()
        self._zone: str | None = None
        self._own = OwnTraffic(settings.admin)
        self._peers = Peers(settings.port)
        pace = Pace(settings.interval)

        def poller(name: str, source: Source) -> Poller:
            return Poller(
                source=source,
                name=name,
                pace=pace,
                empty_grace=settings.empty_grace,
                metrics=self.metrics,
            )

        # The tasks of this proxy, which are asked how many calls arrive at them.
        self._proxies = poller(settings.proxy, sources.of_proxies()) if zone_aware else None
        self._followers = [
            ServiceFollower(
                poller=poller(service.name, sources.of(service)),
                file=EndpointsFile(settings.folder, service.name, publish),
                traffic=self._traffic if service.zone_aware else None,
                metrics=self.metrics,
            )
            for service in settings.services
        ]

    @property
    def waiting(self) -> list[str]:
        """The services without an answer yet."""
        return [follower.poller.name for follower in self._followers if follower.waiting]

    def report(self) -> Report:
        """Return the traffic of this proxy, for the other sidecars."""
        return Report(self._zone or "", self._own.rates())

    def run(self) -> bool:
        """Follow all services until `stop`; return False if it ends because one of its threads hangs.

        `ready` is set when there is an answer for each service, or when `first_answer_limit` is over.
        """
        for follower in self._followers:
            self._start(lambda follower=follower: self._follow(follower), follower.poller.name)
        if self._proxies:
            self._start(self._balance, ZONES_THREAD)
        self._let_envoy_start()
        while running := self._watchdog.keep_running():
            if self._stop.wait(1):
                break
        self._watchdog.close()
        return running

    def stop(self) -> None:
        """Make `run` return; it does not wait for calls in progress."""
        self._stop.set()

    def _start(self, target: object, name: str) -> None:
        self._watchdog.heard(name)
        threading.Thread(target=target, name=name, daemon=True).start()  # pyright: ignore[reportArgumentType]

    def _let_envoy_start(self) -> None:
        end = time.monotonic() + self._settings.first_answer_limit
        while self.waiting and time.monotonic() < end and not self._stop.wait(0.05):
            pass
        # Envoy refuses a cluster whose file does not exist.
        while sum(follower.begin() for follower in self._followers) < len(self._followers):
            if self._stop.wait(1) or not self._watchdog.keep_running():
                return
        waiting = self.waiting
        log.log(
            logging.WARNING if waiting else logging.INFO,
            "envoy may start",
            extra={"services": len(self._followers), "without_answer": waiting},
        )
        self.ready.set()

    def _follow(self, follower: ServiceFollower) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            self._watchdog.heard(follower.poller.name)
            try:
                wait = follower.poller.poll()
                follower.write()
            except Exception:  # if this thread ended, nothing would ever update its service again
                log.exception("unexpected error", extra={"service": follower.poller.name})
                wait = UNEXPECTED_SECONDS

    def _balance(self) -> None:
        due, wait = 0.0, 0.0
        while not self._stop.wait(wait):
            self._watchdog.heard(ZONES_THREAD)
            wait = TRAFFIC_SECONDS
            try:
                self._zone = self._zone or own_zone()
                if self._proxies and time.monotonic() >= due:
                    due = time.monotonic() + self._proxies.poll()
                self._peers.ask(self._addresses())
                for follower in self._followers:
                    if follower.traffic:
                        follower.write()
            except Exception:  # as above
                log.exception("unexpected error", extra={"service": self._settings.proxy})
                wait = UNEXPECTED_SECONDS

    def _addresses(self) -> list[str]:
        endpoints = (self._proxies.endpoints if self._proxies else None) or ()
        return [endpoint.address for endpoint in endpoints]

    def _traffic(self, service: str) -> tuple[str, Mapping[str, float]] | None:
        if self._zone is None:
            return None
        traffic = self._peers.traffic(self._addresses(), service)
        return None if traffic is None else (self._zone, traffic)
