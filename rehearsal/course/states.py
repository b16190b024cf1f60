"""The two states that a rehearsal compares: the same calls through an L4 proxy, and through Envoy."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal import configured
from rehearsal.agent.task import Task
from rehearsal.course.outcome import ProxyUse, ServiceResult, service_result
from rehearsal.course.stage import SETTLE_SECONDS, Stage, Window
from rehearsal.load.calls import STREAM, UNARY, Call, Target
from rehearsal.load.endpoint_requests import EndpointRequests
from rehearsal.load.load_process import Load
from rehearsal.monitoring.cpu import mean_percent, peak_memory_mib
from rehearsal.processes import Process

CALLS_PER_TASK = 20.0
"""Calls a second for each task. With the default work of 5 ms they use a tenth of a CPU."""

MAX_CALLS = 240.0
"""
The limit for the calls a second to all tasks. Besides its work, each call costs the client, the proxy and the
server about a millisecond.
"""

MAX_CPU_SHARE = 0.5
"""The tasks' work may use this share of the machine's CPUs. Clients, Envoy and the emulator need the rest."""


def calls_per_task(tasks: int, work_seconds: float, cpus: int) -> float:
    """Return how many calls a second each of `tasks` gets, so that `cpus` are enough to measure them."""
    maximum = min(CALLS_PER_TASK, MAX_CALLS / tasks)
    if not work_seconds:
        return maximum
    return max(1.0, min(maximum, MAX_CPU_SHARE * cpus / (tasks * work_seconds)))


def targets(stage: Stage, addresses: dict[str, str]) -> list[Target]:
    """Return the load's targets; `addresses` has what gRPC dials for each service."""
    own_methods = configured.methods(stage.configuration)
    tasks = {service: len(stage.system.agent.tasks(service)) for service in stage.services}
    work_seconds = stage.configuration.rehearsal.work.total_seconds()
    rate = calls_per_task(sum(tasks.values()), work_seconds, os.cpu_count() or 1)
    return [
        Target(
            service=service,
            target=addresses[service],
            methods=own_methods.get(service) or tuple(f"{name}/{UNARY}" for name in proto_services),
            streams=() if own_methods.get(service) else tuple(f"{name}/{STREAM}" for name in proto_services),
            rate=rate * tasks[service],
        )
        for service, proto_services in configured.proto_services(stage.configuration).items()
    ]


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """A TCP proxy in place of a Classic Load Balancer.

    Attributes:
        process: Its process.
        target: What gRPC dials.
        tasks: The file with its targets.

    """

    process: Process
    target: str
    tasks: Path

    def register(self, tasks: Sequence[Task]) -> None:
        """Forward connections to `tasks` from now on, as to the targets that ECS registers."""
        new = self.tasks.with_suffix(".new")
        new.write_text("\n".join(task.target for task in tasks), encoding="utf-8")
        new.replace(self.tasks)


def start_load_balancers(stage: Stage) -> dict[str, LoadBalancer]:
    """Start a TCP proxy for each service; where clients move, it has its name in DNS."""
    started: dict[str, LoadBalancer] = {}
    moved = configured.moved_names(stage.configuration)
    proxies = configured.proxy_of(stage.configuration)
    for service in stage.services:
        tasks = stage.system.agent.tasks(service)
        address, port = stage.system.addresses.next(), tasks[0].definition.container.port
        if service in moved:
            port = proxies[service].port  # clients dial the load balancer and the proxy alike
        listed, target = stage.system.logs / f"{service}-l4.targets", f"{address}:{port}"
        if cut_over := moved.get(service):
            stage.system.load_balancers[cut_over.load_balancer.lower()] = address
            target = dialled(stage, service, cut_over.name)
        command = [sys.executable, "-m", "rehearsal.load.l4_proxy", address, str(port), "--follow", listed]
        process = stage.system.processes.start(f"{service}-l4", [str(part) for part in command])
        started[service] = LoadBalancer(process=process, target=target, tasks=listed)
        started[service].register(tasks)
        process.wait_for_port(address, port)
    return started


