"""Finds causes and their consequences in a comparison."""

from collections.abc import Iterator

from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.comparison import Comparison, Side
from ecs_envoy.review.facts.access_holders import called
from ecs_envoy.review.facts.dialled import address
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.meaning.causes import Cause
from ecs_envoy.review.meaning.containers import container_causes
from ecs_envoy.review.meaning.deployment import deployment
from ecs_envoy.review.meaning.environment import environment_causes
from ecs_envoy.review.meaning.keys import KeyChange, key_changes
from ecs_envoy.review.meaning.overrides import override_causes
from ecs_envoy.review.meaning.proxies import proxy_causes
from ecs_envoy.review.meaning.services import service_causes
from ecs_envoy.review.meaning.tasks import task_causes
from ecs_envoy.review.sections import Meaning


def meaning(comparison: Comparison) -> tuple[Meaning, ...]:
    """Return what is found, the most important first; the course of the deployment is last."""
    match comparison.base, comparison.head:
        case Side() as base, Side() as head:
            sides = Sides(comparison, base, head)
            keys = key_changes(comparison)
            causes = [*_causes(sides), *override_causes(keys)]
            return (*_with_keys(causes, keys), *deployment(sides))
        case None, Side() as head:
            return (_new(head),) if head.services else ()
        case _:
            return ()


def _causes(sides: Sides) -> Iterator[Cause]:
    yield from environment_causes(sides)
    yield from service_causes(sides)
    yield from task_causes(sides)
    yield from proxy_causes(sides)
    yield from container_causes(sides)


def _with_keys(causes: list[Cause], keys: list[KeyChange]) -> Iterator[Meaning]:
    """Yield the causes, each with the keys that say it, and then the keys that no rule explains."""
    left = list(keys)
    for cause in causes:
        own = [key for key in left if any(_is_below(key.key, above) for above in cause.keys)]
        left = [key for key in left if key not in own]
        said = f" ({enumeration([key.text for key in own])})" if own else ""
        yield Meaning(cause=cause.text + said, consequences=cause.consequences)
    for key in left:
        description = key.meaning.description if key.meaning else ""
        yield Meaning(cause=key.text, consequences=(f"this is: {description}",) if description else ())


def _is_below(key: str, above: str) -> bool:
    return key == above or key.startswith(f"{above}.")


def _new(head: Side) -> Meaning:
    services = sorted(head.services.values(), key=lambda service: (not service.is_proxy, service.name))
    dialled = [
        f"clients dial {code(found)}"
        for service in services
        if service.is_proxy and (found := address(head, service))
    ]
    return Meaning(
        cause=f"the environment is new: {enumeration([called(service) for service in services])}",
        consequences=tuple(dialled),
    )
