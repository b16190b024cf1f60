"""Adds what changes only because it refers to something that is new: the CDK's library leaves it out.

Of an ECS service whose task definition has a new revision the template does not change, and yet it gets new
tasks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecs_envoy.review.assembly.combined import path_of
from ecs_envoy.review.assembly.reading import Stack, Template
from ecs_envoy.review.assembly.references import references
from ecs_envoy.review.resources.changes import Kind, PropertyChange, ResourceChange

_NEW_KINDS = {Kind.REPLACED, Kind.REVISED, Kind.RENAMED}


def with_dependents(
    changes: Sequence[ResourceChange], head: Template, stacks: Mapping[str, Stack]
) -> list[ResourceChange]:
    """Return `changes` with those of the resources in `head` that refer to a replaced one.

    Args:
        changes: What differs by itself.
        head: The combined template after the change.
        stacks: Its stacks, for the constructs' paths.

    """
    new_ones = {change.new_id for change in changes if change.kind in _NEW_KINDS}
    by_id = {change.new_id: change for change in changes}
    for resource_id, definition in head["Resources"].items():
        known = by_id.get(resource_id)
        if known and (known.old is None or known.new is None):
            continue
        differing = {change.name for change in known.properties} if known else set[str]()
        found = [
            PropertyChange(name=name, old=value, new=value)
            for name, value in definition.get("Properties", {}).items()
            if name not in differing and new_ones & set(references(value))
        ]
        if found:
            change = known or _unchanged(resource_id, definition, stacks)
            by_id[resource_id] = replace(change, properties=(*change.properties, *found))
    return list(by_id.values())


def _unchanged(
    resource_id: str, definition: Mapping[str, Any], stacks: Mapping[str, Stack]
) -> ResourceChange:
    return ResourceChange(
        id=resource_id,
        new_id=resource_id,
        type=definition["Type"],
        path=path_of(resource_id, stacks),
        kind=Kind.CHANGED,
        old=definition,
        new=definition,
    )