def dialled(stage: Stage, service: str, name: str) -> str:
    """Return the gRPC target of `name` at the port of the proxy of `service`.

    Clients resolve it with our own DNS server.
    """
    names, proxy = stage.system.name_server, configured.proxy_of(stage.configuration)[service]
    return f"dns://{names.address}:{names.port}/{name}:{proxy.port}"


def endpoint_requests(stage: Stage) -> EndpointRequests:
    """Return the counter of the requests that the Envoys send to each task."""
    return EndpointRequests(lambda: {task.name: task.address for task in stage.envoys()})


def measure(stage: Stage, load: Load, seconds: float, requests: EndpointRequests | None = None) -> Window:
    """Wait while `load` calls for the time of one state; return the period in which calls count.

    Args:
        stage: The rehearsal.
        load: The running clients.
        seconds: The length of that period.
        requests: Counts the requests that Envoy sends in that period.

    """
    stage.wait_until(lambda: bool(load.calls()), "the first call")
    begin = time.time() + SETTLE_SECONDS
    window = Window(begin=begin, end=begin + seconds)
    while time.time() < window.end + 0.5:  # half a second more, so that the last calls can end
        stage.stop.wait(0.5)
        stage.check()
        if requests and not requests.begun and time.time() >= window.begin:
            requests.begin()
        calls = load.calls()
        failed = sum(call.status != "OK" for call in calls)
        left = max(0.0, window.end - time.time())
        stage.progress.status(f"{len(calls)} calls, {failed} failed, {left:.0f} s left")
    if requests:
        requests.end()
    return window


def service_results(
    stage: Stage, calls: Sequence[Call], window: Window, requests: EndpointRequests | None = None
) -> list[ServiceResult]:
    """Return the results of one state, for each service.

    Args:
        stage: The rehearsal.
        calls: The calls; they may include those of other states.
        window: The period in which calls count.
        requests: Envoy's own counts, for tasks that do not identify themselves.

    """
    samples = stage.system.sampler.samples()
    envoy_counts = requests.by_endpoint() if requests else None
    results: list[ServiceResult] = []
    for service in stage.services:
        tasks = {task.target: task.name for task in stage.system.agent.tasks(service)}
        cpu = {
            name: mean_percent(samples.get(name, []), window.begin, window.end) or 0.0
            for name in tasks.values()
        }
        by_task = {name: envoy_counts[target] for target, name in tasks.items()} if envoy_counts else None
        service_calls = [call for call in calls if call.service == service and call in window]
        results.append(service_result(service, service_calls, tasks, cpu, requests=by_task))
    return results


def proxy_use(stage: Stage, window: Window) -> list[ProxyUse]:
    """Return what each task of a proxy used in `window`, with an entry of its own for each sidecar."""
    samples = stage.system.sampler.samples()
    names = [task.name for task in stage.envoys()]
    return [
        ProxyUse(
            task=name,
            cpu_percent=mean_percent(samples[name], window.begin, window.end) or 0.0,
            memory_mib=peak_memory_mib(samples[name]),
        )
        for task in names
        for name in (task, f"{task} discovery")
        if name in samples
    ]


def in_zone(stage: Stage, requests: EndpointRequests) -> dict[str, float]:
    """Return for each service which share of its `requests` stayed in the zone of their Envoy."""
    shares: dict[str, float] = {}
    envoys = stage.envoys()
    for service in stage.services:
        tasks = stage.system.agent.tasks(service)
        stayed = total = 0
        for envoy in envoys:
            counts = requests.by_endpoint(envoy.name)
            total += sum(counts[task.target] for task in tasks)
            stayed += sum(counts[task.target] for task in tasks if task.zone == envoy.zone)
        shares[service] = stayed / total if total else 0.0
    return shares
