"""Values that one stack takes from another, which CloudFormation does not let go of.

A value that a deployed stack imports cannot change or go (CloudFormation User Guide, Fn::ImportValue). The
CDK deploys the stack that exports first, so the deployment fails there, and nothing after it is deployed.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.references import reference
from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.resources.changes import Kind
from ecs_envoy.review.sections import Care, CareKind

_GONE = {Kind.REPLACED, Kind.RENAMED, Kind.REMOVED}


def refused_exports(sides: Sides) -> Iterator[Care]:
    """Yield each stack whose deployment fails since others use what it would change."""
    replaced = {change.id for change in sides.changes if change.kind in _GONE}
    kept, used_after = _exports(sides.head), _imports(sides.head)
    refused: dict[str, set[tuple[str, str]]] = {}
    values: dict[str, set[str]] = {}
    for name, stacks in _imports(sides.base).items():
        found = _exports(sides.base).get(name)
        if found is None or found[0] not in sides.head.assembly.stacks:
            continue
        stack, value = found
        if name not in kept or value in replaced or value != kept[name][1]:
            for user in stacks - {stack}:
                values.setdefault(stack, set()).add(sides.path(value) if "/" in value else name)
                refused.setdefault(stack, set()).add((user, "" if name in used_after else "released"))
    for stack, users in sorted(refused.items()):
        names = sorted({user for user, _ in users})
        released = all(how == "released" for _, how in users)
        command = f"cdk deploy --exclusively {' '.join(names)}"
        stacks = enumeration(list(map(code, names)))
        if not set(names) & set(sides.head.assembly.stacks):
            cure = f"delete {stacks} first"
        elif released:
            cure = f"deploy {stacks} first, which no longer needs it ({code(command)})"
        else:
            cure = "the stacks that use it have to be deleted or freed from it first"
        yield Care(
            kind=CareKind.REPLACEMENT,
            text=f"the deployment of {code(stack)} fails: it would change or take away "
            f"{enumeration(list(map(code, sorted(values[stack]))))}, which "
            f"{enumeration(list(map(code, names)))} import{'s' if len(names) == 1 else ''}; "
            f"CloudFormation refuses that, and nothing after it is deployed; {cure}",
            place=stack,
        )


def _exports(side: Side) -> Mapping[str, tuple[str, str]]:
    """Return the stack and the id, or else the text of the value, of each export."""
    found: dict[str, tuple[str, str]] = {}
    for stack in side.assembly.stacks.values():
        outputs: Mapping[str, Any] = stack.template.get("Outputs", {})
        for output in outputs.values():
            name = output.get("Export", {}).get("Name")
            if isinstance(name, str):
                value: Json = output.get("Value")
                own = _own(value)
                found[name] = (stack.name, f"{stack.name}/{own}" if own else json.dumps(value))
    return found


def _own(value: Json) -> str | None:
    match value:
        case {"Ref": str(name)}:
            return name
        case _:
            return reference(value)


def _imports(side: Side) -> Mapping[str, set[str]]:
    """Return the stacks that use each export."""
    found: dict[str, set[str]] = {}
    for stack in side.assembly.stacks.values():
        for name in _imported(stack.template.get("Resources", {})):
            found.setdefault(name, set()).add(stack.name)
    return found


def _imported(value: Json) -> Iterator[str]:
    match value:
        case {"Fn::ImportValue": str(name)}:
            yield name
        case dict():
            for item in value.values():
                yield from _imported(item)
        case list():
            for item in value:
                yield from _imported(item)
        case _:
            pass


def stale_references(sides: Sides) -> Iterator[Care]:
    """Yield each stack that goes on with a value which is gone, since nothing deploys it anew.

    `Fn::GetStackOutput` is resolved when the stack that uses it is deployed, and the CDK CLI deploys no stack
    whose template is the same.
    """
    replaced = {change.id: change for change in sides.changes if change.kind in {Kind.REPLACED, Kind.RENAMED}}
    for name, stack in sides.head.assembly.stacks.items():
        before = sides.base.assembly.stacks.get(name)
        if before is None or before.template != stack.template:
            continue
        for producer, output in sorted(set(_taken(stack.template.get("Resources", {})))):
            old = sides.base.assembly.stacks.get(producer)
            value: Json = old.template.get("Outputs", {}).get(output, {}).get("Value") if old else None
            change = replaced.get(f"{producer}/{_own(value)}")
            if change is not None:
                yield Care(
                    kind=CareKind.INTERRUPTION,
                    text=f"{code(name)} goes on with the old {code(change.path)}, which is replaced: its own "
                    f"template is the same, so {code('cdk deploy')} skips it; deploy it with "
                    f"{code('--force')}",
                    place=name,
                )


def _taken(value: Json) -> Iterator[tuple[str, str]]:
    match value:
        case {"Fn::GetStackOutput": {"StackName": str(stack), "OutputName": str(output)}}:
            yield stack, output
        case dict():
            for item in value.values():
                yield from _taken(item)
        case list():
            for item in value:
                yield from _taken(item)
        case _:
            pass
