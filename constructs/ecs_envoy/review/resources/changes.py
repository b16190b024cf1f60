"""What changes in each resource of an environment: the CDK's differences in our types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from ecs_envoy.review.assembly.combined import path_of, stack_of
from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import Assembly, Definition, Stack


class Kind(Enum):
    """What CloudFormation does to a resource."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed in place"
    REPLACED = "replaced"
    """A new one is made, and the old one is deleted."""

    MAYBE_REPLACED = "perhaps replaced"
    """CloudFormation's schema cannot say before the deployment whether it is replaced."""

    REVISED = "new revision"
    """A new revision beside the old one, as of every changed task definition; nothing is lost."""

    RENAMED = "moved to another logical id"
    """The same resource by another logical id or in another stack: AWS deletes it and makes it anew."""

    ORPHANED = "left behind"
    """It stays in AWS, unmanaged: by its DeletionPolicy, or because its whole stack leaves the app."""


REVISED_TYPES = {"AWS::ECS::TaskDefinition", "AWS::Lambda::Version", "AWS::ApiGateway::Deployment"}


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """A property that differs, by its name at the top of the resource.

    Attributes:
        name: Its name, such as `ContainerDefinitions`; also of what is no property, as `DeletionPolicy`.
        old: Its value before; None if it was not there.
        new: Its value after; None if it is not there any more.
        replaces: Whether this change alone replaces the resource.

    """

    name: str
    old: Json
    new: Json
    replaces: bool = False


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """A resource that differs.

    Attributes:
        id: Its id in the combined template of `base`, or of `head` if it is new: `<stack>/<logical id>`.
        new_id: Its id in `head`, which differs from `id` only if it was renamed.
        type: Its type, such as `AWS::ECS::Service`.
        path: Its construct's path, such as `dev-proxy/Proxy/Service`.
        kind: What CloudFormation does to it.
        old: Its whole definition before; None if it is new.
        new: Its whole definition after; None if it is gone.
        properties: What differs in it; empty if it is new or gone.

    """

    id: str
    new_id: str
    type: str
    path: str
    kind: Kind
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    properties: tuple[PropertyChange, ...] = ()

    @property
    def stack(self) -> str:
        """The stack that it is in, or that it was in."""
        return stack_of(self.new_id)


@dataclass(frozen=True, kw_only=True)
class DeclarationChange:
    """A parameter, condition, mapping or output that differs; None stands for one that is not there."""

    stack: str
    kind: str
    name: str
    old: Json
    new: Json


@dataclass(frozen=True, kw_only=True)
class TemplateChanges:
    """Everything that differs between the templates of two assemblies.

    Attributes:
        resources: The resources that differ, in the order of stack and path.
        declarations: The parameters, conditions, mappings and outputs that differ.
        stacks_added: The stacks that are new.
        stacks_removed: The stacks that the app has no more; `cdk deploy` does not delete them.

    """

    resources: tuple[ResourceChange, ...] = ()
    declarations: tuple[DeclarationChange, ...] = ()
    stacks_added: tuple[str, ...] = ()
    stacks_removed: tuple[str, ...] = field(default=())


def template_changes(
    found: Mapping[str, Any], base: Assembly | None, head: Assembly | None
) -> TemplateChanges:
    """Return what `found`, one result of `template_diffs`, says about `base` and `head`."""
    before: Mapping[str, Stack] = base.stacks if base else {}
    after: Mapping[str, Stack] = head.stacks if head else {}
    changes = [_change(row, before, after) for row in found["resources"] if _differs(row)]
    # `cdk deploy` deletes no stack that the app has no more, so what is in it cannot have moved either.
    left = {name for name in before if _root(name, before) not in after}
    changes = _renamed([_left_behind(change) if change.stack in left else change for change in changes])
    return TemplateChanges(
        resources=tuple(changes),
        declarations=tuple(
            DeclarationChange(
                stack=stack_of(row["name"]),
                kind=kind,
                name=row["name"].partition("/")[2],
                old=row.get("old"),
                new=row.get("new"),
            )
            for kind, rows in found["declarations"].items()
            for row in sorted(rows, key=lambda row: row["name"])
            # All of a stack that comes or goes is new or gone.
            if stack_of(row["name"]) in before.keys() & after.keys()
        ),
        stacks_added=tuple(
            sorted(name for name in after.keys() - before.keys() if after[name].parent is None)
        ),
        stacks_removed=tuple(sorted(name for name in left if before[name].parent is None)),
    )


