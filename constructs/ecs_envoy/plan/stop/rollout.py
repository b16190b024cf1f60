"""The time-line of a deployment: when ECS replaces tasks of a proxy or a service, what happens to calls."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ecs_envoy.plan.service_plan import ServicePlan
from ecs_envoy.plan.stop.names_in_words import in_words
from ecs_envoy.plan.stop.proxy_stop import MIN_HEALTHY_PERCENT, ProxyStop, max_healthy_percent
from envoy_config.values import duration_text


def proxy_rollout(stop: ProxyStop, tasks: int) -> Iterator[str]:
    """Yield the lines of the time-line of a deployment of the proxy's `tasks`."""
    most = max_healthy_percent(tasks)
    at_once = max(1, tasks * (most - MIN_HEALTHY_PERCENT) // 100)
    yield (
        f"A deployment of the proxy replaces its tasks {at_once} at a time ({tasks} of them, "
        f"{MIN_HEALTHY_PERCENT} to {most} %). A new task is registered and healthy before an old one leaves:"
    )
    for step in stop.steps():
        yield f"  {duration_text(step.at):>5}  {step.what}"


def services_rollout(services: Iterable[ServicePlan]) -> Iterator[str]:
    """Yield how a task of each of `services` stops: a line for those that stop alike."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for service in services:
        alike[_stop(service)].append(service.name)
    for stop, names in alike.items():
        yield f"{in_words(names)}: an old task {stop}"


def _stop(service: ServicePlan) -> str:
    kill = duration_text(service.stop.stop_timeout)
    if service.pre_stop_wait:
        wait = duration_text(service.pre_stop_wait)
        return f"serves on for {wait}; then its server gets SIGTERM, and after {kill} SIGKILL"
    return f"gets SIGTERM at once, and after {kill} SIGKILL; its server has to serve on by itself"
