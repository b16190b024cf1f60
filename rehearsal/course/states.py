"""The two states that are compared: the same calls through an L4 proxy, and through Envoy."""

import os
import sys
import time
from collections.abc import Sequence

from rehearsal.course import configured
from rehearsal.course.outcome import ProxyUse, ServiceResult, service_result
from rehearsal.course.stage import SETTLE_SECONDS, Stage, Window
from rehearsal.load.calls import STREAM, UNARY, Call, Target
from rehearsal.load.endpoint_requests import EndpointRequests
from rehearsal.load.load_process import Load
from rehearsal.monitoring.cpu import mean_percent, peak_memory_mib

CALLS_PER_TASK = 20.0
"""Calls a second for each task: with the default 5 ms of work, a tenth of a CPU."""

MOST_CALLS = 240.0
"""Calls a second over all tasks: each costs client, proxy and server a millisecond or so besides."""

SHARE_OF_THE_MACHINE = 0.5
"""Of its CPUs, for the tasks' work at most: clients, Envoy and the emulator need the rest."""


def calls_per_task(tasks: int, work_seconds: float, cpus: int) -> float:
    """Return the calls a second for each of `tasks` that leave a machine with `cpus` room to measure."""
    most = min(CALLS_PER_TASK, MOST_CALLS / tasks)
    if not work_seconds:
        return most
    return max(1.0, min(most, SHARE_OF_THE_MACHINE * cpus / (tasks * work_seconds)))


def targets(stage: Stage, dialled: dict[str, str]) -> list[Target]:
    """Return what the load calls, by what it dials for each service."""
    own_methods = configured.methods(stage.configuration)
    tasks = {service: len(stage.system.agent.tasks(service)) for service in stage.services}
    work_seconds = stage.configuration.rehearsal.work.total_seconds()
    rate = calls_per_task(sum(tasks.values()), work_seconds, os.cpu_count() or 1)
    return [
        Target(
            service=service,
            target=dialled[service],
            methods=own_methods.get(service) or tuple(f"{name}/{UNARY}" for name in proto_services),
            streams=() if own_methods.get(service) else tuple(f"{name}/{STREAM}" for name in proto_services),
            rate=rate * tasks[service],
        )
        for service, proto_services in configured.proto_services(stage.configuration).items()
    ]


def start_l4_proxies(stage: Stage) -> dict[str, str]:
    """Start a TCP proxy in front of each service, in the place of a Classic Load Balancer; return where."""
    dialled: dict[str, str] = {}
    for service in stage.services:
        tasks = stage.system.agent.tasks(service)
        address, port = stage.system.addresses.next(), tasks[0].definition.container.port
        command = [sys.executable, "-m", "rehearsal.load.l4_proxy", address, str(port)]
        process = stage.system.processes.start(f"{service}-l4", [*command, *(task.target for task in tasks)])
        process.wait_for_port(address, port)
        dialled[service] = f"{address}:{port}"
    return dialled


def endpoint_requests(stage: Stage) -> EndpointRequests:
    """Return a count of what the Envoys of the proxy send to each task."""
    proxy = stage.configuration.proxy.name
    return EndpointRequests(lambda: {task.name: task.address for task in stage.system.agent.tasks(proxy)})


def watch(stage: Stage, load: Load, seconds: float, requests: EndpointRequests | None = None) -> Window:
    """Let `load` go on for the time of one state, and let `requests` count it; return what of it counts."""
    stage.wait_until(lambda: bool(load.calls()), "the first call", seconds=30)
    begin = time.time() + SETTLE_SECONDS
    window = Window(begin=begin, end=begin + seconds)
    while time.time() < window.end + 0.5:  # half a second for the calls that began last
        stage.stop.wait(0.5)
        stage.check()
        if requests and not requests.begun and time.time() >= window.begin:
            requests.begin()
        calls = load.calls()
        failed = sum(call.status != "OK" for call in calls)
        left = max(0.0, window.end - time.time())
        stage.progress.now(f"{len(calls)} calls, {failed} failed, {left:.0f} s left")
    if requests:
        requests.end()
    return window


def results(
    stage: Stage, calls: Sequence[Call], window: Window, requests: EndpointRequests | None = None
) -> list[ServiceResult]:
    """Return what came of the `calls` of one state.

    Args:
        stage: The rehearsal.
        calls: The calls, other states' included.
        window: What of them counts.
        requests: Envoy's own count, for tasks that do not name themselves.

    """
    samples = stage.system.sampler.samples()
    counted = requests.by_endpoint() if requests else None
    found: list[ServiceResult] = []
    for service in stage.services:
        tasks = {task.target: task.name for task in stage.system.agent.tasks(service)}
        cpu = {
            name: mean_percent(samples.get(name, []), window.begin, window.end) or 0.0
            for name in tasks.values()
        }
        by_task = {name: counted[target] for target, name in tasks.items()} if counted else None
        own = [call for call in calls if call.service == service and call in window]
        found.append(service_result(service, own, tasks, cpu, requests=by_task))
    return found


def proxy_use(stage: Stage, window: Window) -> list[ProxyUse]:
    """Return what each task of the proxy used in `window`, a sidecar apart from its Envoy."""
    samples = stage.system.sampler.samples()
    names = [task.name for task in stage.system.agent.tasks(stage.configuration.proxy.name)]
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
    """Return the share of each service's `requests` that stayed in the zone of their Envoy."""
    shares: dict[str, float] = {}
    envoys = stage.system.agent.tasks(stage.configuration.proxy.name)
    for service in stage.services:
        tasks = stage.system.agent.tasks(service)
        stayed = total = 0
        for envoy in envoys:
            counts = requests.by_endpoint(envoy.name)
            total += sum(counts[task.target] for task in tasks)
            stayed += sum(counts[task.target] for task in tasks if task.zone == envoy.zone)
        shares[service] = stayed / total if total else 0.0
    return shares
