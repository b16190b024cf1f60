"""What differs in a template besides its resources: parameters, conditions, mappings and outputs."""

from collections.abc import Iterator, Mapping

from ecs_envoy.review.assembly.reading import Stack
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.resources.changes import DeclarationChange
from ecs_envoy.review.resources.details import leaf_line
from ecs_envoy.review.resources.leaves import leaves


def declaration_lines(
    change: DeclarationChange, before: Mapping[str, Stack], after: Mapping[str, Stack]
) -> Iterator[str]:
    """Yield what differs in one of them, one line for each value."""
    name = f"{change.kind} {code(change.name)}"
    if change.old is None or change.new is None:
        yield f"{'added' if change.old is None else 'removed'}: {name}"
        return
    for leaf in leaves(change.name, change.old, change.new):
        yield f"changed: {change.kind} {leaf_line(leaf, before, after)}"
