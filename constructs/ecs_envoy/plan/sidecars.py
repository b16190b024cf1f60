"""The sidecars in the proxy's task: which of them run, their memory, their ports."""

from collections.abc import Collection, Iterator, Sequence
from typing import Literal, get_args

from ecs_envoy.plan.collector_settings import HEALTH_PORT
from ecs_envoy.plan.discovery import SIDECAR_PORT
from ecs_envoy.plan.proxy_telemetry import ProxyTelemetry
from envoy_config.model import ADMIN_PORT, XDS_PORT
from envoy_config.settings_error import Finding
from envoy_config.telemetry import METRICS_PORT, OTLP_PORT

Sidecar = Literal["discovery", "collector", "datadog-agent", "datadog-log-router", "drain"]

MEMORY_MIB: dict[Sidecar, int] = {
    "discovery": 96,  # with 200 services it uses 62 (bench/discovery.md)
    "collector": 128,  # its memory limiter drops data at 100; a soft limit
    "datadog-agent": 256,  # as in the example of "Amazon ECS on AWS Fargate" in Datadog's documentation
    "datadog-log-router": 64,  # the examples of "Using AWS for Fluent Bit" have a soft limit of 50, as here
    "drain": 16,  # a bash that sleeps, and at the end a few short processes of it (7 MiB)
}

HARD_LIMIT_MIB: dict[Sidecar, int] = {"collector": 256, "datadog-log-router": 128}
"""
The hard limits of sidecars with a soft limit: a burst does not kill them, and a leak does not kill Envoy.
"""

CPU_UNITS: dict[Sidecar, int] = {
    "discovery": 16,  # with 200 services it uses 10 to 20 (bench/discovery.md: 1 to 2 % of a CPU)
    "collector": 32,
    "datadog-agent": 32,
    "datadog-log-router": 16,
    "drain": 4,  # ECS counts 2 and less as no weight
}
"""
The CPU that each sidecar is sure of, and its weight where CPU is short. Without weights all containers of a
task weigh alike (API reference: ContainerDefinition, cpu), so a busy sidecar would take as much as Envoy.
"""

ENVOY_MIN_MIB = 128
"""
With ten services of ten methods and 200 tasks Envoy uses about 70 MiB (`bench/proxy_cost.md`), and its
overload manager allows the heap 80 % of the container's memory.
"""

AGENT_PORTS = {5000: "Datadog's agent", 5001: "Datadog's agent", 8126: "Datadog's trace agent"}
"""The TCP ports of Datadog's agent on loopback ("Network traffic" in its documentation: open ports)."""


def sidecars(telemetry: ProxyTelemetry, *, discovery: bool) -> tuple[Sidecar, ...]:
    """Return the sidecars that run; `discovery` says whether a service is discovered by Cloud Map's API."""
    enabled: dict[Sidecar, bool] = {
        "discovery": discovery,
        "collector": telemetry.needs_collector,
        "datadog-agent": telemetry.datadog,
        "datadog-log-router": telemetry.datadog and telemetry.datadog_log,
        "drain": True,
    }
    return tuple(name for name in get_args(Sidecar) if enabled[name])


def envoy_memory_mib(task_memory_mib: int, sidecars: Collection[Sidecar]) -> int:
    """Return how much of the task's memory `sidecars` leave for Envoy."""
    return task_memory_mib - sum(MEMORY_MIB[name] for name in sidecars)


def main_container_cpu(task_cpu: int, sidecars: Collection[Sidecar]) -> int:
    """Return the CPU units that `sidecars` leave for the task's main container, as for its weight."""
    return task_cpu - sum(CPU_UNITS[name] for name in sidecars)


def memory_problem(task_memory_mib: int, sidecars: Collection[Sidecar]) -> str | None:
    """Return why Envoy has too little memory with `sidecars`, and what to give; None if it has enough."""
    left = envoy_memory_mib(task_memory_mib, sidecars)
    if left >= ENVOY_MIN_MIB:
        return None
    taken = ", ".join(f"{name} ({MEMORY_MIB[name]})" for name in MEMORY_MIB if name in sidecars)
    need = ENVOY_MIN_MIB + sum(MEMORY_MIB[name] for name in sidecars)
    size = next(size for size in (512, 1024, 2048) if size >= need)
    return (
        f"{task_memory_mib} MiB leave {max(left, 0)} for Envoy after {taken}, "
        f"and it needs {ENVOY_MIN_MIB}; give {size}"
    )


def port_problems(
    port: int, further_ports: Sequence[int], telemetry: ProxyTelemetry, sidecars: Collection[Sidecar]
) -> Iterator[Finding]:
    """Yield a finding for each of the proxy's ports on which something else in its task listens."""
    taken = {ADMIN_PORT: "Envoy's admin interface"}
    if telemetry.metrics:
        taken[METRICS_PORT] = "the proxy's metrics"
    if "discovery" in sidecars:
        taken[SIDECAR_PORT] = taken[XDS_PORT] = "the discovery sidecar"
    if "collector" in sidecars:
        taken[HEALTH_PORT] = "the collector's health check"
    if telemetry.tracing:
        taken[OTLP_PORT] = "the collector"
    if "datadog-agent" in sidecars:
        taken.update(AGENT_PORTS)
    if port in taken:
        yield ("port",), f"{port} is the port of {taken[port]}; give another port"
    taken.setdefault(port, "the proxy already")
    for index, further in enumerate(further_ports):
        if further in taken:
            yield ("further_ports", index), f"{further} is the port of {taken[further]}; give another port"
        taken.setdefault(further, "the proxy already")


def agent_port_problem(port: int) -> str | None:
    """Return why a server in a task with Datadog's agent cannot listen on `port`; None if it can."""
    return f"{port} is the port of {AGENT_PORTS[port]}; give another port" if port in AGENT_PORTS else None
