"""Compares every document inside the templates of a comparison."""

from collections.abc import Iterator, Mapping

from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.documents.envoy.comparing import bootstrap_difference
from ecs_envoy.review.documents.envoy.finding import bootstrap_of
from ecs_envoy.review.documents.other.finding import other_documents
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.sections import DocumentChange


def envoy_documents(comparison: Comparison) -> tuple[DocumentChange, ...]:
    """Return what differs in the bootstraps of the proxies."""
    return tuple(_bootstraps(comparison))


def documents(comparison: Comparison) -> tuple[DocumentChange, ...]:
    """Return what differs in other documents."""
    return tuple(other_documents(comparison))


def _bootstraps(comparison: Comparison) -> Iterator[DocumentChange]:
    if comparison.base is None or comparison.head is None:
        return
    for old, new in paired_proxies(comparison):
        before, after = bootstrap_of(old), bootstrap_of(new)
        if before is None or after is None or before == after:
            continue
        found = bootstrap_difference(before, after)
        if found.lines or found.diff:
            yield DocumentChange(title=code(new.name), lines=found.lines, diff=found.diff)


def paired_proxies(comparison: Comparison) -> list[tuple[EcsService, EcsService]]:
    """Return the proxies that are on both sides: the same resource, or else one of the same name.

    A sole proxy that is replaced by another one is its successor, whatever both are called.
    """
    if comparison.base is None or comparison.head is None:
        return []
    before, after = _proxies(comparison.base.services), _proxies(comparison.head.services)
    renamed = {change.new_id: change.id for change in comparison.changes.resources}
    pairs: list[tuple[EcsService, EcsService]] = []
    for resource_id, new in sorted(after.items(), key=lambda item: item[1].name):
        old_id = renamed.get(resource_id, resource_id)
        by_name = [s.id for s in before.values() if s.name == new.name and s.id not in after]
        found = next((name for name in (old_id, *by_name) if name in before), None)
        if found is None and len(before) == len(after) == 1:
            found = next(iter(before))
        if found is not None:
            pairs.append((before.pop(found), new))
    return pairs


def _proxies(services: Mapping[str, EcsService]) -> dict[str, EcsService]:
    return {name: service for name, service in services.items() if bootstrap_of(service)}
