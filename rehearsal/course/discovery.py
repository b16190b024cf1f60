"""How the deployed proxy finds a service's tasks, read from the commands of its containers."""

import json
from dataclasses import dataclass
from typing import Any

from discovery.schedule.ticks import JITTER
from ecs_envoy.plan.packed_bootstrap import unpack
from rehearsal.agent.ecs_api import TaskDefinition
from rehearsal.agent.task_events import LATEST_SECONDS

CHECK_SECONDS = 1.0
"""Envoy repeats the health check of a task that did not listen yet after this time: `unhealthy_interval`."""


@dataclass(frozen=True)
class ServiceDiscovery:
    """How the proxy finds the tasks of one service.

    Attributes:
        lists_all: Whether it finds every task, however many there are.
        bound_seconds: The longest time from a task's registration to its first call.

    """

    lists_all: bool
    bound_seconds: float


def service_discovery(
    proxy: TaskDefinition, service: str, *, ttl: float, propagation: float
) -> ServiceDiscovery:
    """Return how `proxy` finds `service`.

    Args:
        proxy: The proxy's task definition.
        service: The service's name in the namespace.
        ttl: The TTL in seconds of its DNS records.
        propagation: How many seconds Route 53 may take to show a change of them.

    """
    command = proxy.container.command
    clusters = _clusters(unpack(command[command.index("--config-yaml") + 1]))
    dns = next((c["cluster_type"] for c in clusters if c["name"] == service and "cluster_type" in c), None)
    if dns is not None:
        refresh = float(dns["typed_config"]["dns_refresh_rate"].removesuffix("s"))
        return ServiceDiscovery(lists_all=False, bound_seconds=propagation + ttl + refresh)
    sidecar = next(container for container in proxy.containers if container.name == "discovery")
    settings = json.loads(sidecar.command[0])
    late = LATEST_SECONDS if settings.get("queue") else 0.0
    # Once an event is there, the sidecar asks at once, and then in each interval.
    bound = max(late, settings["interval"] * (1 + JITTER)) + CHECK_SECONDS
    return ServiceDiscovery(lists_all=True, bound_seconds=bound)


def _clusters(bootstrap: str) -> list[dict[str, Any]]:
    return json.loads(bootstrap)["static_resources"]["clusters"]
