"""Defines the network of a configuration, or looks it up."""

from collections.abc import Iterator

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.configuration.model import Configuration, NewNetwork
from ecs_envoy.network.network import Network
from ecs_envoy.settings.regions import arn_partition
from ecs_envoy.settings.task.options import TaskOptions


def define_network(scope: Construct, configuration: Configuration) -> Network:
    """Define the network of `configuration`, or look up the parts that exist."""
    settings = configuration.network
    new = settings.new or NewNetwork()
    return Network(
        scope,
        "Network",
        vpc=ec2.Vpc.from_lookup(scope, "Vpc", vpc_id=settings.vpc_id) if settings.vpc_id else None,
        ecs_cluster_name=settings.ecs_cluster,
        namespace_name=configuration.namespace.name,
        namespace=_existing_namespace(scope, configuration),
        availability_zones=new.availability_zones,
        cidr=new.cidr,
        nat_gateways=new.nat_gateways,
        interface_endpoints=new.interface_endpoints,
        fargate_capacity_providers=any(
            task.capacity_providers for task in _tasks(configuration) if not settings.ecs_cluster
        ),
        overrides=settings.overrides,
        # With the CPU of each task, the busiest task is visible.
        container_insights=ecs.ContainerInsights.ENHANCED
        if configuration.telemetry.cloudwatch
        else ecs.ContainerInsights.ENABLED,
    )


def _tasks(configuration: Configuration) -> Iterator[TaskOptions]:
    yield configuration.proxy
    yield from configuration.services.values()
    if configuration.api:
        yield configuration.api


def _existing_namespace(
    scope: Construct, configuration: Configuration
) -> servicediscovery.IPrivateDnsNamespace | None:
    namespace = configuration.namespace
    if namespace.id is None:
        return None
    partition = arn_partition(configuration.region)
    return servicediscovery.PrivateDnsNamespace.from_private_dns_namespace_attributes(
        scope,
        "Namespace",
        namespace_name=namespace.name,
        namespace_id=namespace.id,
        namespace_arn=f"arn:{partition}:servicediscovery:{configuration.region}:{configuration.account}"
        f":namespace/{namespace.id}",
    )
