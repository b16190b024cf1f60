"""A gRPC service that something else deploys."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

import envoy_config
from ecs_envoy.plan.discovery import Discovery, discovery_for


class ExistingGrpcService(Construct):
    """Defines nothing but the route to a gRPC service that Cloud Map lists already.

    Args:
        namespace: The Cloud Map namespace that lists its tasks.
        cloud_map_service: Its name in the namespace.
        port: The TCP port that tasks serve gRPC on. 50051 by default, as in gRPC's examples.
        grpc_services: The proto services routed to it, such as `learning.v1.Lessons`.
            Only the sole service of a proxy may leave them out: every call goes to it.
        security_group: Its tasks' security group, to let the proxy in. By default the
            owner of the service has to let it in.
        health_check: How Envoy checks a task; by TCP by default.
        discovery: How the proxy learns of its tasks. By Cloud Map by default, since nothing
            here says how many there are; DNS will do where there are 8 at most, always.
        zone_aware: Whether the proxy prefers the tasks of its own zone, where there are twice as
            many as zones; with Cloud Map only.

    Attributes:
        upstream: Where its tasks are found and which calls go to them.
        cloud_map_service: Its name in the namespace.
        connections: Who may call its tasks; None without `security_group`.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        namespace: servicediscovery.IPrivateDnsNamespace,
        cloud_map_service: str,
        port: int = 50051,
        grpc_services: Sequence[str] = (),
        security_group: ec2.ISecurityGroup | None = None,
        health_check: envoy_config.HealthCheck = envoy_config.HealthCheck.TCP,
        discovery: Discovery | None = None,
        zone_aware: bool = True,
    ) -> None:
        super().__init__(scope, construct_id)
        chosen = discovery_for(discovery, max_tasks=None)
        self.upstream = envoy_config.Service(
            name=construct_id,
            address=f"{cloud_map_service}.{namespace.namespace_name}",
            port=port,
            grpc_services=tuple(grpc_services),
            health_check=health_check,
            discovery=chosen.of_envoy,
            zone_aware=zone_aware and chosen is Discovery.CLOUD_MAP,
        )
        self.cloud_map_service = cloud_map_service
        self.connections = ec2.Connections(security_groups=[security_group]) if security_group else None
