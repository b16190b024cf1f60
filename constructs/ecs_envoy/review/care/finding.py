"""Finds what needs care in a comparison."""

from collections.abc import Iterator

from ecs_envoy.review.care.alarms import weaker_alarms
from ecs_envoy.review.care.connections import new_connections, open_to_all
from ecs_envoy.review.care.exports import refused_exports, stale_references
from ecs_envoy.review.care.exposure import all_exposures, exposures
from ecs_envoy.review.care.interruption import interruptions
from ecs_envoy.review.care.replacements import deletions, replacements
from ecs_envoy.review.care.rights import new_rights, wildcards
from ecs_envoy.review.care.weakening import weakenings
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Comparison, Side
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.sections import Care, CareKind

_ORDER = (
    CareKind.REPLACEMENT,
    CareKind.DELETION,
    CareKind.INTERRUPTION,
    CareKind.EXPOSURE,
    CareKind.WIDENING,
    CareKind.WEAKENING,
)


def care(comparison: Comparison) -> tuple[Care, ...]:
    """Return what is found, the most important first, and nothing twice.

    Of an environment that is new everything is added, so only what is open to all is said.
    """
    match comparison.base, comparison.head:
        case Side() as base, Side() as head:
            found = [*_left_stacks(comparison), *_of_both(Sides(comparison, base, head))]
        case None, Side() as head:
            found = [*all_exposures(head), *open_to_all(head), *wildcards(head)]
        case _:
            found = list(_left_stacks(comparison))
    return tuple(sorted(dict.fromkeys(found), key=lambda item: _ORDER.index(item.kind)))


def _of_both(sides: Sides) -> Iterator[Care]:
    yield from refused_exports(sides)
    yield from replacements(sides)
    yield from deletions(sides)
    yield from stale_references(sides)
    yield from interruptions(sides)
    yield from exposures(sides)
    yield from new_connections(sides)
    yield from new_rights(sides)
    yield from weakenings(sides)
    yield from weaker_alarms(sides)


def _left_stacks(comparison: Comparison) -> Iterator[Care]:
    base = comparison.base
    for name in comparison.changes.stacks_removed:
        number = sum(
            resource_id.startswith(f"{name}/") for resource_id in (base.template["Resources"] if base else ())
        )
        if "." in name:  # a nested one, which its parent deletes
            parent = name.partition(".")[0]
            if comparison.head and parent in comparison.head.assembly.stacks:
                text = f"the nested stack {code(name)} is deleted, with all that its {number} resources hold"
                yield Care(kind=CareKind.DELETION, text=text, place=parent)
            continue
        left = "its one resource stays" if number == 1 else f"its {number} resources stay"
        command = f"aws cloudformation delete-stack --stack-name {name}"
        yield Care(
            kind=CareKind.DELETION,
            text=f"the stack {code(name)} leaves the app, and no deployment deletes it: {left} in AWS and on "
            f"the bill, and no code describes them any more; {code(command)} deletes the stack",
            place=name,
        )
