"""What cuts calls: tasks that stop before others run, shorter times to end, other addresses to dial."""

import re
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.deployment import in_order
from ecs_envoy.review.facts.dialled import address, aliases, own_name, port, uses_tls
from ecs_envoy.review.facts.ecs import Container, EcsService
from ecs_envoy.review.facts.restarts import rolling_services
from ecs_envoy.review.facts.routing import heirs, removed_services, routed
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.upstreams import DNS, upstreams
from ecs_envoy.review.facts.values import block, entries
from ecs_envoy.review.resources.changes import Kind
from ecs_envoy.review.sections import Care, CareKind


def interruptions(sides: Sides) -> Iterator[Care]:
    """Yield what cuts calls."""
    for before, after in sides.services:
        if after.is_proxy:
            yield from _dialled(sides, before, after)
        yield from _shorter_stop(sides, before, after)
    yield from _calls_between_stacks(sides)
    yield from _shorter_deregistration(sides)
    replaced = {change.new_id for change in sides.changes if change.kind is not Kind.CHANGED}
    for service in rolling_services(sides.comparison):
        if service.id not in replaced:
            yield from _roll(service)


def _care(text: str, place: str) -> Care:
    return Care(kind=CareKind.INTERRUPTION, text=text, place=place)


def _dialled(sides: Sides, before: EcsService, after: EcsService) -> Iterator[Care]:
    old, new = address(sides.base, before), address(sides.head, after)
    if old and new and own_name(sides.base, before) == own_name(sides.head, after) and old != new:
        ports = f"port {port(after)} instead of {port(before)}"
        yield _care(
            f"clients of {code(own_name(sides.head, after) or after.name)} have to dial {ports}: "
            "calls to the old port fail as soon as the proxy has "
            f"rolled{_clients_here(sides, after, old, new)}",
            after.path,
        )
    elif old and old != new:
        others = aliases(sides.base, before)
        also = f" (and {enumeration(list(map(code, others[:4])))})" if others else ""
        then = f"have to dial {code(new)} from now on" if new else "have no name to dial any more"
        yield _care(
            f"clients that dial {code(old)}{also} {then}: calls to the old name fail once it is gone"
            f"{_clients_here(sides, after, old, new)}",
            after.path,
        )
    if uses_tls(before) != uses_tls(after):
        what = "use TLS" if uses_tls(after) else "stop using TLS"
        yield _care(
            f"clients of the proxy {code(after.name)} have to {what} at the moment it rolls: while "
            "old and new tasks run side by side, some calls of either kind fail",
            after.path,
        )


def _calls_between_stacks(sides: Sides) -> Iterator[Care]:
    """Yield calls that fail until a proxy that is deployed later knows who takes them now."""
    order = in_order(sides.head.assembly.stacks)
    for service in removed_services(sides):
        for proxy, found in routed(sides.base, service.name):
            now = {name for proto in found.proto_services for name in heirs(sides, proxy, proto)}
            if not now or service.stack not in order or proxy.stack not in order:
                continue
            if order.index(service.stack) < order.index(proxy.stack):
                protos = enumeration(list(map(code, sorted(found.proto_services))))
                yield _care(
                    f"calls of {protos} fail for minutes: {code(service.stack)} deletes "
                    f"{code(service.name)} before {code(proxy.stack)} tells {called(proxy)} of "
                    f"{enumeration(list(map(code, sorted(now))))}; add the new service in one "
                    "deployment, and remove the old one in the next",
                    service.path,
                )


def _clients_here(sides: Sides, proxy: EcsService, old: str, new: str | None) -> str:
    """Return which services of this app dial the new address, when, and which still dial the old one."""
    order = in_order(sides.head.assembly.stacks)
    clients = [service for service in sides.head.services.values() if not service.is_proxy]
    told = ""
    for client in clients:
        if new and _has_value(client, new):
            told += f"; {code(client.name)} of this app dials the new one"
            if order.index(client.stack) > order.index(proxy.stack):
                told += (
                    f", but only once {code(client.stack)} is deployed, which is after {code(proxy.stack)}: "
                    "until then its calls fail"
                )
        elif _has_value(client, old):
            told += f"; **{code(client.name)} of this app still dials the old one**"
    return f"{told}; clients elsewhere do not know the new one yet" if new else told


