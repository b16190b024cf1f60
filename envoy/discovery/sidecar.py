"""The sidecar as a whole: what it polls, what it hears, and what Envoy's start waits for."""

import logging
import threading
import time
from collections.abc import Mapping

from discovery.endpoints_file import EndpointsFile, Publish
from discovery.events.listener import EVENTS_THREAD, Listener
from discovery.events.peers import Peers as ToldPeers
from discovery.events.trust import Trust
from discovery.metrics import Metrics
from discovery.poller import Poller, Source
from discovery.schedule.lanes import UNEXPECTED_SECONDS, Lane, Lanes, Polled
from discovery.schedule.ticks import Ticks
from discovery.service_follower import ServiceFollower
from discovery.settings import Settings
from discovery.sources import Sources
from discovery.watchdog import Watchdog
from discovery.zones.own_zone import own_zone
from discovery.zones.traffic import OwnTraffic, Peers, Report

TRAFFIC_SECONDS = 2.0
"""How often proxies ask each other for their traffic."""

CLOUD_MAP_THREADS = 4
"""
The threads that ask Cloud Map. A call takes some 10 ms, so they ask 400 times a second: 200 services have
their first answer after a second.
"""

ZONES_THREAD, PROXIES = "zones of the proxy", "tasks of the proxy"
"""The name of a thread, and of what is polled; no service has it, because it has spaces."""

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
        self._knows_peers = zone_aware or bool(settings.queue)
        names = [service.name for service in settings.services]
        self.metrics = Metrics((*names, *((settings.proxy,) if self._knows_peers else ())))
        self.ready = threading.Event()
        self._stop = threading.Event()
        self._zone: str | None = None
        self._own = OwnTraffic(settings.admin)
        self._peers = Peers(settings.port) if zone_aware else None
        # The tasks of this proxy, which are asked how many calls arrive at them, and told of changes.
        self._proxies = self._poller(settings.proxy, sources.of_proxies())
        self._followers = [
            ServiceFollower(
                poller=self._poller(service.name, sources.of(service)),
                file=EndpointsFile(
                    settings.folder,
                    service.name,
                    publish,
                    health_check_port=service.health_check_port,
                ),
                traffic=self._traffic if service.zone_aware else None,
                metrics=self.metrics,
            )
            for service in settings.services
        ]
        self._trust = Trust()
        self._lanes = Lanes(
            self._make_lanes(),
            Ticks(settings.interval),
            self._trust,
            ecs_cluster=settings.ecs_cluster,
            fast_start=settings.fast_start,
            metrics=self.metrics,
        )
        self._listener = self._make_listener(sources) if settings.queue else None

    def _poller(self, name: str, source: Source) -> Poller:
        settings = self._settings
        return Poller(
            source=source,
            name=name,
            empty_grace=settings.empty_grace,
            metrics=self.metrics,
            interval=settings.interval,
        )

    def _make_lanes(self) -> list[Lane]:
        in_cloud_map: dict[str, Polled] = {}
        if self._knows_peers:
            in_cloud_map[PROXIES] = Polled(poller=self._proxies, then=lambda: None)
        in_ecs: dict[str, dict[str, Polled]] = {}
        for service, follower in zip(self._settings.services, self._followers, strict=True):
            lane = in_ecs.setdefault(service.ecs_cluster, {}) if service.ecs_cluster else in_cloud_map
            lane[service.name] = Polled(poller=follower.poller, then=follower.write)
        return [
            Lane(name="polls of Cloud Map", threads=CLOUD_MAP_THREADS, polled=in_cloud_map),
            # The services of an ECS cluster share a reading, so further threads would only wait for it.
            *(Lane(name=f"polls of {name} in ECS", threads=1, polled=lane) for name, lane in in_ecs.items()),
        ]

    def _make_listener(self, sources: Sources) -> Listener:
        return Listener(
            sources.events(self._settings.queue),
            ToldPeers(self._settings.port),
            addresses=self._addresses,
            changes=self._lanes.changes,
            hearing=self._hear,
            metrics=self.metrics,
        )

    def _hear(self, hears: bool) -> None:
        self._trust.readable(hears)
        if not hears:
            self._lanes.hurry()

    def told(self, ecs_services: list[str]) -> None:
        """Note that another sidecar has heard of changes of `ecs_services`."""
        self._lanes.changes(ecs_services)

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
        self._lanes.start(self._watchdog, self._stop)
        if self._peers:
            self._start(self._balance, ZONES_THREAD)
        if self._listener:
            listener = self._listener
            self._start(lambda: listener.run(self._stop, self._watchdog), EVENTS_THREAD)
        self._let_envoy_start()
        while running := self._watchdog.keep_running():
            self._lanes.check()
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

    def _balance(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            self._watchdog.heard(ZONES_THREAD)
            wait = TRAFFIC_SECONDS
            try:
                self._zone = self._zone or own_zone()
                if self._peers:
                    self._peers.ask(self._addresses())
                for follower in self._followers:
                    if follower.traffic:
                        follower.write()
            except Exception:  # if this thread ended, nothing would weigh the zones
                log.exception("unexpected error", extra={"service": self._settings.proxy})
                wait = UNEXPECTED_SECONDS

    def _addresses(self) -> list[str]:
        return [endpoint.address for endpoint in self._proxies.endpoints or ()]

    def _traffic(self, service: str) -> tuple[str, Mapping[str, float]] | None:
        if self._zone is None or self._peers is None:
            return None
        traffic = self._peers.traffic(self._addresses(), service)
        return None if traffic is None else (self._zone, traffic)
