"""Constructs as the tests make them."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template

from ecs_envoy import EnvoyProxy, GrpcService, Network


def grpc_service(stack: Stack, network: Network, name: str = "lessons", **options: Any) -> GrpcService:  # noqa: ANN401
    return GrpcService(
        stack,
        name,
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        name=name,
        image=ecs.ContainerImage.from_registry("example.com/lessons:1.0.0"),
        **options,
    )


def proxy_with(stack: Stack, network: Network, *services: GrpcService, **options: Any) -> EnvoyProxy:  # noqa: ANN401
    return EnvoyProxy(
        stack,
        "Proxy",
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        services=services,
        **options,
    )


def containers(stack: Stack, family: str) -> dict[str, Any]:
    definitions = Template.from_stack(stack).find_resources("AWS::ECS::TaskDefinition")
    (found,) = (d["Properties"] for name, d in definitions.items() if name.startswith(family))
    return {container["Name"]: container for container in found["ContainerDefinitions"]}