def _has_value(service: EcsService, value: str) -> bool:
    return any(value in item for c in service.containers.values() for item in c.environment.values())


def _roll(service: EcsService) -> Iterator[Care]:
    # For REPLICA services the default is 100 (Amazon ECS API Reference, DeploymentConfiguration).
    percent = _configuration(service).get("MinimumHealthyPercent", 100)
    if not isinstance(percent, int) or service.min_tasks < 1:
        return
    kept = ceil(service.min_tasks * percent / 100)
    who = called(service)
    if kept == 0 or percent == 0:
        yield _care(
            f"{who} rolls with {code('MinimumHealthyPercent')} {percent}: all of its tasks may "
            "stop before new ones run, and calls fail until they do",
            service.path,
        )
    elif service.min_tasks == 1 and service.max_tasks == 1:
        whose = "every client is connected to it" if service.is_proxy else "all of its calls are there"
        yield _care(
            f"{who} rolls and has one task only: {whose}, and calls that last longer than its time to "
            "stop are cut; if the new task fails, nothing takes over",
            service.path,
        )


def _configuration(service: EcsService) -> Mapping[str, Any]:
    return block(service.definition, "Properties", "DeploymentConfiguration")


_PRE_STOP, _DRAIN = "pre-stop", "DRAIN_SECONDS"
_WAIT = re.compile(r"sleep (\d+); exit 0")


def _shorter_stop(sides: Sides, before: EcsService, after: EcsService) -> Iterator[Care]:
    # It may be told to stop sooner where proxies learn sooner that it goes.
    sooner = any(
        found.found_by == DNS != now.found_by
        for old, new in sides.services
        for name, now in upstreams(new).items()
        if name == after.name and (found := upstreams(old).get(name)) is not None
    )
    for name, new in after.containers.items():
        old = before.containers.get(name)
        if old is None:
            continue
        for what, first, second in _times(old, new):
            if name == _PRE_STOP and sooner:
                continue
            if first is not None and second is not None and second < first:
                then = (
                    "a proxy may still call it when it has stopped"
                    if name == _PRE_STOP
                    else "calls that need longer are cut at each roll"
                )
                yield _care(
                    f"container {code(name)} of {called(after)} has {second} s instead of {first} "
                    f"s for {what}: {then}",
                    after.path,
                )


def _times(old: Container, new: Container) -> Iterator[tuple[str, int | None, int | None]]:
    if old.name == _PRE_STOP:
        yield "serving on after it is told to stop", _wait(old), _wait(new)
        return
    # Without a value Fargate waits 30 s (Amazon ECS API Reference, ContainerDefinition).
    if _DRAIN in new.environment:  # its time to end follows from it
        yield "open calls", _variable(old), _variable(new)
    else:
        yield "its end", _seconds(old), _seconds(new)


def _seconds(container: Container) -> int | None:
    value = container.definition.get("StopTimeout", 30)
    return value if isinstance(value, int) else None


def _variable(container: Container) -> int | None:
    value = container.environment.get(_DRAIN, "")
    return int(value) if value.isdecimal() else None


def _wait(container: Container) -> int | None:
    found = _WAIT.search(" ".join(container.command))
    return int(found[1]) if found else None


def _shorter_deregistration(sides: Sides) -> Iterator[Care]:
    for change in sides.changes:
        if change.type != "AWS::ElasticLoadBalancingV2::TargetGroup" or not change.old or not change.new:
            continue
        old, new = _delay(change.old), _delay(change.new)
        if old is not None and new is not None and new < old:
            yield _care(
                f"the load balancer waits {new} s instead of {old} s for open requests of a task that goes: "
                "longer ones are cut",
                change.path,
            )


def _delay(definition: Mapping[str, Any]) -> int | None:
    # 300 s is the default (Elastic Load Balancing API Reference, TargetGroupAttribute).
    for attribute in entries(definition, "Properties", "TargetGroupAttributes"):
        if attribute.get("Key") == "deregistration_delay.timeout_seconds":
            value = str(attribute.get("Value"))
            return int(value) if value.isdecimal() else None
    return 300
