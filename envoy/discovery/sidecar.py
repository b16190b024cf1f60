"""The sidecar as a whole: a thread for each service, one for the zones, and the gate that Envoy waits at."""

import logging
import threading
import time
from collections.abc import Mapping

from discovery.cloud_map import CloudMap
from discovery.endpoints_file import EndpointsFile
from discovery.followed import Followed
from discovery.metrics import Metrics
from discovery.own_zone import own_zone
from discovery.pace import Pace
from discovery.poller import Poller
from discovery.settings import Settings
from discovery.traffic import OwnTraffic, Peers, Report

TRAFFIC_SECONDS = 2.0
"""How often proxies tell each other of their traffic."""

UNEXPECTED_SECONDS = 5.0
"""The wait after an error that nobody foresaw."""

log = logging.getLogger("discovery")


class Sidecar:
    """Keeps Envoy's files as Cloud Map has it.

    Args:
        settings: What to follow, and how.
        cloud_map: Where to ask.

    Attributes:
        metrics: Its own metrics.
        ready: Set once Envoy may start.

    """

    def __init__(self, settings: Settings, cloud_map: CloudMap) -> None:
        self._settings = settings
        zone_aware = any(service.zone_aware for service in settings.services)
        names = [service.name for service in settings.services] + ([settings.proxy] if zone_aware else [])
        self.metrics = Metrics(tuple(names))
        self.ready = threading.Event()
        self._stop = threading.Event()
        self._zone: str | None = None
        self._own = OwnTraffic(settings.admin)
        self._peers = Peers(settings.port)
        pace = Pace(settings.interval)

        def poller(name: str, service: str, port: int) -> Poller:
            return Poller(
                cloud_map=cloud_map,
                name=name,
                service=service,
                port=port,
                pace=pace,
                empty_grace=settings.empty_grace,
                metrics=self.metrics,
            )

        # This proxy's own tasks: whom to ask where calls arrive.
        self._proxies = poller(settings.proxy, settings.proxy, settings.port) if zone_aware else None
        self._followed = [
            Followed(
                poller=poller(service.name, service.cloud_map_service, service.port),
                file=EndpointsFile(settings.folder, service.name),
                traffic=self._traffic if service.zone_aware else None,
                metrics=self.metrics,
            )
            for service in settings.services
        ]

    @property
    def waiting(self) -> list[str]:
        """The services without a first answer."""
        return [followed.poller.name for followed in self._followed if followed.waiting]

    def report(self) -> Report:
        """Return what this proxy tells its peers."""
        return Report(self._zone or "", self._own.rates())

    def run(self) -> None:
        """Follow all services until `stop`; Envoy may start once each has an answer, or the time is over."""
        for followed in self._followed:
            self._start(lambda followed=followed: self._follow(followed), followed.poller.name)
        if self._proxies:
            self._start(self._balance, "zones")
        self._open_gate()
        self._stop.wait()

    def stop(self) -> None:
        """Let `run` return; a call under way is not waited for."""
        self._stop.set()

    def _start(self, target: object, name: str) -> None:
        threading.Thread(target=target, name=name, daemon=True).start()  # pyright: ignore[reportArgumentType]

    def _open_gate(self) -> None:
        end = time.monotonic() + self._settings.first_answer_limit
        while self.waiting and time.monotonic() < end and not self._stop.wait(0.05):
            pass
        # Envoy takes no cluster whose file is not there.
        while sum(followed.begin() for followed in self._followed) < len(self._followed):
            if self._stop.wait(1):
                return
        without = self.waiting
        log.log(
            logging.WARNING if without else logging.INFO,
            "envoy may start",
            extra={"services": len(self._followed), "without_answer": without},
        )
        self.ready.set()

    def _follow(self, followed: Followed) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            try:
                wait = followed.poller.poll()
                followed.write()
            except Exception:  # a thread that ended would leave its service as it is for ever
                log.exception("unexpected error", extra={"service": followed.poller.name})
                wait = UNEXPECTED_SECONDS

    def _balance(self) -> None:
        due, wait = 0.0, 0.0
        while not self._stop.wait(wait):
            wait = TRAFFIC_SECONDS
            try:
                self._zone = self._zone or own_zone()
                if self._proxies and time.monotonic() >= due:
                    due = time.monotonic() + self._proxies.poll()
                self._peers.ask(self._addresses())
                for followed in self._followed:
                    if followed.traffic:
                        followed.write()
            except Exception:  # as above
                log.exception("unexpected error", extra={"service": self._settings.proxy})
                wait = UNEXPECTED_SECONDS

    def _addresses(self) -> list[str]:
        endpoints = (self._proxies.endpoints if self._proxies else None) or ()
        return [endpoint.address for endpoint in endpoints]

    def _traffic(self, service: str) -> tuple[str, Mapping[str, float]] | None:
        if self._zone is None:
            return None
        found = self._peers.traffic(self._addresses(), service)
        return None if found is None else (self._zone, found)
