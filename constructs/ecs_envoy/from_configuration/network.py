"""Defines the network of a configuration, or looks it up."""

from collections.abc import Iterator

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.configuration.model import Configuration, NewNetwork
from ecs_envoy.configuration.model import Network as NetworkSettings
from ecs_envoy.configuration.plans import hears_events, servers
from ecs_envoy.configuration.proxies.views import views
from ecs_envoy.from_configuration.places import check_places, place, purposes
from ecs_envoy.network.network import Network
from ecs_envoy.network.vpc_endpoints import add_endpoints_to
from ecs_envoy.settings.network.subnets import KnownVpc, SubnetKind
from ecs_envoy.settings.regions import arn_partition
from ecs_envoy.settings.task.options import TaskOptions


def define_network(scope: Construct, configuration: Configuration) -> Network:
    """Define the network of `configuration`, or look up the parts that exist."""
    settings = configuration.network
    vpc = _existing_vpc(scope, settings)
    if vpc:
        check_places(configuration, vpc)
        if settings.endpoints:
            _define_endpoints(scope, configuration, vpc)
    new = settings.new or NewNetwork()
    return Network(
        scope,
        "Network",
        vpc=vpc,
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


def _existing_vpc(scope: Construct, settings: NetworkSettings) -> ec2.IVpc | None:
    if settings.vpc:
        return _known_vpc(scope, settings.vpc)
    if settings.vpc_id:
        tag = settings.subnets.tag_key
        return ec2.Vpc.from_lookup(scope, "Vpc", vpc_id=settings.vpc_id, subnet_group_name_tag=tag)
    return None


def _known_vpc(scope: Construct, known: KnownVpc) -> ec2.IVpc:
    def of(kind: SubnetKind) -> tuple[list[str] | None, list[str] | None, list[str] | None]:
        groups = [subnets for subnets in known.subnets if subnets.kind == kind]
        ids = [subnet for group in groups for subnet in group.ids]
        tables = [table for group in groups for table in group.route_tables]
        return ids or None, [group.group for group in groups] or None, tables or None

    private, isolated, public = of("private"), of("isolated"), of("public")
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id=known.id,
        vpc_cidr_block=known.cidr,
        availability_zones=known.availability_zones,
        private_subnet_ids=private[0],
        private_subnet_names=private[1],
        private_subnet_route_table_ids=private[2],
        isolated_subnet_ids=isolated[0],
        isolated_subnet_names=isolated[1],
        isolated_subnet_route_table_ids=isolated[2],
        public_subnet_ids=public[0],
        public_subnet_names=public[1],
        public_subnet_route_table_ids=public[2],
    )
    Annotations.of(vpc).acknowledge_warning(
        "@aws-cdk/aws-ec2:noSubnetRouteTableId",
        "only S3's endpoint needs them, and the file is checked for it",
    )
    return vpc


def _define_endpoints(scope: Construct, configuration: Configuration, vpc: ec2.IVpc) -> None:
    """Define what tasks in isolated subnets need: to start, and to report where the file says so."""
    subnets = [place(configuration, name, vpc).subnets for name in purposes(configuration)]
    telemetry = configuration.telemetry
    more = {
        "Ecs": (
            ec2.InterfaceVpcEndpointAwsService.ECS
            if any(service.ecs_service for service in configuration.existing_services.values())
            else None
        ),
        "Sqs": (
            ec2.InterfaceVpcEndpointAwsService.SQS
            if any(hears_events(view) for view in views(configuration))
            else None
        ),
        "XRay": ec2.InterfaceVpcEndpointAwsService.XRAY if telemetry.tracing else None,
        "Prometheus": (
            ec2.InterfaceVpcEndpointAwsService.PROMETHEUS_WORKSPACES
            if telemetry.prometheus and telemetry.prometheus.workspace
            else None
        ),
        "Exec": (
            ec2.InterfaceVpcEndpointAwsService.SSM_MESSAGES
            if any(server.enable_execute_command for server in servers(configuration).values())
            else None
        ),
    }
    add_endpoints_to(
        scope, vpc, subnets, more={name: service for name, service in more.items() if service is not None}
    )


def _tasks(configuration: Configuration) -> Iterator[TaskOptions]:
    yield from (view.proxy for view in views(configuration))
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
