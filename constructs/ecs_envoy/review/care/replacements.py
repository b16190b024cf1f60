"""Resources that are replaced or deleted, with what is lost."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecs_envoy.review.assembly.references import reference
from ecs_envoy.review.care.lost import DATA, GENERAL, LOSSES, NO_TWO, UNSAID, Loss
from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.facts.dialled import dns_name
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.values import block, entries
from ecs_envoy.review.resources.changes import Kind, ResourceChange, identity
from ecs_envoy.review.sections import Care, CareKind

_CLOUD_MAP = "AWS::ServiceDiscovery::Service"


def replacements(sides: Sides) -> Iterator[Care]:
    """Yield what is replaced, and what fails to be."""
    for change in sides.changes:
        match change.kind:
            case Kind.REPLACED | Kind.MAYBE_REPLACED:
                if not is_unsaid(change) and not _said_of_another(change, sides):
                    yield _replaced(change)
            case Kind.RENAMED:
                if (text := _moved(change)) is not None:
                    yield Care(kind=CareKind.REPLACEMENT, text=text, place=change.path)
            case _:
                pass
    yield from _in_left_stacks(sides)


def _in_left_stacks(sides: Sides) -> Iterator[Care]:
    """Yield what moves from a stack that leaves the app, and is still there when AWS is to make it anew."""
    added = {
        key: change
        for change in sides.changes
        if change.kind is Kind.ADDED and (key := identity(change.new)) is not None
    }
    taken: dict[str, list[str]] = {}
    for change in (c for c in sides.changes if c.stack in sides.comparison.changes.stacks_removed):
        loss = LOSSES.get(change.type, GENERAL)
        partner = added.get(identity(change.old) or "") if change.kind is Kind.ORPHANED else None
        if partner and (change.type in NO_TWO or _same_name(replace(change, new=partner.new), loss)):
            taken.setdefault(change.stack, []).append(f"the {_called(change, loss)}")
    for stack, names in taken.items():
        stays = "stays" if len(names) == 1 else "stay"
        text = (
            f"{_some(names)} {stays} in the stack {code(stack)}, which leaves the app: AWS refuses a second "
            "one that is the same, and the deployment fails; leave services in their stack"
        )
        yield Care(kind=CareKind.REPLACEMENT, text=text, place=stack)


def deletions(sides: Sides) -> Iterator[Care]:
    """Yield what is deleted, and what stays although nobody manages it any more."""
    removed = [change for change in sides.changes if change.kind is Kind.REMOVED]
    services = [change for change in removed if change.type == "AWS::ECS::Service"]
    for change in services:
        within = [other for other in removed if other is not change and _belongs(other, change)]
        removed = [other for other in removed if other is not change and other not in within]
        yield _service_goes(sides.base.services[change.id].name, change, within)
    others: list[ResourceChange] = []
    for change in removed:
        if is_unsaid(change) or _namespace_goes(change, sides):
            continue
        if change.type not in LOSSES:
            others.append(change)
            continue
        called = _called(change, LOSSES[change.type])
        if change.type == _CLOUD_MAP and change.old:
            called = f"name {code(dns_name(sides.base, change.old.get('Properties', {})))}"
        text = f"the {called} is deleted: {LOSSES[change.type].deleted}"
        yield Care(kind=CareKind.DELETION, text=text, place=change.path)
    if others:
        names = [f"{code(change.path)} ({code(change.type)})" for change in others]
        verb, what = ("is", GENERAL.deleted) if len(others) == 1 else ("are", "what they hold is lost")
        text = f"{_some(names)} {verb} deleted: {what}"
        yield Care(kind=CareKind.DELETION, text=text, place=others[0].stack)
    yield from _kept(sides)


def _kept(sides: Sides) -> Iterator[Care]:
    gone = sides.comparison.changes.stacks_removed
    stays = [c for c in sides.changes if c.kind is Kind.ORPHANED and c.stack not in gone]
    if stays:
        verb = "leaves its stack but stays" if len(stays) == 1 else "leave their stacks but stay"
        yield Care(
            kind=CareKind.DELETION,
            text=f"{_some([code(change.path) for change in stays])} {verb} in AWS by the deletion policy: "
            "it still costs, and follows no code any more",
            place=stays[0].stack,
        )


def _belongs(change: ResourceChange, service: ResourceChange) -> bool:
    """Return whether a resource is within the construct of an ECS service, such as its log group."""
    construct = re.sub(r"(/Service)+$", "", service.path)
    return "/" in construct and change.path.startswith(f"{construct}/") and change.stack == service.stack


def _service_goes(name: str, change: ResourceChange, within: Sequence[ResourceChange]) -> Care:
    # What holds data is named; its roles, rules and name go without saying.
    losses = [f"the {_called(c, LOSSES[c.type])}: {LOSSES[c.type].deleted}" for c in within if c.type in DATA]
    also = f"; with it goes {enumeration(losses)}" if losses else ""
    text = f"the ECS service {code(name)} is deleted: its tasks stop, and calls to it fail{also}"
    return Care(kind=CareKind.DELETION, text=text, place=change.path)


def is_unsaid(change: ResourceChange) -> bool:
    """Return whether nothing is lost with a resource, or it is said elsewhere."""
    if change.type == "AWS::IAM::Role":
        # Nothing outside the app knows a role by a name that CloudFormation made up.
        return "RoleName" not in (change.old or {}).get("Properties", {})
    return change.type in UNSAID


def _some(names: Sequence[str]) -> str:
    return enumeration([*names[:5], f"{len(names) - 5} more"] if len(names) > 6 else names)


def _called(change: ResourceChange, loss: Loss) -> str:
    if loss is GENERAL:
        return code(change.type)
    definition = change.old or change.new or {}
    name = definition.get("Properties", {}).get(loss.name or "Name")
    return f"{loss.called} {code(name)}" if isinstance(name, str) else loss.called


def _replaced(change: ResourceChange) -> Care:
    loss = LOSSES.get(change.type, GENERAL)
    because = [found.name for found in change.properties if found.replaces]
    reason = f", because {enumeration(list(map(code, because)))} changes" if because else ""
    called = _called(change, loss)
    if fixed := _same_name(change, loss):
        text = (
            f"the {called} would have to be replaced{reason}, but has a fixed name ({code(fixed)}): "
            "CloudFormation refuses that, and the deployment fails; give it another name"
        )
        return Care(kind=CareKind.REPLACEMENT, text=text, place=change.path)
    if change.type == _CLOUD_MAP and "NamespaceId" not in because and "Name" not in because:
        text = (
            f"the {called} would have to be replaced{reason}: AWS makes the new one first, Cloud "
            "Map refuses a second one with the same name (`ServiceAlreadyExists`), and the deployment fails"
        )
        return Care(kind=CareKind.REPLACEMENT, text=text, place=change.path)
    verb = "is replaced" if change.kind is Kind.REPLACED else "is perhaps replaced, which AWS decides,"
    lost = loss.replaced or loss.deleted
    if change.new and change.new.get("UpdateReplacePolicy") == "Retain":
        lost = "the old one stays in AWS by its policy, nobody manages it, and it still costs"
    return Care(kind=CareKind.REPLACEMENT, text=f"the {called} {verb}{reason}: {lost}", place=change.path)


def _same_name(change: ResourceChange, loss: Loss) -> str | None:
    """Return the name in AWS that is the same before and after; CloudFormation makes the new one first."""
    if not loss.name or change.old is None or change.new is None or change.kind is Kind.MAYBE_REPLACED:
        return None
    if change.old["Type"] != change.new["Type"]:
        return None
    before = change.old.get("Properties", {}).get(loss.name)
    after = change.new.get("Properties", {}).get(loss.name)
    return before if isinstance(before, str) and before == after else None


def _moved(change: ResourceChange) -> str | None:
    loss = LOSSES.get(change.type, GENERAL)
    called = _called(change, loss)
    where = f"moves from {code(change.id)} to {code(change.new_id)} in the templates"
    taken = f"the {called} {where}: AWS makes it anew before it deletes the old one, and the deployment fails"
    if fixed := _same_name(change, loss):
        return f"{taken}, because the name {code(fixed)} is taken"
    if change.type in NO_TWO:
        return f"{taken}, because AWS refuses a second one that is the same"
    if is_unsaid(change):
        return None
    if change.old and change.old.get("DeletionPolicy") == "Retain":
        return f"the {called} {where}: AWS makes a new one, and the old one stays, unmanaged"
    return f"the {called} {where}: AWS makes a new one and deletes the old one: {loss.deleted}"


def _said_of_another(change: ResourceChange, sides: Sides) -> bool:
    """Return whether a name is replaced only since its namespace is, or is that of a proxy."""
    if change.type != _CLOUD_MAP:
        return False
    by = {found.name for found in change.properties if found.replaces}
    return (by == {"NamespaceId"} and _namespace_goes(change, sides)) or change.id in proxy_names(sides)


def _namespace_goes(change: ResourceChange, sides: Sides) -> bool:
    if change.type != _CLOUD_MAP or change.old is None:
        return False
    namespace = reference(_namespace(change.old))
    return any(
        found.id == namespace and found.kind in {Kind.REPLACED, Kind.REMOVED, Kind.RENAMED}
        for found in sides.changes
    )


def _namespace(definition: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a value of a template
    properties: Mapping[str, Any] = definition.get("Properties", {})
    return properties.get("NamespaceId", block(properties, "DnsConfig").get("NamespaceId"))


def proxy_names(sides: Sides) -> set[str]:
    """Return the ids of the Cloud Map services that are names of proxies, or lead to a proxy, in `base`."""
    own: set[str] = set()
    for service in sides.base.services.values():
        if service.is_proxy:
            for registry in entries(service.definition, "Properties", "ServiceRegistries"):
                if found := reference(registry.get("RegistryArn")):
                    own.add(found)
    aliases = {
        target
        for definition in sides.before.values()
        if definition["Type"] == "AWS::ServiceDiscovery::Instance"
        and "AWS_INSTANCE_CNAME" in block(definition, "Properties", "InstanceAttributes")
        and (target := reference(definition["Properties"].get("ServiceId")))
    }
    return own | aliases if own else set()
