"""The constructs that an environment's configuration asks for."""

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_servicediscovery as servicediscovery

import envoy_config
from constructs import Construct
from ecs_envoy.configuration.model import (
    Api,
    Configuration,
    ContainerHealthCheck,
    Egress,
    ExistingService,
    NewNetwork,
    Service,
)
from ecs_envoy.container_image import container_image
from ecs_envoy.datadog import Datadog
from ecs_envoy.discovery import Discovery
from ecs_envoy.envoy_proxy import EnvoyProxy
from ecs_envoy.existing_grpc_service import ExistingGrpcService
from ecs_envoy.from_observability import allow_scrapes, datadog, telemetry
from ecs_envoy.grpc_service import GrpcService
from ecs_envoy.network import Network
from ecs_envoy.public_api import PublicApi
from ecs_envoy.routed_service import RoutedService


def network(scope: Construct, configuration: Configuration) -> Network:
    """Define the network of `configuration`, made or looked up."""
    wanted = configuration.network
    new = wanted.new or NewNetwork()
    return Network(
        scope,
        "Network",
        vpc=ec2.Vpc.from_lookup(scope, "Vpc", vpc_id=wanted.vpc_id) if wanted.vpc_id else None,
        ecs_cluster_name=wanted.ecs_cluster,
        namespace_name=configuration.namespace.name,
        namespace=_existing_namespace(scope, configuration),
        availability_zones=availability_zones(configuration),
        cidr=new.cidr,
        nat_gateways=new.nat_gateways,
        # A task's own CPU shows which one burns.
        container_insights=ecs.ContainerInsights.ENHANCED
        if configuration.observability.cloudwatch
        else ecs.ContainerInsights.ENABLED,
    )


def availability_zones(configuration: Configuration) -> list[str]:
    """Return the zones of a new VPC: those that `configuration` lists, or the region's a and b."""
    new = configuration.network.new
    return (new and new.availability_zones) or [f"{configuration.region}a", f"{configuration.region}b"]


def _existing_namespace(
    scope: Construct, configuration: Configuration
) -> servicediscovery.IPrivateDnsNamespace | None:
    namespace = configuration.namespace
    if namespace.id is None:
        return None
    partition = "aws-cn" if configuration.region.startswith("cn-") else "aws"
    return servicediscovery.PrivateDnsNamespace.from_private_dns_namespace_attributes(
        scope,
        "Namespace",
        namespace_name=namespace.name,
        namespace_id=namespace.id,
        namespace_arn=f"arn:{partition}:servicediscovery:{configuration.region}:{configuration.account}"
        f":namespace/{namespace.id}",
    )


def grpc_services(scope: Construct, configuration: Configuration, *, network: Network) -> list[RoutedService]:
    """Define every gRPC service of `configuration`, and the routes to those that exist already."""
    account = datadog(scope, configuration)
    return [
        *(
            _grpc_service(scope, name, wanted, network, account)
            for name, wanted in configuration.services.items()
        ),
        *(
            _existing_grpc_service(scope, name, wanted, network)
            for name, wanted in configuration.existing_services.items()
        ),
    ]


def _grpc_service(
    scope: Construct, name: str, wanted: Service, network: Network, account: Datadog | None
) -> GrpcService:
    service = GrpcService(
        scope,
        name,
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        name=name,
        image=container_image(scope, f"Image-{name}", wanted.image),
        port=wanted.port,
        grpc_services=wanted.grpc_services,
        cpu=wanted.cpu,
        memory_limit_mib=wanted.memory,
        min_tasks=wanted.tasks.min,
        max_tasks=wanted.tasks.max,
        cpu_percent=wanted.tasks.cpu_percent,
        environment=wanted.environment,
        secrets=_secrets(scope, name, wanted.secrets),
        container_health_check=_container_health_check(wanted.container_health_check),
        health_check=envoy_config.HealthCheck(wanted.health_check),
        discovery=_discovery(wanted),
        zone_aware=wanted.zone_aware,
        stop_timeout=_duration(wanted.stop_timeout),
        pre_stop_wait=_duration(wanted.pre_stop_wait) if wanted.pre_stop_wait else None,
        pre_stop_image=(
            container_image(scope, f"PreStopImage-{name}", wanted.pre_stop_image)
            if wanted.pre_stop_image
            else None
        ),
        datadog=account,
    )
    _allow_egress(service.connections, wanted.egress)
    return service


