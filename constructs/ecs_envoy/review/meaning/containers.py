"""Containers of tasks: images, variables, secrets."""

from collections.abc import Iterator, Mapping

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
    """Yield what differs in the containers of each service that is on both sides."""
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


def _image(service: EcsService, old: Container, new: Container) -> Iterator[Cause]:
    if old.image == new.image:
        return
    if new.image.endswith(", rebuilt"):
        yield Cause(
            text=f"{called(service)}: the image of container {code(new.name)} is rebuilt, since its source "
            f"differs ({code(new.image.removesuffix(', rebuilt'))})",
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
    yield Cause(
        text=f"{called(service)}: the image of container {code(new.name)} is another one: {values}",
        consequences=("it is built at deployment, so whoever deploys needs Docker",) if built else (),
        keys=(f"{key(service)}.image",),
    )


def _comes_or_goes(
    service: EcsService, name: str, old: Container | None, new: Container | None
) -> Iterator[Cause]:
    if new is not None:
        ends = "the task ends with it" if new.essential else "the task goes on without it"
        yield Cause(
            text=f"the tasks of {called(service)} get the container {code(name)} ({code(new.image)})",
            keys=_TELEMETRY if service.is_proxy else (f"{key(service)}.sidecars",),
            consequences=(f"it runs beside the others and takes a part of the task's memory; {ends}",),
        )
    elif old is not None:
        yield Cause(
            text=f"the tasks of {called(service)} lose the container {code(name)} ({code(old.image)})",
            keys=_TELEMETRY if service.is_proxy else (f"{key(service)}.sidecars",),
        )


def _variables(service: EcsService, old: Container, new: Container) -> Iterator[Cause]:
    # Documents in variables are compared where documents are.
    found = list(_differences(old.environment, new.environment))
    if found:
        yield Cause(
            text=f"{called(service)}: environment of container {code(new.name)}: {', '.join(found)}",
            consequences=(),
            keys=(f"{key(service)}.environment",),
        )


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after or max(len(before or ""), len(after or "")) > 4 * _LONGEST:
            continue
        if before is None:
            yield f"{code(name)} is new: {_short(after)}"
        elif after is None:
            yield f"{code(name)} is gone"
        else:
            yield f"{code(name)}: {_short(before)} → {_short(after)}"


def _short(value: str | None) -> str:
    plain = value or ""
    return code(plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…")


def _secrets(service: EcsService, old: Container, new: Container) -> Iterator[Cause]:
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
        yield Cause(
            text=f"{called(service)}: secrets of container {code(new.name)}: {', '.join(parts)}",
            consequences=missing,
            keys=(f"{key(service)}.secrets",),
        )
