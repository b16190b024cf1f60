"""Proxies that have another size, name or Envoy."""

from collections.abc import Iterator
from itertools import pairwise

from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.dialled import address, aliases, uses_tls
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.upstreams import connections, heap
from ecs_envoy.review.meaning.causes import Cause

ENVOY = "envoy"
"""The name of the container that runs Envoy."""


def proxy_causes(sides: Sides) -> Iterator[Cause]:
    """Yield what differs in each proxy that is on both sides."""
    for before, after in sides.services:
        if not after.is_proxy:
            continue
        if before.name != after.name:
            yield _renamed(sides, before, after)
        if (before.cpu, before.memory) != (after.cpu, after.memory):
            yield _resized(before, after)
        yield from _envoy(before, after)
        if uses_tls(before) != uses_tls(after):
            wants = "wants TLS from" if uses_tls(after) else "no longer wants TLS from"
            yield Cause(text=f"{called(after)} {wants} its clients", keys=_keys(after, "tls"))


def _keys(proxy: EcsService, *names: str) -> tuple[str, ...]:
    return tuple(key for name in names for key in (f"proxy.{name}", f"proxies.{proxy.name}.{name}"))


def _renamed(sides: Sides, before: EcsService, after: EcsService) -> Cause:
    old, new = address(sides.base, before), address(sides.head, after)
    consequences: list[str] = []
    if old and new and old != new:
        consequences.append(f"clients dial {code(new)} instead of {code(old)}")
    gone, come = aliases(sides.base, before), aliases(sides.head, after)
    if gone != come and come:
        consequences.append(
            f"for one service alone they dial {enumeration(list(map(code, come)))} instead of "
            f"{enumeration(list(map(code, gone)))}"
        )
    consequences.append(
        "its metrics, alarms and log queries have other names: their past stays under the old"
    )
    return Cause(
        text=f"the proxy {code(before.name)} is now called {code(after.name)}",
        consequences=tuple(consequences),
        keys=("proxy.name",),
    )


def _resized(before: EcsService, after: EcsService) -> Cause:
    consequences: list[str] = []
    for text, old, new in (
        ("each task takes {} connections of clients", connections(before), connections(after)),
        ("Envoy may use {} MiB in each task before it refuses calls", heap(before), heap(after)),
        ("Envoy has {} threads", _threads(before), _threads(after)),
    ):
        if old is not None and new is not None and old != new:
            consequences.append(f"{text.format(f'{new:,}')} (was {old:,})")
    changes = [
        f"{name} {old} → {new} {unit}"
        for name, old, new, unit in (
            ("CPU", before.cpu, after.cpu, "units"),
            ("memory", before.memory, after.memory, "MiB"),
        )
        if old != new
    ]
    return Cause(
        text=f"each task of {called(after)}: {', '.join(changes)}",
        consequences=tuple(consequences),
        keys=_keys(after, "cpu", "memory"),
    )


def _threads(proxy: EcsService) -> int | None:
    command = proxy.containers[ENVOY].command if ENVOY in proxy.containers else ()
    for option, value in pairwise(command):
        if option == "--concurrency" and value.isdecimal():
            return int(value)
    return None


def _envoy(before: EcsService, after: EcsService) -> Iterator[Cause]:
    old, new = before.containers.get(ENVOY), after.containers.get(ENVOY)
    if old is None or new is None or old.image == new.image:
        return
    yield Cause(
        text=f"{called(after)} runs another Envoy: {code(old.image)} → {code(new.image)}",
        consequences=(
            "Envoy's behaviour may differ between versions: its release notes say how",
            "the image has to be where the tasks can pull it",
        ),
        keys=_keys(after, "image"),
    )
