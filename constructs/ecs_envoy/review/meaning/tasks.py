"""How many tasks a service has, how large they are, and how proxies find them."""

from collections.abc import Iterator

from ecs_envoy.review.assembly.references import reference
from ecs_envoy.review.care.connections import new_connections
from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.access_rights import rights
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.upstreams import CLOUD_MAP, DNS, SIDECAR, connections, upstreams
from ecs_envoy.review.meaning.causes import Cause

_DELAYS = {
    DNS: "the proxy learns of new and gone tasks within some 70 s, since Route 53 shows a change within 60 s",
    CLOUD_MAP: "the proxy learns of new and gone tasks within 2 s",
}
"""Measured: see docs/discovery.md."""


def task_causes(sides: Sides) -> Iterator[Cause]:
    """Yield each service whose number or size of tasks, or discovery, differs."""
    told = False
    switched = _switched(sides)
    for before, after in sides.services:
        changes = list(_number(before, after))
        consequences: list[str] = []
        keys = [f"services.{after.name}.tasks"] if changes else []
        if after.name in switched:
            old, new = switched.pop(after.name)
            keys += [f"services.{after.name}.discovery", f"services.{after.name}.tasks"]
            how = f"the proxy finds its tasks by {new} instead of {old}"
            if changes:
                consequences.append(how)
            else:
                changes.append(how)
            consequences += _of_discovery(before, after, new)
            if not told:
                consequences += _of_sidecar(sides)
                told = True
        if not after.is_proxy and (size := _size(before, after)):
            changes.append(size)
            consequences.append("its tasks are started anew, since a task cannot be resized")
            keys += [f"services.{after.name}.cpu", f"services.{after.name}.memory"]
        if after.min_tasks == after.max_tasks != before.max_tasks != before.min_tasks:
            consequences.append("it no longer scales by itself")
        elif before.min_tasks == before.max_tasks and after.min_tasks != after.max_tasks:
            consequences.append("it scales by itself between these numbers")
        if changes:
            text = f"{called(after)}: {', '.join(changes)}"
            if after.is_proxy:
                keys = ["proxy.tasks"]
            if after.name == "Api":
                keys = ["api.tasks", "api.cpu", "api.memory"]
            yield Cause(text=text, consequences=tuple(consequences), keys=tuple(keys))
    for name, (old, new) in switched.items():  # services that no stack of the app has
        more = () if told else tuple(_of_sidecar(sides))
        told = True
        yield Cause(
            text=f"{code(name)}: the proxy finds its tasks by {new} instead of {old}",
            consequences=((_DELAYS[new],) if new in _DELAYS else ()) + more,
            keys=(f"services.{name}.discovery", f"existing_services.{name}"),
        )


def _number(before: EcsService, after: EcsService) -> Iterator[str]:
    if (before.min_tasks, before.max_tasks) != (after.min_tasks, after.max_tasks):
        yield f"tasks {_range(before)} → {_range(after)}"


def _range(service: EcsService) -> str:
    if service.min_tasks == service.max_tasks:
        return str(service.min_tasks)
    return f"{service.min_tasks} to {service.max_tasks}"


def _size(before: EcsService, after: EcsService) -> str:
    found: list[str] = []
    if before.cpu != after.cpu:
        found.append(f"CPU {before.cpu} → {after.cpu} units")
    if before.memory != after.memory:
        found.append(f"memory {before.memory} → {after.memory} MiB")
    if before.architecture != after.architecture:
        found.append(f"processor {code(before.architecture)} → {code(after.architecture)}")
    return ", ".join(found)


def _switched(sides: Sides) -> dict[str, tuple[str, str]]:
    """Return how each service was found, and how it is, where that differs; by its name."""
    return {
        name: (was.found_by, now.found_by)
        for before, after in sides.services
        for name, now in upstreams(after).items()
        if (was := upstreams(before).get(name)) is not None and was.found_by != now.found_by
    }


def _of_discovery(before: EcsService, after: EcsService, new: str) -> Iterator[str]:
    if new in _DELAYS:
        yield _DELAYS[new]
    old_wait, new_wait = (
        container.definition.get("StopTimeout") if (container := service.containers.get("pre-stop")) else None
        for service in (before, after)
    )
    if old_wait is not None and new_wait is not None and old_wait != new_wait:
        yield (
            f"a task of {called(after)} that is told to stop waits at most {new_wait} s instead of "
            f"{old_wait} s for the proxy to stop calling it"
        )


def _of_sidecar(sides: Sides) -> Iterator[str]:
    """Yield what a sidecar for the discovery brings, or takes away."""
    for before, after in sides.services:
        was, now = before.containers.get(SIDECAR), after.containers.get(SIDECAR)
        if not after.is_proxy or (was is None) == (now is None):
            continue
        if now is None:
            yield f"the tasks of {called(after)} no longer have the container {code(SIDECAR)}"
            continue
        yield (
            f"each task of {called(after)} gets the container {code(SIDECAR)}, which asks AWS for the tasks' "
            "addresses, and without which Envoy does not start"
        )
        if now.image.startswith("image "):
            yield "its image has to be built at deployment, so whoever deploys needs Docker"
        else:
            yield f"its image is {code(now.image)}"
        gained = sorted(_rights(sides.head, after) - _rights(sides.base, before))
        less, more = connections(after), connections(before)
        if less is not None and more is not None and less < more:
            yield f"it takes memory from Envoy: {less:,} connections of clients a task (was {more:,})"
        if gained:
            yield f"the proxy gets the rights {enumeration(list(map(code, gained)))}"
    for found in new_connections(sides):
        if " to each other " in found.text:
            yield found.text


def _rights(side: Side, service: EcsService) -> set[str]:
    role = reference(service.task.get("TaskRoleArn"))
    return {right.action for right in rights(side) if right.kind == "role" and right.holder == role}


def sidecar_is_explained(sides: Sides) -> bool:
    """Return whether a switch of the discovery explains that a sidecar comes or goes."""
    return bool(_switched(sides))
