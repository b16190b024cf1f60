"""What the bench runs: an Envoy as deployed, tasks of two services, the other clients, and the abuse."""

import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.abuse.abuses import Abuse
from envoy_config import Metrics, Proxy, Service, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.policy.limits import RateLimit
from envoy_config.rendering import to_json
from envoy_config.telemetry import ADMIN_CLUSTER
from rehearsal.processes import Process, Processes

CONTAINER_MIB = 400
"""Envoy's memory in a task of the default size, after the discovery sidecar and the drain container."""

CONNECTIONS, RATE, PATIENCE_SECONDS = 4, 60, 20
"""Of the other clients of each service: connections, calls a second, and the deadline of a call."""

WITHOUT_SECONDS, WITH_SECONDS, LATER_SECONDS = 4.0, 4.0, 1.0
PORT, ADMIN_PORT = 50051, 9901
FIRST = ("nice", "-n", "-10")
"""
Before the commands that are measured: on AWS each has CPUs of its own. Without the right to it, nice warns.
"""

SERVICES = {"lessons": "learning.v1.Lessons", "grading": "learning.v1.Grading"}
"""The abuse calls lessons, so only the proxy is between it and those who call grading."""


@dataclass(frozen=True)
class Calls:
    """Calls of the other clients of a service: how long each took, and what it failed with."""

    seconds: list[float]
    failures: list[str]

    @property
    def p99_ms(self) -> float:
        """The time that 99 % of the calls did not exceed."""
        times = sorted(self.seconds)
        return 1000 * times[min(len(times) - 1, int(len(times) * 0.99))]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an abuse did to the others, by the service that they called, and to Envoy's memory.

    Attributes:
        title: The abuse.
        without: The calls before it began.
        during: The calls while it went on.
        memory: Envoy's memory over time: seconds since the first call, MiB.

    """

    title: str
    without: dict[str, Calls]
    during: dict[str, Calls]
    memory: list[tuple[float, float]] = field(repr=False)

    @property
    def peak_mib(self) -> float:
        """The most memory that Envoy had."""
        return max(mib for _, mib in self.memory)

    def ratio(self, service: str) -> float:
        """Return the p99 with the abuse divided by the p99 without it."""
        return self.during[service].p99_ms / self.without[service].p99_ms


def measure(folder: Path, name: str, abuse: Abuse, *, rate_limit: int | None = None) -> Outcome:
    """Return what the abuse `name` does; with `rate_limit`, lessons has it as `client_calls_per_second`."""
    block = f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"
    tasks = {"lessons": [f"{block}.3", f"{block}.4"], "grading": [f"{block}.5"]}
    method = "Slow" if name == "flood-of-tasks" else "Get"
    folder.mkdir()
    with Processes(folder) as processes:
        for service, address in ((name, each) for name, addresses in tasks.items() for each in addresses):
            command = [sys.executable, "-m", "bench.abuse.task", address]
            task = processes.start(f"task-{address}", [*(FIRST if service == "grading" else ()), *command])
            task.wait_for_port(address, PORT)
        envoy = _envoy(processes, f"{block}.1", tasks, rate_limit)
        seconds = WITHOUT_SECONDS + WITH_SECONDS + 2
        others = {
            service: processes.start(
                f"others-of-{service}",
                [
                    *(*FIRST, sys.executable, "-m", "bench.abuse.others", f"{block}.1"),
                    f"/{SERVICES[service]}/{method if service == 'lessons' else 'Get'}",
                    *map(str, (CONNECTIONS, RATE, seconds, PATIENCE_SECONDS)),
                ],
            )
            for service in tasks
        }
        _wait_for_text(list(others.values()))
        begin, memory = time.time(), list[tuple[float, float]]()
        _watch(envoy, begin, WITHOUT_SECONDS, memory)
        abuser = processes.start(
            "abuser", ["nice", sys.executable, "-m", "bench.abuse.abuses", name, f"{block}.1"]
        )
        began = time.time()
        while "abusing" not in abuser.out.read_text():
            abuser.check()
            _watch(envoy, begin, 0.1, memory)
        _watch(envoy, begin, WITH_SECONDS, memory)
        ended = time.time()
        abuser.kill()
        _watch(envoy, begin, LATER_SECONDS, memory)
        _wait_for_end(list(others.values()))
        times = (begin, began, ended)
        parts = {service: _parts(process.out, times) for service, process in others.items()}
    return Outcome(
        title=abuse.title + (f", with `client_calls_per_second: {rate_limit}`" if rate_limit else ""),
        without={service: part[0] for service, part in parts.items()},
        during={service: part[1] for service, part in parts.items()},
        memory=memory,
    )


def _wait_for_text(processes: Sequence[Process]) -> None:
    for process in processes:
        while not process.out.stat().st_size:
            process.check()
            time.sleep(0.05)


def _wait_for_end(processes: Sequence[Process]) -> None:
    """Wait until each of their calls has ended."""
    for process in processes:
        process.wait(10 * PATIENCE_SECONDS)


def _watch(envoy: Process, begin: float, seconds: float, memory: list[tuple[float, float]]) -> None:
    """Look at Envoy's memory for so many seconds."""
    end = time.time() + seconds
    while time.time() < end:
        envoy.check()
        status = Path(f"/proc/{envoy.pid}/status").read_text()
        memory.append((time.time() - begin, int(status.split("RssAnon:")[1].split()[0]) / 1024))
        time.sleep(0.05)


def _parts(written: Path, times: Sequence[float]) -> list[Calls]:
    """Return the calls that began between each of `times` and the next."""
    parts = [Calls([], []) for _ in pairwise(times)]
    for line in written.read_text().splitlines():
        began, seconds, status = line.split(" ", 2)
        for part, (first, last) in zip(parts, pairwise(times), strict=True):
            if first <= float(began) < last:
                part.seconds.append(float(seconds))
                part.failures.extend([status] if status != "OK" else [])
    return parts


def _envoy(
    processes: Processes, address: str, tasks: dict[str, list[str]], rate_limit: int | None
) -> Process:
    services = [
        Service(
            name=name,
            address="unused",
            upstream=Upstream(grpc_services=[SERVICES[name]]),
            policy=TrafficPolicy(
                rate_limit=RateLimit(client_calls_per_second=rate_limit if name == "lessons" else None)
            ),
        )
        for name in tasks
    ]
    proxy = Proxy(name="grpc", memory_mib=CONTAINER_MIB, metrics=Metrics())
    values: dict[str, Any] = json.loads(to_json(bootstrap(proxy, services)))
    values["admin"]["address"]["socket_address"]["address"] = address
    for listener in values["static_resources"]["listeners"]:
        listener["address"]["socket_address"]["address"] = address
    for cluster in values["static_resources"]["clusters"]:
        admin = cluster["name"] == ADMIN_CLUSTER
        hosts = [(address, ADMIN_PORT)] if admin else [(host, PORT) for host in tasks[cluster["name"]]]
        cluster.pop("cluster_type", None)
        cluster["type"] = "STATIC"
        cluster["load_assignment"]["endpoints"] = [
            {
                "lb_endpoints": [
                    {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}
                    for host, port in hosts
                ]
            }
        ]
    binary = next(Path(sys.prefix).glob("lib/python*/site-packages/envoy/_bin/envoy"))
    command = [*FIRST, str(binary), "--config-yaml", json.dumps(values), "--concurrency", "1"]
    process = processes.start("envoy", [*command, "--disable-hot-restart", "--log-level", "error"])
    process.wait_for_port(address, PORT)
    time.sleep(1)  # its health checks
    return process
