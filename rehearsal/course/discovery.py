"""How the deployed proxy finds a service's tasks, read from what its containers were told."""

import json
from dataclasses import dataclass
from typing import Any

from discovery.pace import JITTER
from rehearsal.agent.ecs_api import TaskDefinition

CHECK_SECONDS = 1.0
"""Until Envoy asks a task again that did not listen yet: `unhealthy_interval`."""


@dataclass(frozen=True)
class ServiceDiscovery:
    """How one service is found.

    Attributes:
        lists_all: Whether every task is listed, however many there are.
        bound_seconds: The time from a task's registration to its first call, at the latest.

    """

    lists_all: bool
    bound_seconds: float


def service_discovery(proxy: TaskDefinition, service: str, *, ttl: float) -> ServiceDiscovery:
    """Return how `proxy` finds `service`; `ttl` is that of its DNS records in seconds."""
    command = proxy.container.command
    clusters = _clusters(command[command.index("--config-yaml") + 1])
    kind = next((c["cluster_type"] for c in clusters if c["name"] == service and "cluster_type" in c), None)
    if kind is not None:
        refresh = float(kind["typed_config"]["dns_refresh_rate"].removesuffix("s"))
        return ServiceDiscovery(lists_all=False, bound_seconds=ttl + refresh)
    sidecar = next(container for container in proxy.containers if container.name == "discovery")
    interval = json.loads(sidecar.command[0])["interval"]
    return ServiceDiscovery(lists_all=True, bound_seconds=interval * (1 + JITTER) + CHECK_SECONDS)


def _clusters(bootstrap: str) -> list[dict[str, Any]]:
    return json.loads(bootstrap)["static_resources"]["clusters"]
