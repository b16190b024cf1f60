"""One Envoy in front of all services, with the bootstrap and the endpoints that it is deployed with."""

import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, pstdev
from typing import Any

from bench.proxy_cost.load import answered
from bench.proxy_cost.processor import cpu_seconds, memory_mib
from bench.size.environment import CompanyService, paths
from bench.size.tasks import PORT as TASK_PORT
from bench.size.tasks import Tasks
from discovery.endpoints import Endpoint
from discovery.endpoints_file import EndpointsFile
from discovery.xds.server import XdsServer
from ecs_envoy.plan.packed_bootstrap import pack
from ecs_envoy.plan.sidecars import envoy_memory_mib
from envoy_config import Discovery, Metrics, Proxy, Service, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.check_pace import checks_per_second
from envoy_config.eds import by_stream
from envoy_config.model import ADMIN_PORT, XDS_PORT
from envoy_config.rendering import to_json
from rehearsal.agent.local_bootstrap import localize
from rehearsal.processes import Process, Processes

H2LOAD = shutil.which("h2load") or "h2load"
PORT = 50051
RATE = 1000
"""Calls a second of the steady load."""

STEADY_SECONDS, IDLE_SECONDS = 12, 10
CONNECTIONS, STREAMS = 4, 8
CALLS_A_TASK = 50
"""Calls for each task in the measurement of evenness."""


@dataclass(frozen=True, kw_only=True)
class ProxySize:
    """What one Envoy costs in front of so many services.

    Attributes:
        services: The number of services.
        tasks: The number of their tasks.
        plain_bytes: The bootstrap as JSON.
        packed_bytes: The bootstrap packed.
        ready_seconds: From Envoy's start until it is ready, its first health checks included.
        first_call_ms: The duration of the first call.
        memory_mib: Its resident memory after the load.
        idle_cpu_percent: Its CPU without calls, in percent of one CPU: health checks.
        checks_per_second: The health checks that the configuration allows.
        calls_per_second: Calls a second at full load.
        p99_ms: The 99th percentile at `RATE` calls a second; the median of the rounds.
        cv: The mean over the services of the coefficient of variation of the calls that their tasks got.
        idle_tasks: The tasks without a call.
        series: The lines of a scrape of Prometheus.
        scrape_bytes: The size of a scrape.

    """

    services: int
    tasks: int
    plain_bytes: int
    packed_bytes: int
    ready_seconds: float
    first_call_ms: float
    memory_mib: float
    idle_cpu_percent: float
    checks_per_second: float
    calls_per_second: float
    p99_ms: float
    cv: float
    idle_tasks: int
    series: int
    scrape_bytes: int