def _existing_grpc_service(
    scope: Construct, name: str, wanted: ExistingService, network: Network
) -> ExistingGrpcService:
    group = wanted.security_group
    return ExistingGrpcService(
        scope,
        name,
        namespace=network.namespace,
        cloud_map_service=wanted.cloud_map_service,
        port=wanted.port,
        grpc_services=wanted.grpc_services,
        security_group=(
            ec2.SecurityGroup.from_security_group_id(scope, f"SecurityGroup-{name}", group) if group else None
        ),
        health_check=envoy_config.HealthCheck(wanted.health_check),
        discovery=_discovery(wanted),
        zone_aware=wanted.zone_aware,
    )


def _discovery(wanted: Service | ExistingService) -> Discovery | None:
    return Discovery(wanted.discovery) if wanted.discovery else None


def envoy_proxy(
    scope: Construct,
    configuration: Configuration,
    *,
    network: Network,
    services: Sequence[RoutedService],
    security_group: ec2.ISecurityGroup,
) -> EnvoyProxy:
    """Define the proxy of `configuration` in front of `services`."""
    wanted = configuration.proxy
    sidecar = wanted.discovery
    proxy = EnvoyProxy(
        scope,
        "Proxy",
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        services=services,
        name=wanted.name,
        port=wanted.port,
        image=wanted.image,
        cpu=wanted.cpu,
        memory_limit_mib=wanted.memory,
        tasks=wanted.tasks,
        security_group=security_group,
        discovery_image=container_image(scope, "DiscoveryImage", sidecar.image) if sidecar.image else None,
        discovery_interval=_duration(sidecar.interval),
        telemetry=telemetry(scope, configuration),
    )
    allow_scrapes(scope, configuration, proxy)
    return proxy


def public_api(
    scope: Construct, configuration: Configuration, wanted: Api, *, network: Network, proxy: EnvoyProxy
) -> PublicApi:
    """Define the API that `wanted` describes, with the address of `proxy` and the right to call it."""
    api = PublicApi(
        scope,
        "Api",
        ecs_cluster=network.ecs_cluster,
        image=container_image(scope, "Image", wanted.image),
        certificate=acm.Certificate.from_certificate_arn(scope, "Certificate", wanted.certificate),
        port=wanted.port,
        health_path=wanted.health_path,
        cpu=wanted.cpu,
        memory_limit_mib=wanted.memory,
        min_tasks=wanted.tasks.min,
        max_tasks=wanted.tasks.max,
        cpu_percent=wanted.tasks.cpu_percent,
        environment={**wanted.environment, wanted.proxy_address_variable: proxy.address},
        secrets=_secrets(scope, "api", wanted.secrets),
        container_health_check=_container_health_check(wanted.container_health_check),
        datadog=datadog(scope, configuration),
    )
    _allow_egress(api.connections, wanted.egress)
    api.connections.allow_to_default_port(proxy, "gRPC through the proxy")
    return api


def _secrets(scope: Construct, owner: str, wanted: dict[str, str]) -> dict[str, ecs.Secret]:
    return {
        variable: ecs.Secret.from_secrets_manager(
            secretsmanager.Secret.from_secret_complete_arn(scope, f"Secret-{owner}-{variable}", arn)
        )
        for variable, arn in wanted.items()
    }


def _container_health_check(wanted: ContainerHealthCheck | None) -> ecs.HealthCheck | None:
    if wanted is None:
        return None
    command = wanted.command
    return ecs.HealthCheck(
        command=command if command[0] in {"CMD", "CMD-SHELL"} else ["CMD", *command],
        interval=_duration(wanted.interval),
        timeout=_duration(wanted.timeout),
        retries=wanted.retries,
        start_period=_duration(wanted.start_period),
    )


def _duration(time: timedelta) -> Duration:
    return Duration.millis(time / timedelta(milliseconds=1))


def _allow_egress(connections: ec2.Connections, wanted: Sequence[Egress]) -> None:
    for place in wanted:
        connections.allow_to(
            ec2.Peer.ipv4(place.cidr), ec2.Port.tcp(place.port), "egress in the configuration"
        )
