"""Both sides of a comparison, where resources that only moved have their new ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ecs_envoy.review.assembly.combined import path_of
from ecs_envoy.review.assembly.reading import Stack
from ecs_envoy.review.comparison import Comparison, Side
from ecs_envoy.review.facts.access_holders import Holders
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.resources.changes import Kind, ResourceChange


@dataclass(frozen=True)
class Sides:
    """A comparison of an environment that is on both sides."""

    comparison: Comparison
    base: Side
    head: Side

    @property
    def changes(self) -> tuple[ResourceChange, ...]:
        """The resources that differ."""
        return self.comparison.changes.resources

    @property
    def before(self) -> Mapping[str, Any]:
        """The resources before."""
        return self.base.template["Resources"]

    @property
    def after(self) -> Mapping[str, Any]:
        """The resources after."""
        return self.head.template["Resources"]

    @cached_property
    def holders(self) -> Holders:
        """Who has which group and role after the change."""
        return Holders(self.head)

    @cached_property
    def moved(self) -> Mapping[str, str]:
        """The new id of each resource that moved, by its old one."""
        return {c.id: c.new_id for c in self.changes if c.kind is Kind.RENAMED}

    @cached_property
    def services(self) -> list[tuple[EcsService, EcsService]]:
        """The ECS services that are on both sides."""
        return [
            (service, self.head.services[now])
            for service_id, service in self.base.services.items()
            if (now := self.moved.get(service_id, service_id)) in self.head.services
        ]

    def id_now(self, old: str) -> str:
        """Return the id that a resource of `base` has in `head`, if it is there."""
        return self.moved.get(old, old)

    def is_new(self, resource_id: str) -> bool:
        """Return whether a resource of `head` is in no form in `base`."""
        return (
            resource_id in self.after
            and resource_id not in self.before
            and resource_id not in self.moved.values()
        )

    def path(self, resource_id: str) -> str:
        """Return the construct's path of a resource of either side; the id itself for one in AWS."""
        stacks: Mapping[str, Stack] = self.head.assembly.stacks
        return path_of(resource_id, stacks if resource_id in self.after else self.base.assembly.stacks)
