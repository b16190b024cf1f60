"""Defines the routes of a configuration to services that something else deploys."""

from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.configuration.existing.blocks import EcsServiceName, ExistingService, OtherNamespace
from ecs_envoy.configuration.existing.plans import upstream
from ecs_envoy.network.network import Network
from ecs_envoy.services.existing_grpc_service import ExistingGrpcService
from envoy_config import TrafficPolicy


def define_existing_grpc_service(
    scope: Construct, name: str, settings: ExistingService, network: Network, policy: TrafficPolicy
) -> ExistingGrpcService:
    """Define the route to the service that `settings` describe; `policy` is its whole policy."""
    return ExistingGrpcService(
        scope,
        name,
        name=name,
        namespace=_namespace(scope, name, settings, network),
        cloud_map_service=settings.cloud_map_service,
        ecs_service=_ecs_service(scope, name, settings.ecs_service) if settings.ecs_service else None,
        address=settings.address,
        upstream=upstream(settings),
        policy=policy,
        instance_ports=settings.instance_ports,
        security_group=_security_group(scope, settings.security_group),
        cidrs=settings.cidrs,
        discovery=settings.discovery if "discovery" in settings.model_fields_set else None,
    )


def _security_group(scope: Construct, group: str | None) -> ec2.ISecurityGroup | None:
    """Return the group `group`, imported once: services that share it share its rules, too."""
    if group is None:
        return None
    construct_id = f"SecurityGroup-{group}"
    found = scope.node.try_find_child(construct_id)
    if found is None:
        return ec2.SecurityGroup.from_security_group_id(scope, construct_id, group)
    return cast("ec2.ISecurityGroup", found)


def _namespace(
    scope: Construct, name: str, settings: ExistingService, network: Network
) -> servicediscovery.INamespace | None:
    if settings.cloud_map_service is None:
        return None
    return (
        _import(scope, f"Namespace-{name}", settings.namespace) if settings.namespace else network.namespace
    )


def _import(scope: Construct, construct_id: str, settings: OtherNamespace) -> servicediscovery.INamespace:
    arn = Stack.of(scope).format_arn(
        service="servicediscovery", resource="namespace", resource_name=settings.id
    )
    if settings.type == "http":
        return servicediscovery.HttpNamespace.from_http_namespace_attributes(
            scope, construct_id, namespace_arn=arn, namespace_id=settings.id, namespace_name=settings.name
        )
    return servicediscovery.PrivateDnsNamespace.from_private_dns_namespace_attributes(
        scope, construct_id, namespace_arn=arn, namespace_id=settings.id, namespace_name=settings.name
    )


def _ecs_service(scope: Construct, name: str, settings: EcsServiceName) -> ecs.IBaseService:
    arn = Stack.of(scope).format_arn(
        service="ecs", resource="service", resource_name=f"{settings.cluster}/{settings.name}"
    )
    return ecs.BaseService.from_service_arn_with_cluster(scope, f"EcsService-{name}", arn)
