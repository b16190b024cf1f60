"""Rules between the keys of a configuration that say how tasks are found, and how they leave."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import cast

from pydantic import TypeAdapter, ValidationError

from ecs_envoy.configuration.document import KeyPath
from ecs_envoy.plan.discovery import Discovery, discovery_for, discovery_problem
from ecs_envoy.plan.discovery_settings import INTERVAL, SIDECAR_PORT
from ecs_envoy.plan.stop_order import pre_stop_wait_problem
from ecs_envoy.settings.values import PollInterval, PreStopWait

_WAIT: TypeAdapter[timedelta] = TypeAdapter(PreStopWait)
_POLLS: TypeAdapter[timedelta] = TypeAdapter(PollInterval)


def discovery_checks(
    proxy: Mapping[str, object], services: Mapping[str, object], existing: Mapping[str, object]
) -> Iterator[tuple[KeyPath, str]]:
    """Yield each broken rule of the plain blocks `proxy`, `services` and `existing_services`."""
    for path, block in _blocks(services, existing):
        most = _most_tasks(block) if path[0] == "services" else None
        known, named = _named(path, block, most)
        if not known:
            continue  # a mistake that is told already
        if most and (problem := discovery_problem(named, max_tasks=most)):
            yield (*path, "discovery"), problem
            continue
        yield from _service(path, block, discovery_for(named, max_tasks=most), _interval(proxy))
    if uses_cloud_map(services, existing) and proxy.get("port") == SIDECAR_PORT:
        yield ("proxy", "port"), f"{SIDECAR_PORT} is the port of the discovery sidecar; give another"


def uses_cloud_map(services: Mapping[str, object], existing: Mapping[str, object]) -> bool:
    """Return whether a sidecar has to ask Cloud Map for a service of the plain blocks."""
    for path, block in _blocks(services, existing):
        most = _most_tasks(block) if path[0] == "services" else None
        known, named = _named(path, block, most)
        wrong = most is not None and discovery_problem(named, max_tasks=most) is not None
        if known and not wrong and discovery_for(named, max_tasks=most) is Discovery.CLOUD_MAP:
            return True
    return False


def _blocks(
    services: Mapping[str, object], existing: Mapping[str, object]
) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    for section, blocks in (("services", services), ("existing_services", existing)):
        for name, value in blocks.items():
            if isinstance(value, dict):
                yield (section, name), cast("dict[str, object]", value)


def _named(
    path: tuple[str, str], block: dict[str, object], most: int | None
) -> tuple[bool, Discovery | None]:
    """Return whether the block's discovery can be told, and which it names."""
    wanted = block.get("discovery")
    if wanted not in (None, *Discovery) or (path[0] == "services" and most is None):
        return False, None
    return True, Discovery(str(wanted)) if wanted else None


def _service(
    path: KeyPath, block: dict[str, object], discovery: Discovery, interval: timedelta
) -> Iterator[tuple[KeyPath, str]]:
    if discovery is Discovery.DNS and block.get("zone_aware") is True:
        yield (
            (*path, "zone_aware"),
            "DNS tells no task's zone; remove it, or give discovery: cloud_map",
        )
    if "pre_stop_image" in block and "pre_stop_wait" not in block:
        yield (*path, "pre_stop_image"), "there is no wait to run it for; give pre_stop_wait too"
    try:
        wait = _WAIT.validate_python(block["pre_stop_wait"])
    except (KeyError, ValidationError):
        return  # none, or a mistake that is told already
    if problem := pre_stop_wait_problem(wait, discovery, interval=interval):
        yield (*path, "pre_stop_wait"), problem


def _interval(proxy: Mapping[str, object]) -> timedelta:
    """Return how often the sidecar asks, the default where that is no interval."""
    block = proxy.get("discovery")
    try:
        return _POLLS.validate_python(cast("dict[str, object]", block)["interval"])
    except (KeyError, TypeError, ValidationError):
        return INTERVAL


def _most_tasks(block: Mapping[str, object]) -> int | None:
    """Return the most tasks of a service, 2 where it says nothing; None where it says no number."""
    tasks = block.get("tasks", 2)
    most = cast("dict[str, object]", tasks).get("max") if isinstance(tasks, dict) else tasks
    return most if isinstance(most, int) and not isinstance(most, bool) else None
