"""A gRPC service on Fargate."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import jsii
from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

import envoy_config
from ecs_envoy.fargate.fargate_service import define_fargate_service, initial_count, scale
from ecs_envoy.fargate.task_definition import (
    add_service_container,
    define_log_group,
    define_task_definition,
    log_driver,
)
from ecs_envoy.network.task_security_group import define_task_security_group
from ecs_envoy.plan.discovery import Discovery, discovery_for, discovery_problem
from ecs_envoy.plan.stop_order import DNS_TTL, MOST_STOP_TIMEOUT, pre_stop_wait_problem
from ecs_envoy.services.pre_stop_container import PRE_STOP_IMAGE, add_pre_stop_container
from ecs_envoy.telemetry.datadog import Datadog


@jsii.implements(ec2.IConnectable)
class GrpcService(Construct):
    """Defines a gRPC service on Fargate that is listed in Cloud Map and called through Envoy.

    It lets nobody in until an `EnvoyProxy` routes to it, and its tasks reach only HTTPS
    until `connections.allow_to` says more. Deployments that fail are rolled back.

    Args:
        ecs_cluster: Where it runs, in private subnets of the cluster's VPC.
        namespace: The Cloud Map namespace that lists its tasks.
        name: Its name in the namespace: tasks are found at `<name>.<namespace>`.
        image: The container image.
        port: The TCP port that tasks serve gRPC on. 50051 by default, as in gRPC's examples.
        grpc_services: The proto services routed to it, such as `learning.v1.Lessons`.
            Only the sole service of a proxy may leave them out: every call goes to it.
        cpu: CPU units of a task; 256 (0.25 vCPU) by default, Fargate's smallest.
        memory_limit_mib: Memory of a task in MiB; 512 by default, Fargate's smallest.
        min_tasks: The fewest tasks; 2 by default, one for each of two zones.
        max_tasks: The most tasks; as many as `min_tasks` by default, without autoscaling.
        cpu_percent: The mean CPU in percent that autoscaling aims at; 60 by default.
        environment: Environment variables.
        secrets: Environment variables from Secrets Manager or Parameter Store; the
            execution role is granted each.
        container_health_check: The check that ECS runs inside the container, with a
            command that the image has. None by default: a task lives while its process does.
        health_check: How Envoy checks a task; by TCP by default.
        dns_ttl: How long DNS answers are kept, and so how soon Envoy finds a new task by DNS.
            5 seconds by default, Envoy's own rate of refresh.
        discovery: How the proxy learns of the tasks. By DNS by default where there are 8 at most,
            by Cloud Map where there may be more: a DNS answer lists no more.
        zone_aware: Whether the proxy prefers the tasks of its own zone, where there are twice as
            many as zones; by default, with Cloud Map only.
        stop_timeout: How long the server may take to end after SIGTERM. 30 seconds by default,
            as ECS has it; Fargate allows 120 at most.
        pre_stop_wait: How long a task that is to stop serves on before its server gets SIGTERM, for
            servers that end at once: a second container holds the signal back. It has to cover
            the time until the proxies have heard: 12 seconds with DNS by default, 4 with Cloud Map.
            None by default: the server itself has to serve on.
        pre_stop_image: The image of that container, with a shell and `sleep`; BusyBox by default.
        datadog: Whom an agent in each task reports to, which takes 256 MiB of the task's memory; no
            agent by default.

    Attributes:
        ecs_service: The ECS service, for scaling and alarms of your own.
        task_role: The tasks' IAM role, for grants of your own, as in
            `bucket.grant_read(lessons.task_role)`.
        upstream: Where its tasks are found and which calls go to them.
        cloud_map_service: Its name in the namespace.

    Raises:
        ValueError: `max_tasks` is below `min_tasks` or more than DNS lists, the pre-stop wait is
            shorter than the proxies need, or a time is longer than Fargate allows.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ecs_cluster: ecs.ICluster,
        namespace: servicediscovery.IPrivateDnsNamespace,
        name: str,
        image: ecs.ContainerImage,
        port: int = 50051,
        grpc_services: Sequence[str] = (),
        cpu: int = 256,
        memory_limit_mib: int = 512,
        min_tasks: int = 2,
        max_tasks: int | None = None,
        cpu_percent: int = 60,
        environment: Mapping[str, str] | None = None,
        secrets: Mapping[str, ecs.Secret] | None = None,
        container_health_check: ecs.HealthCheck | None = None,
        health_check: envoy_config.HealthCheck = envoy_config.HealthCheck.TCP,
        dns_ttl: Duration | None = None,
        discovery: Discovery | None = None,
        zone_aware: bool = True,
        stop_timeout: Duration | None = None,
        pre_stop_wait: Duration | None = None,
        pre_stop_image: ecs.ContainerImage | None = None,
        datadog: Datadog | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        most = min_tasks if max_tasks is None else max_tasks
        if most < min_tasks:
            raise ValueError(f"{name}: max_tasks is {most}, below min_tasks; give {min_tasks} or more")
        if problem := discovery_problem(discovery, max_tasks=most):
            raise ValueError(f"{name}: {problem}")
        chosen, ttl = (
            discovery_for(discovery, max_tasks=most),
            dns_ttl or Duration.seconds(DNS_TTL.total_seconds()),
        )
        ending = stop_timeout or Duration.seconds(30)
        _check_stop(name, chosen, ttl=ttl, stop_timeout=ending, pre_stop_wait=pre_stop_wait)
        self.upstream = envoy_config.Service(
            name=name,
            address=f"{name}.{namespace.namespace_name}",
            port=port,
            grpc_services=tuple(grpc_services),
            health_check=health_check,
            max_tasks=most,
            discovery=chosen.of_envoy,
            zone_aware=zone_aware and chosen is Discovery.CLOUD_MAP,
        )
        self.cloud_map_service = name
        group = define_log_group(self)
        definition = define_task_definition(
            self,
            name=name,
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            log_group=group,
            datadog=datadog,
        )
        log = log_driver(group)
        server = add_service_container(
            definition,
            image=image,
            port=port,
            environment=environment,
            secrets=secrets,
            container_health_check=container_health_check,
            log=log,
            stop_timeout=ending,
        )
        if pre_stop_wait:
            add_pre_stop_container(
                definition,
                server,
                image=pre_stop_image or ecs.ContainerImage.from_registry(PRE_STOP_IMAGE),
                wait=pre_stop_wait,
                log=log,
            )
        self.task_role = definition.task_role
        self.ecs_service = define_fargate_service(
            self,
            ecs_cluster=ecs_cluster,
            definition=definition,
            security_group=define_task_security_group(
                self, "SecurityGroup", vpc=ecs_cluster.vpc, description=f"Tasks of the gRPC service {name}"
            ),
            desired_count=initial_count(min_tasks, most),
            cloud_map_options=ecs.CloudMapOptions(
                name=name,
                cloud_map_namespace=namespace,
                dns_record_type=servicediscovery.DnsRecordType.A,
                dns_ttl=ttl,
            ),
        )
        scale(self.ecs_service, min_tasks=min_tasks, max_tasks=most, cpu_percent=cpu_percent)

    @property
    @jsii.member(jsii_name="connections")
    def connections(self) -> ec2.Connections:
        """Who may call the tasks and whom they may call, as in `connections.allow_to(database, port)`."""
        return self.ecs_service.connections


def _check_stop(
    name: str, discovery: Discovery, *, ttl: Duration, stop_timeout: Duration, pre_stop_wait: Duration | None
) -> None:
    most = MOST_STOP_TIMEOUT.total_seconds()
    if not 2 <= stop_timeout.to_seconds() <= most:
        raise ValueError(
            f"{name}: a stop timeout of {stop_timeout.to_seconds():.0f}s is none of Fargate's; "
            f"give 2s to {most:.0f}s"
        )
    if pre_stop_wait and (
        problem := pre_stop_wait_problem(
            timedelta(seconds=pre_stop_wait.to_seconds()), discovery, timedelta(seconds=ttl.to_seconds())
        )
    ):
        raise ValueError(f"{name}: {problem}")
