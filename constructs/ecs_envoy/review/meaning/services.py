"""Services that are added, removed or renamed."""

from collections.abc import Iterator

from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.dialled import address, aliases
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.routing import (
    added_services,
    heirs,
    proto_services,
    removed_services,
    renamed_services,
    routed,
)
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.upstreams import upstreams
from ecs_envoy.review.meaning.causes import Cause


def service_causes(sides: Sides) -> Iterator[Cause]:
    """Yield each ECS service that comes, goes or has another name, and each upstream that no stack has."""
    removed, added = removed_services(sides), added_services(sides)
    for old, new in renamed_services(sides):
        removed.remove(old)
        added.remove(new)
        yield _renamed(sides, old, new)
    for service in added:
        yield _added(sides, service)
    for service in removed:
        yield _removed(sides, service)
    named = {service.name for side in (sides.base, sides.head) for service in side.services.values()}
    for before, after in sides.services:
        yield from _upstreams_alone(before, after, named)


def _keys(service: EcsService) -> tuple[str, ...]:
    if service.is_proxy:
        return (f"proxies.{service.name}", "proxy")
    return (f"services.{service.name}", "api") if service.name == "Api" else (f"services.{service.name}",)


def _added(sides: Sides, service: EcsService) -> Cause:
    consequences = [_size(service)]
    for proxy, found in routed(sides.head, service.name):
        protos = enumeration(list(map(code, sorted(found.proto_services))))
        calls = f"calls of {protos}" if protos else "calls"
        consequences.append(
            f"{called(proxy)} forwards {calls} to it, and finds its tasks by {found.found_by}"
        )
        names = [name for name in aliases(sides.head, proxy) if name.startswith(f"{service.name}.")]
        if names:
            consequences.append(f"clients may dial {enumeration(list(map(code, names)))} for it alone")
    if service.is_proxy and (dialled := address(sides.head, service)):
        consequences.append(f"clients dial {code(dialled)}")
    return Cause(text=f"{called(service)} is added", consequences=tuple(consequences), keys=_keys(service))


def _size(service: EcsService) -> str:
    number = (
        f"{service.min_tasks} to {service.max_tasks}"
        if service.max_tasks != service.min_tasks
        else str(service.min_tasks)
    )
    plural = "task" if service.max_tasks == 1 else "tasks"
    of = f" of {service.cpu} CPU units and {service.memory} MiB" if service.cpu else ""
    return f"it runs {number} {plural}{of}"


def _removed(sides: Sides, service: EcsService) -> Cause:
    consequences: list[str] = []
    if service.stack in sides.comparison.changes.stacks_removed:
        consequences.append("its tasks run on until somebody deletes its stack")
    for proxy, found in routed(sides.base, service.name):
        for proto in sorted(found.proto_services):
            now = heirs(sides, proxy, proto)
            then = f"go to {code(now[0])}" if now else "get the error UNIMPLEMENTED from the proxy"
            consequences.append(f"calls of {code(proto)} {then}")
    return Cause(text=f"{called(service)} is removed", consequences=tuple(consequences), keys=_keys(service))


def _renamed(sides: Sides, old: EcsService, new: EcsService) -> Cause:
    moves = old.name == new.name and old.stack != new.stack
    what = "it anew" if moves else f"{code(new.name)} and deletes {code(old.name)}"
    consequences = [f"AWS makes {what}: new tasks, logs, rights and names", _size(new)]
    if old.stack in sides.comparison.changes.stacks_removed:
        consequences.append("its old tasks run on until somebody deletes their stack")
    protos = sorted(proto_services(sides.head, new.name))
    for proxy, _ in routed(sides.head, new.name):
        calls = f"calls of {enumeration(list(map(code, protos)))}" if protos else "its calls"
        consequences.append(f"{called(proxy)} forwards {calls} to {code(new.name)}")
    now = (
        f"moves from the stack {code(old.stack)} to {code(new.stack)}"
        if moves
        else f"is now called {code(new.name)}: it has the same image and takes the same calls"
    )
    return Cause(
        text=f"{called(old)} {now}",
        consequences=tuple(consequences),
        keys=(*_keys(old), *_keys(new)),
    )


def _upstreams_alone(before: EcsService, after: EcsService, named: set[str]) -> Iterator[Cause]:
    """Yield what a proxy forwards to, or does no more, that something else deploys."""
    old, new = upstreams(before), upstreams(after)
    for name in sorted(old.keys() ^ new.keys()):
        if name in named:
            continue
        text = f"{called(after)} forwards to {code(name)}" if name in new else None
        yield Cause(
            text=text or f"{called(after)} no longer forwards to {code(name)}",
            consequences=(f"its tasks are found by {new[name].found_by}",) if name in new else (),
            keys=(f"existing_services.{name}", f"services.{name}"),
        )
