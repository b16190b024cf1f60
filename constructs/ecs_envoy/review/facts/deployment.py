"""How a deployment runs: the order of stacks, and how long tasks take to end."""

from collections.abc import Mapping
from math import ceil, floor

from ecs_envoy.review.assembly.reading import Stack
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.values import block, entries

_STOP_TIMEOUT = 30  # of a container on Fargate (Amazon ECS API Reference, ContainerDefinition)


def in_order(stacks: Mapping[str, Stack]) -> list[str]:
    """Return the stacks' names in the order in which `cdk deploy --all` deploys them."""
    ordered: list[str] = []

    def add(name: str) -> None:
        if name in ordered or name not in stacks:
            return
        for other in sorted(stacks[name].depends_on):
            add(other)
        ordered.append(name)

    for name in stacks:
        add(name)
    return ordered


def longest_stop(service: EcsService) -> int:
    """Return the seconds that a task takes to end at most: ECS stops containers before those they need."""

    def stop(name: str, seen: frozenset[str] = frozenset()) -> int:
        container = service.containers.get(name)
        if container is None or name in seen:
            return 0
        own = container.definition.get("StopTimeout", _STOP_TIMEOUT)
        needed = [str(entry.get("ContainerName")) for entry in entries(container.definition, "DependsOn")]
        rest = max((stop(other, seen | {name}) for other in needed), default=0)
        return (own if isinstance(own, int) else _STOP_TIMEOUT) + rest

    return max(map(stop, service.containers), default=0)


def steps(service: EcsService) -> int:
    """Return in how many steps ECS replaces the least number of tasks, each as large as it may be."""
    most, least = _percent(service, "MaximumPercent", 200), _percent(service, "MinimumHealthyPercent", 100)
    tasks = service.min_tasks
    more = floor(tasks * most / 100) - tasks
    fewer = tasks - ceil(tasks * least / 100)
    return ceil(tasks / max(1, more + fewer))


def starts_first(service: EcsService) -> bool:
    """Return whether a roll starts new tasks before it stops old ones."""
    return _percent(service, "MinimumHealthyPercent", 100) >= 100


def _percent(service: EcsService, name: str, default: int) -> int:
    # The defaults are those of a REPLICA service (Amazon ECS API Reference, DeploymentConfiguration).
    value = block(service.definition, "Properties", "DeploymentConfiguration").get(name, default)
    return value if isinstance(value, int) else default
