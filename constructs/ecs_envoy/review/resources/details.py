"""What differs in a resource, in lines for a reader."""

import json
from collections.abc import Iterator, Mapping

from ecs_envoy.review.assembly.reading import Stack
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.facts.values import text
from ecs_envoy.review.resources.changes import Kind, PropertyChange, ResourceChange
from ecs_envoy.review.resources.leaves import Leaf, leaves

_LONGEST = 160
"""How many characters of a value are shown."""


def details(
    change: ResourceChange, before: Mapping[str, Stack], after: Mapping[str, Stack]
) -> tuple[str, ...]:
    """Return what differs in a resource that is on both sides, one line for each value."""
    if change.kind is Kind.RENAMED:
        return (f"logical id: {code(change.id)} → {code(change.new_id)}",)
    return tuple(line for found in change.properties for line in _lines(found, change, before, after))


def _lines(
    found: PropertyChange,
    change: ResourceChange,
    before: Mapping[str, Stack],
    after: Mapping[str, Stack],
) -> Iterator[str]:
    if found.old == found.new:
        yield f"{code(found.name)}: {code(text(found.new, after))} is a new one"
        return
    because = ", which replaces the resource" if found.replaces and change.kind is not Kind.REVISED else ""
    for leaf in leaves(found.name, found.old, found.new):
        yield leaf_line(leaf, before, after) + because


def leaf_line(leaf: Leaf, before: Mapping[str, Stack], after: Mapping[str, Stack]) -> str:
    """Return one value before and after."""
    old, new = text(leaf.old, before), text(leaf.new, after)
    if _is_document(old) or _is_document(new):
        return f"{code(leaf.path)}: the document differs"
    if leaf.old is None:
        return f"{code(leaf.path)}: {_short(new)} is new"
    if leaf.new is None:
        return f"{code(leaf.path)}: {_short(old)} is gone"
    return f"{code(leaf.path)}: {_short(old)} → {_short(new)}"


def _is_document(value: str) -> bool:
    """Return whether a value is text with a structure of its own, which other parts of the comment show."""
    if len(value) <= _LONGEST or not value.lstrip().startswith(("{", "[")):
        return len(value) > 8 * _LONGEST
    try:
        json.loads(value)
    except ValueError:
        return len(value) > 8 * _LONGEST
    return True


def _short(value: str) -> str:
    return code(value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…")
