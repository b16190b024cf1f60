"""What the synthesized templates say is to run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

Template = dict[str, Any]


@dataclass(frozen=True)
class EcsService:
    """One ECS service of the templates that Cloud Map lists.

    Attributes:
        name: Its name in the namespace.
        ttl: The TTL of its DNS records in seconds.
        tasks: How many tasks it starts with.
        port: The TCP port of its container.
        entry_point: The container's entry point; empty for the image's own.
        command: The container's command; empty for the image's own.
        health_check: The container's health check command, as ECS has it.

    """

    name: str
    ttl: int
    tasks: int
    port: int
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    health_check: tuple[str, ...]


def read_templates(folder: Path) -> list[EcsService]:
    """Return every ECS service with a service registry in the templates of `folder`."""
    templates = [json.loads(path.read_text()) for path in sorted(folder.glob("*.template.json"))]
    return [service for template in templates for service in _ecs_services(template["Resources"])]


def _ecs_services(resources: Template) -> Iterator[EcsService]:
    for logical_id, resource in resources.items():
        properties: Template = resource["Properties"]
        if resource["Type"] != "AWS::ECS::Service" or not properties.get("ServiceRegistries"):
            continue
        registry = resources[properties["ServiceRegistries"][0]["RegistryArn"]["Fn::GetAtt"][0]]["Properties"]
        container: Template = resources[properties["TaskDefinition"]["Ref"]]["Properties"][
            "ContainerDefinitions"
        ][0]
        yield EcsService(
            name=registry["Name"],
            ttl=registry["DnsConfig"]["DnsRecords"][0]["TTL"],
            tasks=properties.get("DesiredCount") or _min_capacity(resources, logical_id),
            port=container["PortMappings"][0]["ContainerPort"],
            entry_point=tuple(container.get("EntryPoint", ())),
            command=tuple(container.get("Command", ())),
            health_check=tuple(container.get("HealthCheck", {}).get("Command", ())),
        )


def _min_capacity(resources: Template, service: str) -> int:
    """Return autoscaling's lower bound for the ECS service with the logical id `service`."""
    for resource in resources.values():
        if resource["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget":
            target = json.dumps(resource["Properties"]["ResourceId"])
            if f'"{service}"' in target:
                return cast("int", resource["Properties"]["MinCapacity"])
    return 1  # what ECS starts where neither says a number