def _root(name: str, stacks: Mapping[str, Stack]) -> str:
    """Return the stack that a nested stack is deployed with, or the stack itself."""
    parent = stacks[name].parent
    return name if parent is None else _root(parent, stacks)


def _left_behind(change: ResourceChange) -> ResourceChange:
    return replace(change, kind=Kind.ORPHANED)


def _differs(row: Mapping[str, Any]) -> bool:
    return row.get("old") != row.get("new") or bool(row["properties"]) or bool(row["attributes"])


def _change(
    row: Mapping[str, Any], before: Mapping[str, Stack], after: Mapping[str, Stack]
) -> ResourceChange:
    old: Definition | None = row.get("old")
    new: Definition | None = row.get("new")
    resource_type: str = (new or old or {})["Type"]
    return ResourceChange(
        id=row["id"],
        new_id=row["id"],
        type=resource_type,
        path=path_of(row["id"], after if new else before),
        kind=_kind(row["impact"], resource_type, old, new),
        old=old,
        new=new,
        properties=_properties(row) if old and new else (),
    )


def _kind(impact: str, resource_type: str, old: Definition | None, new: Definition | None) -> Kind:
    if old is None:
        return Kind.ADDED
    if new is None:
        return Kind.ORPHANED if impact == "WILL_ORPHAN" else Kind.REMOVED
    if old["Type"] != new["Type"]:
        return Kind.REPLACED
    if impact in {"WILL_REPLACE", "MAY_REPLACE"} and resource_type in REVISED_TYPES:
        return Kind.REVISED
    return {"WILL_REPLACE": Kind.REPLACED, "MAY_REPLACE": Kind.MAYBE_REPLACED}.get(impact, Kind.CHANGED)


def _properties(row: Mapping[str, Any]) -> tuple[PropertyChange, ...]:
    return tuple(
        PropertyChange(
            name=change["name"],
            old=change.get("old"),
            new=change.get("new"),
            replaces=change.get("impact") == "WILL_REPLACE",
        )
        for change in [*row["properties"], *row["attributes"]]
    )


def _renamed(changes: Sequence[ResourceChange]) -> list[ResourceChange]:
    """Return `changes` with each pair of a removed and an added resource that are the same one as one change.

    They are the same if nothing but their id differs, or if they have the same type and the same name in AWS.
    """
    added: dict[str, list[ResourceChange]] = {}
    for change in changes:
        if change.kind is Kind.ADDED and (key := identity(change.new)):
            added.setdefault(key, []).append(change)
    result: list[ResourceChange] = []
    used: set[str] = set()
    for change in changes:
        key = identity(change.old) if change.kind is Kind.REMOVED else None
        partner = added[key].pop(0) if key and added.get(key) else None
        if partner is None:
            result.append(change)
            continue
        used.add(partner.id)
        result.append(
            ResourceChange(
                id=change.id,
                new_id=partner.id,
                type=change.type,
                path=partner.path,
                kind=Kind.RENAMED,
                old=change.old,
                new=partner.new,
            )
        )
    return [change for change in result if not (change.kind is Kind.ADDED and change.id in used)]


_NAME_PROPERTIES = (
    "Name",
    "ServiceName",
    "ClusterName",
    "RoleName",
    "GroupName",
    "LogGroupName",
    "AlarmName",
    "DashboardName",
    "TopicName",
    "AliasName",
    "BucketName",
)


def identity(definition: Mapping[str, Any] | None) -> str | None:
    """Return what makes a resource the same one by another logical id; None if nothing does.

    Two resources without a name are the same if all their properties are; a resource with few properties,
    such as a role, would be the same as many others, so it needs at least two of them.
    """
    if definition is None:
        return None
    properties = definition.get("Properties", {})
    for name in _NAME_PROPERTIES:
        if isinstance(properties.get(name), str):
            return f"{definition['Type']} {name}={properties[name]}"
    return f"{definition['Type']} {properties!r}" if len(properties) > 1 else None
