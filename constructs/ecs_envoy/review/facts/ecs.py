"""The ECS services of a side: their tasks, containers and, for a proxy, Envoy's bootstrap."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ecs_envoy.plan.packed_bootstrap import unpack
from ecs_envoy.review.assembly.combined import path_of, stack_of
from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import Stack, Template
from ecs_envoy.review.assembly.references import reference, references
from ecs_envoy.review.facts.values import block, entries, items, text


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of a task.

    Attributes:
        name: Its name.
        image: Its image as text; an image that the deployment builds is `image <construct>`.
        essential: Whether its end ends the task.
        command: Its command as text.
        environment: Its variables.
        secrets: Where each of its secrets comes from, by the variable.
        definition: The whole definition in the template.

    """

    name: str
    image: str
    essential: bool
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    definition: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class EcsService:
    """An ECS service with its task definition and its scaling.

    Attributes:
        id: Its id in the combined template.
        name: What people call it: its name in the configuration, or the proxy's name.
        path: Its construct's path.
        stack: The stack that it is in.
        cpu: The CPU units of a task, 0 if unknown.
        memory: The memory of a task in MiB, 0 if unknown.
        architecture: `X86_64` or `ARM64`.
        min_tasks: The least number of tasks.
        max_tasks: The highest number of tasks; as `min_tasks` if it does not scale.
        public_ip: Whether its tasks have public addresses.
        capacity_providers: The weight of each capacity provider; empty for plain Fargate.
        containers: Its containers by name.
        bootstrap: The plain bootstrap, if it is a proxy.
        task_definition: The id of its task definition in the combined template.
        definition: The whole definition of the service in the template.
        task: The properties of its task definition.

    """

    id: str
    name: str
    path: str
    stack: str
    cpu: int = 0
    memory: int = 0
    architecture: str = "X86_64"
    min_tasks: int = 1
    max_tasks: int = 1
    public_ip: bool = False
    capacity_providers: Mapping[str, int] = field(default_factory=dict[str, int])
    containers: Mapping[str, Container] = field(default_factory=dict[str, Container])
    bootstrap: Mapping[str, Any] | None = None
    task_definition: str | None = None
    definition: Mapping[str, Any] = field(default_factory=dict[str, Any])
    task: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_proxy(self) -> bool:
        """Whether it runs Envoy with a bootstrap of ours."""
        return self.bootstrap is not None


def ecs_services(template: Template, stacks: Mapping[str, Stack]) -> dict[str, EcsService]:
    """Return the ECS services of a combined template, by id."""
    resources: Mapping[str, Any] = template["Resources"]
    scaling = _scaling(resources)
    return {
        resource_id: _service(resource_id, definition, resources, stacks, scaling.get(resource_id))
        for resource_id, definition in resources.items()
        if definition["Type"] == "AWS::ECS::Service"
    }


def _service(
    resource_id: str,
    definition: Mapping[str, Any],
    resources: Mapping[str, Any],
    stacks: Mapping[str, Stack],
    scaling: tuple[int, int] | None,
) -> EcsService:
    properties = definition.get("Properties", {})
    task_id = reference(properties.get("TaskDefinition"))
    task: Mapping[str, Any] = resources.get(task_id, {}).get("Properties", {}) if task_id else {}
    containers = {c.name: c for c in _containers(task, stacks)}
    bootstrap = _bootstrap(containers.values())
    path = path_of(resource_id, stacks)
    desired = _number(properties.get("DesiredCount"), 1)
    network = block(properties, "NetworkConfiguration", "AwsvpcConfiguration")
    return EcsService(
        id=resource_id,
        name=_name(path, properties, bootstrap),
        path=path,
        stack=stack_of(resource_id),
        cpu=_number(task.get("Cpu"), 0),
        memory=_number(task.get("Memory"), 0),
        architecture=block(task, "RuntimePlatform").get("CpuArchitecture", "X86_64"),
        min_tasks=scaling[0] if scaling else desired,
        max_tasks=scaling[1] if scaling else desired,
        public_ip=network.get("AssignPublicIp") == "ENABLED",
        capacity_providers={
            text(entry.get("CapacityProvider"), stacks): _number(entry.get("Weight"), 0)
            for entry in entries(properties, "CapacityProviderStrategy")
        },
        containers=containers,
        bootstrap=bootstrap,
        task_definition=task_id,
        definition=definition,
        task=task,
    )


def _name(path: str, properties: Mapping[str, Any], bootstrap: Mapping[str, Any] | None) -> str:
    if bootstrap is not None and (name := block(bootstrap, "node").get("cluster")):
        return str(name)
    if isinstance(name := properties.get("ServiceName"), str):
        return name
    # A construct of ours or of the CDK puts `Service` below the construct that has the name.
    within_stack = path.partition("/")[2]
    return re.sub(r"(/Service)+$", "", within_stack) or path


def _containers(task: Mapping[str, Any], stacks: Mapping[str, Stack]) -> list[Container]:
    return [
        Container(
            name=text(definition.get("Name"), stacks),
            image=text(definition.get("Image"), stacks),
            essential=definition.get("Essential", True) is not False,
            command=tuple(text(part, stacks) for part in items(definition, "Command")),
            environment={
                text(v.get("Name"), stacks): text(v.get("Value"), stacks)
                for v in entries(definition, "Environment")
            },
            secrets={
                text(v.get("Name"), stacks): text(v.get("ValueFrom"), stacks)
                for v in entries(definition, "Secrets")
            },
            definition=definition,
        )
        for definition in entries(task, "ContainerDefinitions")
    ]


def _bootstrap(containers: Iterable[Container]) -> Mapping[str, Any] | None:
    """Return the bootstrap of the container that runs Envoy; None if no container does."""
    for container in containers:
        for option, value in zip(container.command, container.command[1:], strict=False):
            if option != "--config-yaml":
                continue
            with suppress(ValueError):  # somebody else's Envoy has a bootstrap in YAML
                return dict(json.loads(unpack(value)))
    return None


def _scaling(resources: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return the least and the highest number of tasks of each service that scales, by its id."""
    found: dict[str, tuple[int, int]] = {}
    for definition in resources.values():
        if definition["Type"] != "AWS::ApplicationAutoScaling::ScalableTarget":
            continue
        properties = definition.get("Properties", {})
        for resource_id in references(properties.get("ResourceId")):
            if resources.get(resource_id, {}).get("Type") == "AWS::ECS::Service":
                found[resource_id] = (
                    _number(properties.get("MinCapacity"), 1),
                    _number(properties.get("MaxCapacity"), 1),
                )
    return found


def _number(value: Json, default: int) -> int:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else default
