"""Containers of tasks: images, variables, secrets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.ecs import Container, EcsService
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.upstreams import SIDECAR
from ecs_envoy.review.meaning.causes import Cause
from ecs_envoy.review.meaning.proxies import ENVOY
from ecs_envoy.review.meaning.tasks import sidecar_is_explained

_LONGEST = 100
_ASSETS = ("image ", "file ")
_TELEMETRY = tuple(f"telemetry.{name}" for name in ("cloudwatch", "prometheus", "tracing", "datadog"))


def container_causes(sides: Sides) -> Iterator[Cause]:
    """Yield what differs in the containers of the services that are on both sides; once what is alike."""
    alike: dict[tuple[str, tuple[str, ...]], list[_Found]] = {}
    for found in _found(sides):
        alike.setdefault((found.what, found.consequences), []).append(found)
    for (what, consequences), group in alike.items():
        who = [found.who for found in group]
        who = [*who[:4], f"{len(who) - 4} more"] if len(who) > 5 else who
        yield Cause(
            text=f"{enumeration(who)}: {what}",
            consequences=consequences,
            keys=tuple(dict.fromkeys(key for found in group for key in found.keys)),
        )


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What differs in a container of a service, in a form in which two may be alike."""

    who: str
    what: str
    consequences: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def _found(sides: Sides) -> Iterator[_Found]:
    for before, after in sides.services:
        for name in dict.fromkeys([*before.containers, *after.containers]):
            old, new = before.containers.get(name), after.containers.get(name)
            if old is None or new is None:
                if name != SIDECAR or not sidecar_is_explained(sides):
                    yield from _comes_or_goes(after, name, old, new)
                continue
            if not _follows_envoy(before, after, old, new):
                yield from _image(after, old, new)
            yield from _variables(after, old, new)
            yield from _secrets(after, old, new)


def _follows_envoy(before: EcsService, after: EcsService, old: Container, new: Container) -> bool:
    """Return whether a container has Envoy's image, which is said once, of Envoy."""
    was, now = before.containers.get(ENVOY), after.containers.get(ENVOY)
    return was is not None and now is not None and (was.image, now.image) == (old.image, new.image)


def key(service: EcsService) -> str:
    """Return the key of a service in the configuration."""
    if service.is_proxy:
        return "proxy"
    return "api" if service.name == "Api" else f"services.{service.name}"


def _container(service: EcsService, container: Container) -> str:
    return f"container {code(container.name)} of {called(service)}"


def _image(service: EcsService, old: Container, new: Container) -> Iterator[_Found]:
    if old.image == new.image:
        return
    if new.image.endswith(", rebuilt"):
        yield _Found(
            who=_container(service, new),
            what="the image is rebuilt, since its source differs "
            f"({code(new.image.removesuffix(', rebuilt'))})",
            consequences=("whoever deploys needs Docker, and a new image is pushed",),
        )
        return
    built = new.image.startswith(_ASSETS) and not old.image.startswith(_ASSETS)
    # What is the same on both sides before the last part is the repository.
    repository = old.image.rpartition(":")[0]
    same = repository and repository == new.image.rpartition(":")[0]
    values = (
        f"{code(old.image.rpartition(':')[2])} → {code(new.image.rpartition(':')[2])} of {code(repository)}"
        if same
        else f"{code(old.image)} → {code(new.image)}"
    )
    yield _Found(
        who=_container(service, new),
        what=f"another image: {values}",
        consequences=("it is built at deployment, so whoever deploys needs Docker",) if built else (),
        keys=(f"{key(service)}.image",),
    )


def _comes_or_goes(
    service: EcsService, name: str, old: Container | None, new: Container | None
) -> Iterator[_Found]:
    if new is not None:
        ends = "the task ends with it" if new.essential else "the task goes on without it"
        yield _Found(
            who=called(service),
            what=f"the tasks get the container {code(name)} ({code(new.image)})",
            keys=_TELEMETRY if service.is_proxy else (f"{key(service)}.sidecars",),
            consequences=(f"it runs beside the others and takes a part of the task's memory; {ends}",),
        )
    elif old is not None:
        yield _Found(
            who=called(service),
            what=f"the tasks lose the container {code(name)} ({code(old.image)})",
            keys=_TELEMETRY if service.is_proxy else (f"{key(service)}.sidecars",),
        )


def _variables(service: EcsService, old: Container, new: Container) -> Iterator[_Found]:
    found = list(_differences(old.environment, new.environment))
    if found:
        yield _Found(
            who=_container(service, new),
            what=f"environment: {', '.join(found)}",
            keys=(f"{key(service)}.environment",),
        )


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    # Documents in variables are compared where documents are.
    names = [
        name
        for name in sorted(old.keys() | new.keys())
        if max(len(old.get(name, "")), len(new.get(name, ""))) <= 4 * _LONGEST
    ]
    come = [name for name in names if name not in old]
    if len(come) > 1:
        yield f"{enumeration(list(map(code, come)))} are new"
    elif come:
        yield f"{code(come[0])} is new: {_short(new[come[0]])}"
    for name in names:
        if name in old and name not in new:
            yield f"{code(name)} is gone"
        elif name in old and old[name] != new[name]:
            yield f"{code(name)}: {_short(old[name])} → {_short(new[name])}"


def _short(value: str) -> str:
    return code(value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…")


def _secrets(service: EcsService, old: Container, new: Container) -> Iterator[_Found]:
    changed = sorted(
        name for name in old.secrets.keys() & new.secrets if old.secrets[name] != new.secrets[name]
    )
    come, go = sorted(new.secrets.keys() - old.secrets), sorted(old.secrets.keys() - new.secrets)
    parts = [
        f"{enumeration(list(map(code, names)))} {what}"
        for names, what in ((come, "is new"), (changed, "has another source"), (go, "is gone"))
        if names
    ]
    if parts:
        missing = (
            (f"a task does not start unless {enumeration(list(map(code, come or changed)))} can be read",)
            if come or changed
            else ()
        )
        yield _Found(
            who=_container(service, new),
            what=f"secrets: {', '.join(parts)}",
            consequences=missing,
            keys=(f"{key(service)}.secrets",),
        )