class SizedProxy:
    """An Envoy in front of `services`, whose tasks run.

    Args:
        folder: The folder for its files.
        processes: Starts processes.
        address: The loopback address that it binds.
        services: The services.
        tasks: Their tasks.
        metrics: Whether it serves metrics.

    """

    def __init__(
        self,
        folder: Path,
        processes: Processes,
        address: str,
        services: Sequence[CompanyService],
        tasks: Tasks,
        *,
        metrics: bool,
    ) -> None:
        self.services, self.tasks, self.metrics = services, tasks, metrics
        self._folder, self._address = folder, address
        folder.mkdir()
        listed = [_service(service) for service in services]
        self.proxy = Proxy(
            name="grpc",
            memory_mib=envoy_memory_mib(512, ["discovery"]),
            endpoints_folder=str(folder / "endpoints"),
            metrics=Metrics() if metrics else None,
        )
        self.listed = listed
        self.text = to_json(bootstrap(self.proxy, listed))
        self.xds = self._publish(stream=by_stream(listed))
        local = folder / "bootstrap.json"
        local.write_text(localize(self.text, address=address, name_server=address, name_server_port=53))
        envoy = str(Path(sys.executable).parent / "envoy")
        begin = time.monotonic()
        self.process: Process = processes.start(
            f"envoy-{folder.name}",
            [envoy, "-c", str(local), "--concurrency", "1", "--disable-hot-restart", "-l", "error"],
        )
        while not self._ready():
            time.sleep(0.01)
        self.ready_seconds = time.monotonic() - begin
        self._paths = folder / "paths"
        self._paths.write_text("".join(f"http://{address}:{PORT}{path}\n" for path in paths(services)))

    def close(self) -> None:
        """End Envoy, and what gives it endpoints."""
        self.process.terminate()
        self.process.wait(30)
        if self.xds:
            self.xds.close()

    def first_call_ms(self) -> float:
        """Return the duration of a call, which is the first one only once."""
        return _milliseconds(self._load("-n", "1", "-c", "1"), r"time for request:\s+([\d.]+)(us|ms|s)")

    def calls_per_second(self, calls: int) -> float:
        """Make `calls` calls to all methods as fast as possible; return how many a second there were."""
        output = self._load("-n", str(calls), "-c", str(CONNECTIONS), "-m", str(STREAMS))
        found = re.search(r"finished in [\d.]+\w+, ([\d.]+) req/s", output)
        assert found, output  # noqa: S101  # h2load always says it
        return float(found[1])

    def p99_ms(self) -> float:
        """Make `RATE` calls a second to all methods; return the 99th percentile of their durations."""
        times = self._folder / "times"
        times.unlink(missing_ok=True)
        rate = RATE / CONNECTIONS
        self._load(
            *("-n", str(RATE * STEADY_SECONDS), "-c", str(CONNECTIONS), "-m", "1024"),
            *("--rps", f"{rate:g}", "--log-file", str(times)),
        )
        durations = sorted(int(line.split("\t")[2]) / 1000 for line in times.read_text().splitlines())
        return durations[int(len(durations) * 0.99)]

    def idle_cpu_percent(self) -> float:
        """Return the CPU of Envoy without calls, in percent of one CPU."""
        before, begin = cpu_seconds(self.process.pid), time.monotonic()
        time.sleep(IDLE_SECONDS)
        return 100 * (cpu_seconds(self.process.pid) - before) / (time.monotonic() - begin)

    def evenness(self) -> tuple[float, int]:
        """Call every service `CALLS_A_TASK` times a task; return the mean CV and the idle tasks."""
        self.tasks.forget()
        for service in self.services:
            target = f"http://{self._address}:{PORT}/{service.proto_service}/Get"
            _h2load("-n", str(CALLS_A_TASK * service.tasks), "-c", "1", "-m", "4", target)
        got = self.tasks.calls()
        cvs: list[float] = []
        for addresses in self.tasks.addresses.values():
            counts = [got[address] for address in addresses]
            cvs.append(pstdev(counts) / (sum(counts) / len(counts)))
        idle = sum(got[address] == 0 for address in self.tasks.all)
        return sum(cvs) / len(cvs), idle

    def scrape(self) -> tuple[int, int]:
        """Return the number of series and the size of a scrape of the metrics listener."""
        if self.proxy.metrics is None:
            return 0, 0
        url = f"http://{self._address}:{self.proxy.metrics.port}/stats/prometheus"
        with urllib.request.urlopen(url, timeout=60) as answer:
            text: bytes = answer.read()
        return sum(not line.startswith(b"#") for line in text.splitlines()), len(text)

    def _publish(self, *, stream: bool) -> XdsServer | None:
        """Give Envoy the endpoints as the sidecar does."""
        server = XdsServer(f"{self._address}:{XDS_PORT}") if stream else None
        for name, addresses in self.tasks.addresses.items():
            file = EndpointsFile(self._folder / "endpoints", name, server.put if server else None)
            file.write([Endpoint("euw1-az1", address, TASK_PORT) for address in addresses], None)
        return server

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._address}:{ADMIN_PORT}/ready", timeout=5) as answer:
                return bool(answer.read().strip() == b"LIVE")
        except OSError:
            return False

    def _load(self, *options: str) -> str:
        return _h2load(*options, "-i", str(self._paths))


def _service(service: CompanyService) -> Service:
    return Service(
        name=service.name,
        address="",
        own_name=f"{service.name}.grpc.size.local",
        upstream=Upstream(grpc_services=[service.proto_service]),
        max_tasks=service.tasks,
        discovery=Discovery.EDS,
    )


def _h2load(*options: str) -> str:
    headers = ("-H", "content-type: application/grpc", "-H", "te: trailers")
    done = subprocess.run([H2LOAD, *headers, *options], capture_output=True, text=True, check=True)
    answered(done.stdout)
    return done.stdout


def _milliseconds(output: str, pattern: str) -> float:
    found = re.search(pattern, output)
    assert found, output  # noqa: S101  # h2load always says it
    return float(found[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[found[2]]


def measure(proxies: Sequence[SizedProxy], rounds: int) -> list[ProxySize]:
    """Return the size of each of `proxies`; their loads take turns, so that the machine's noise is shared."""
    first = [proxy.first_call_ms() for proxy in proxies]
    for proxy in proxies:
        proxy.calls_per_second(20 * len(proxy.tasks.all) + 2000)  # opens the connections to every task
    turns: dict[str, list[list[float]]] = {
        "p99": [[proxy.p99_ms() for proxy in proxies] for _ in range(rounds)],
        "full": [[proxy.calls_per_second(30_000) for proxy in proxies] for _ in range(rounds)],
    }
    found: list[ProxySize] = []
    for index, proxy in enumerate(proxies):
        cv, idle = proxy.evenness()
        series, scrape_bytes = proxy.scrape()
        values: dict[str, Any] = {
            "p99_ms": median(turn[index] for turn in turns["p99"]),
            "calls_per_second": median(turn[index] for turn in turns["full"]),
        }
        found.append(
            ProxySize(
                services=len(proxy.services),
                tasks=len(proxy.tasks.all),
                plain_bytes=len(proxy.text),
                packed_bytes=len(pack(proxy.text)),
                ready_seconds=proxy.ready_seconds,
                first_call_ms=first[index],
                memory_mib=memory_mib(proxy.process.pid),
                idle_cpu_percent=proxy.idle_cpu_percent(),
                checks_per_second=checks_per_second(proxy.proxy, proxy.listed),
                cv=cv,
                idle_tasks=idle,
                series=series,
                scrape_bytes=scrape_bytes,
                **values,
            )
        )
    return found
