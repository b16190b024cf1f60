"""Measures the sidecar."""

import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil

from bench.discovery.at_size.account import CLUSTER, Account
from bench.discovery.at_size.peer import start_envoy_admin, start_peer
from bench.discovery.proxies import NAMESPACE_ID, PORT, PROXY
from ecs_envoy.plan.discovery_settings import FollowedService, discovery_settings
from envoy_config.model import XDS_PORT
from rehearsal.processes import Process, Processes

SERVICES, TASKS = 200, 50
MEASURED_SECONDS = 60.0
START_SECONDS = 125.0
"""A sidecar that has started asks about every service as often as allowed for two minutes."""

CHANGES = 20


@dataclass(frozen=True, kw_only=True)
class AtSize:
    """What a sidecar with `services` services of `tasks` tasks takes; times are in seconds.

    Attributes:
        first: Until Envoy could start.
        first_cpu: The CPU time of that.
        start_percent: Its CPU in the two minutes after that, in percent of one CPU.
        settled_percent: Its CPU while nothing changes.
        settled_calls: Calls of Cloud Map a second meanwhile.
        deaf_percent: Its CPU without the queue.
        deaf_calls: Calls of Cloud Map a second meanwhile.
        mib: Its resident memory at the end, and the most of it.
        announced: From a change to the file, if its event is in the queue at the same moment.
        deaf: The same without the queue.
        thousand_cpu: The CPU time that it takes for 1,000 events.

    """

    services: int = SERVICES
    tasks: int = TASKS
    first: float
    first_cpu: float
    start_percent: float
    settled_percent: float
    settled_calls: float
    deaf_percent: float
    deaf_calls: float
    mib: float
    announced: list[float]
    deaf: list[float]
    thousand_cpu: float


class _Run:
    def __init__(self, processes: Processes, folder: Path) -> None:
        self.address = f"127.{random.randint(16, 250)}.{random.randint(0, 250)}.1"
        peer = self.address[:-1] + "2"
        self.account = Account(self.address, folder, SERVICES, TASKS, proxies=(self.address, peer))
        start_envoy_admin(self.address, SERVICES)
        start_peer(peer, self.address, SERVICES)
        self.files = folder / "endpoints"
        self.begun = time.monotonic()
        self.sidecar = self._start(processes)
        self.process = psutil.Process(self.sidecar.pid)

    def _start(self, processes: Processes) -> Process:
        names = [f"service{number}" for number in range(SERVICES)]
        followed = [
            FollowedService(
                name=name, cloud_map_service=name, port=PORT, zone_aware=True, cloud_map_health=False
            )
            for name in names
        ]
        settings = {
            **json.loads(self._deployed(followed)),
            "address": self.address,
            "xds": f"{self.address}:{XDS_PORT}",
            "admin": f"{self.address}:9901",
            "folder": str(self.files),
            "queue": f"{self.account.url}/111122223333/events",
            "ecs_cluster": CLUSTER,
        }
        environment = {
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL": self.account.url,
            "ECS_CONTAINER_METADATA_URI_V4": f"http://{self.address}:9901",
            "SSL_CERT_FILE": str(self.account.certificate),
        }
        command = [sys.executable, "-m", "discovery", json.dumps(settings)]
        return processes.start("sidecar", command, environment=environment)

    def _deployed(self, followed: list[FollowedService]) -> str:
        """Return the settings as the CDK gives them: so many services have a stream."""
        return discovery_settings(namespace=NAMESPACE_ID, proxy=PROXY, services=followed, stream=True)

    def wait_until_ready(self) -> float:
        """Return the seconds until Envoy could start."""
        self.sidecar.wait_for_port(self.address, 9902)
        while "envoy may start" not in self.sidecar.out.read_text():
            time.sleep(0.02)
        return time.monotonic() - self.begun

    def cpu(self) -> float:
        """Return its CPU time so far."""
        times = self.process.cpu_times()
        return times.user + times.system

    def percent(self, seconds: float) -> tuple[float, float]:
        """Return its CPU in percent, and the calls of Cloud Map a second, over `seconds`."""
        cpu, calls, begin = self.cpu(), self._calls(), time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - begin
        return 100 * (self.cpu() - cpu) / passed, (self._calls() - calls) / passed

    def _calls(self) -> int:
        calls = self.account.calls
        return calls.get("DiscoverInstances", 0) + calls.get("DiscoverInstancesRevision", 0)

    def change(self, number: int, *, event: bool) -> float:
        """Return the seconds from a change to the file."""
        service = f"service{number}"
        new, begin = self.account.change(service), time.monotonic()
        if event:
            self.account.event(service)
        file = self.files / service / "endpoints.json"
        while f'"{new}"' not in file.read_text():
            time.sleep(0.01)
        return time.monotonic() - begin

    def thousand(self) -> float:
        """Return the CPU time for 1,000 events, of 20 services."""
        before, counted = self.cpu(), self._events()
        for number in range(1000):
            self.account.event(f"service{number % 20}")
        while self._events() < counted + 1000:
            time.sleep(0.2)
        return self.cpu() - before

    def _events(self) -> float:
        with urlopen(f"http://{self.address}:9902/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return float(
            next(line for line in lines if line.startswith("ecs_envoy_discovery_events_total")).split()[1]
        )


def measure() -> AtSize:
    """Return what the sidecar takes; nothing else must be measured at the same time."""
    with tempfile.TemporaryDirectory(prefix="bench-at-size-") as folder, Processes(Path(folder)) as processes:
        run = _Run(processes, Path(folder))
        first = run.wait_until_ready()
        first_cpu = run.cpu()
        start_percent, _ = run.percent(START_SECONDS)
        settled_percent, settled_calls = run.percent(MEASURED_SECONDS)
        announced = [run.change(number, event=True) for number in range(CHANGES)]
        thousand_cpu = run.thousand()
        run.account.cut_queue_off()
        time.sleep(70)  # the bursts end
        deaf_percent, deaf_calls = run.percent(MEASURED_SECONDS)
        deaf = [run.change(100 + number, event=False) for number in range(CHANGES)]
        mib = run.process.memory_info().rss / 1024 / 1024
    return AtSize(
        first=first,
        first_cpu=first_cpu,
        start_percent=start_percent,
        settled_percent=settled_percent,
        settled_calls=settled_calls,
        deaf_percent=deaf_percent,
        deaf_calls=deaf_calls,
        mib=mib,
        announced=announced,
        deaf=deaf,
        thousand_cpu=thousand_cpu,
    )
