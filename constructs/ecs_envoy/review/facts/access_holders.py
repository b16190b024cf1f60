"""Who has a security group or a role, in words: a reader knows services, not groups."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ecs_envoy.review.assembly.combined import path_of
from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.references import reference, references
from ecs_envoy.review.comment.page import code, enumeration
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.values import block, items, text

_GROUP = "AWS::EC2::SecurityGroup"


def called(service: EcsService) -> str:
    """Return what a sentence calls an ECS service."""
    return f"the proxy {code(service.name)}" if service.is_proxy else code(service.name)


class Holders:
    """The holders of a side's security groups and roles."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._resources: Mapping[str, Any] = side.template["Resources"]

    def of_group(self, group: str) -> str:
        """Return who has the security group with this id in the combined template, or in AWS."""
        if found := self._by_group.get(group):
            return enumeration(found)
        if group in self._resources:
            return f"whatever has the security group {code(self._path(group))}"
        return f"whatever has the security group {code(group)}"

    def groups_beside(self, group: str) -> list[list[str]]:
        """Return all security groups of each ECS service that has `group`; empty if others have it, too."""
        if any(
            group in references(definition)
            for definition in self._resources.values()
            if definition["Type"] != "AWS::ECS::Service" and not definition["Type"].startswith(_GROUP)
        ):
            return []
        found = [
            self._groups(items(_network(service), "SecurityGroups"))
            for service in self._side.services.values()
        ]
        return [groups for groups in found if group in groups]

    def of_role(self, role: str) -> str:
        """Return who acts as the role with this id in the combined template, or this ARN or name."""
        if found := self._by_role.get(role):
            return enumeration(found)
        return f"the role {code(self._path(role) if role in self._resources else role)}"

    @cached_property
    def _by_group(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for service in self._side.services.values():
            for group in self._groups(items(_network(service), "SecurityGroups")):
                found.setdefault(group, []).append(called(service))
        for resource_id, definition in self._resources.items():
            if definition["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer":
                for group in self._groups(items(definition, "Properties", "SecurityGroups")):
                    name = f"the load balancer {code(self._path(resource_id))}"
                    found.setdefault(group, []).append(name)
        return found

    @cached_property
    def _by_role(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for service in self._side.services.values():
            for key, words in (
                ("TaskRoleArn", f"the tasks of {called(service)}"),
                ("ExecutionRoleArn", f"ECS for the tasks of {called(service)}"),
            ):
                value: Json = service.task.get(key)
                if value is not None:
                    role = reference(value) or text(value, self._side.assembly.stacks)
                    found.setdefault(role, []).append(words)
        return found

    def _groups(self, groups: list[Json]) -> list[str]:
        return [
            found
            for item in groups
            for found in ([item] if isinstance(item, str) else list(references(item)))
        ]

    def _path(self, resource_id: str) -> str:
        return path_of(resource_id, self._side.assembly.stacks)


def _network(service: EcsService) -> Mapping[str, Any]:
    return block(service.definition, "Properties", "NetworkConfiguration", "AwsvpcConfiguration")
