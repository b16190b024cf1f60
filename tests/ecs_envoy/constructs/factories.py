"""Makes constructs for tests. Settings of a service's `upstream` and `policy` are given like the others."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template

from ecs_envoy import EnvoyProxy, GrpcService, Network, RoutedService
from envoy_config import TrafficPolicy, Upstream

BY_DNS: dict[str, Any] = {"discovery": "dns", "pre_stop_wait": Duration.seconds(72)}
"""Without a sidecar in the proxy's task."""


def grpc_service(
    stack: Stack,
    network: Network,
    name: str = "lessons",
    *,
    construct_id: str | None = None,
    **options: Any,  # noqa: ANN401
) -> GrpcService:
    upstream = {name: options.pop(name) for name in Upstream.model_fields.keys() & options.keys()}
    policy = {name: options.pop(name) for name in TrafficPolicy.model_fields.keys() & options.keys()}
    given: dict[str, Any] = {
        "ecs_cluster": network.ecs_cluster,
        "namespace": network.namespace,
        "name": name,
        "image": ecs.ContainerImage.from_registry("example.com/lessons:1.0.0"),
        "upstream": Upstream(**upstream),
        "policy": TrafficPolicy(**policy),
        **options,
    }
    return GrpcService(stack, construct_id or name, **given)


def proxy_with(stack: Stack, network: Network, *services: RoutedService, **options: Any) -> EnvoyProxy:  # noqa: ANN401
    given: dict[str, Any] = {
        "ecs_cluster": network.ecs_cluster,
        "namespace": network.namespace,
        "services": services,
        **options,
    }
    return EnvoyProxy(stack, "Proxy", **given)


def containers(stack: Stack, family: str) -> dict[str, Any]:
    definitions = Template.from_stack(stack).find_resources("AWS::ECS::TaskDefinition")
    (found,) = (d["Properties"] for name, d in definitions.items() if name.startswith(family))
    return {container["Name"]: container for container in found["ContainerDefinitions"]}
