"""Envoy on Fargate, in the place of an internal load balancer."""

from collections.abc import Sequence
from datetime import timedelta

import jsii
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

import envoy_config
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.fargate.fargate_service import define_fargate_service
from ecs_envoy.fargate.ready_check import ready_check
from ecs_envoy.fargate.task_definition import define_log_group, define_task_definition, log_driver
from ecs_envoy.network.task_security_group import define_task_security_group
from ecs_envoy.plan.collector_settings import CollectorSettings
from ecs_envoy.plan.discovery_settings import INTERVAL, SIDECAR_PORT, discovery_settings, followed_services
from ecs_envoy.plan.envoy_command import envoy_command
from ecs_envoy.plan.proxy_memory import envoy_memory_mib, memory_problem
from ecs_envoy.proxy.discovery_container import (
    add_discovery_container,
    discover_statement,
    own_discovery_image,
)
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.settings.envoy_image import ENVOY_IMAGE, envoy_image_problem
from ecs_envoy.telemetry.collector_container import add_collector_container, trace_statement
from ecs_envoy.telemetry.datadog_check import envoy_check
from ecs_envoy.telemetry.log_queries import add_log_queries
from ecs_envoy.telemetry.telemetry import Telemetry
from envoy_config.telemetry import METRICS_PORT

ENVOY_USER = "101:101"
"""The user and group `envoy` of the stock image, by number as ECS wants it."""


@jsii.implements(ec2.IConnectable)
class EnvoyProxy(Construct):
    """Defines an Envoy proxy on Fargate that spreads gRPC calls over tasks.

    Clients dial `address`. Each service of `services` lets the proxy in; say who may call
    the proxy by `connections`. Envoy's whole bootstrap is on its command line: a diff shows
    it, and a rollback of the stack brings the last one back. Where a service is discovered by
    Cloud Map, a sidecar in the task asks for its tasks every second; its image is built by the
    CDK CLI, with Docker, unless one is given.

    Args:
        ecs_cluster: Where it runs, in private subnets of the cluster's VPC, in two zones
            or more.
        namespace: The Cloud Map namespace that lists the proxy's own tasks.
        services: The gRPC services it forwards to; at least one.
        name: Its name in the namespace, and Envoy's; `grpc` by default.
        port: The TCP port that clients dial; 50051 by default, as in gRPC's examples.
        image: Envoy's stock image or a copy of it, by exact version or digest; the
            version that this package is tested with by default.
        cpu: CPU units of a task; 256 (0.25 vCPU) by default, Fargate's smallest.
        memory_limit_mib: Memory of a task in MiB; 512 by default, Fargate's smallest.
        tasks: How many tasks; 2 by default, one for each of two zones.
        security_group: The tasks' security group; one that lets nobody in by default.
        discovery_image: The sidecar's image, for who has no Docker where the CDK CLI deploys;
            built from this package by default.
        discovery_interval: How often the sidecar asks Cloud Map for each service. 1 second by
            default; AWS charges for each million of calls.
        telemetry: Where its log, metrics and traces go; nothing but a sampled log by default.

    Attributes:
        name: Its name.
        full_name: `<name>.<namespace>`, which its metrics bear.
        services: The services it forwards to.
        telemetry: Where its log, metrics and traces go.
        ecs_service: The ECS service, for scaling and alarms of your own.
        discovery_container: The sidecar; None where DNS lists every service.
        log_group: The log of its containers, Envoy's access log in it.
        address: What clients dial, `<name>.<namespace>:<port>`.
        bootstrap: Envoy's bootstrap as JSON.

    Raises:
        ValueError: The image names no exact version, the port is below 1024, the VPC has
            private subnets in one zone only, the sidecars leave Envoy too little memory, or a call
            would have no service or two to go to.
        BootstrapTooLargeError: The bootstrap does not fit a task definition.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ecs_cluster: ecs.ICluster,
        namespace: servicediscovery.IPrivateDnsNamespace,
        services: Sequence[RoutedService],
        name: str = "grpc",
        port: int = 50051,
        image: str = ENVOY_IMAGE,
        cpu: int = 256,
        memory_limit_mib: int = 512,
        tasks: int = 2,
        security_group: ec2.ISecurityGroup | None = None,
        discovery_image: ecs.ContainerImage | None = None,
        discovery_interval: Duration | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if problem := envoy_image_problem(image):
            raise ValueError(f"{name}: {problem}")
        if port < 1024:
            raise ValueError(
                f"{name}: Envoy runs without root's rights, and {port} needs them; give 1024 or more"
            )
        _check_zones(name, ecs_cluster.vpc)
        followed = followed_services((service.upstream, service.cloud_map_service) for service in services)
        zone_aware = any(service.zone_aware for service in followed)
        if followed and port == SIDECAR_PORT:
            raise ValueError(f"{name}: {port} is the port of the discovery sidecar; give another")
        self.telemetry = told = telemetry or Telemetry()
        sidecars = told.sidecars(discovery=bool(followed))
        if problem := memory_problem(memory_limit_mib, sidecars):
            raise ValueError(f"{name}: {problem}")
        self.name, self.full_name = name, f"{name}.{namespace.namespace_name}"
        self.services = tuple(services)
        proxy = envoy_config.Proxy(
            name=name,
            memory_mib=envoy_memory_mib(memory_limit_mib, sidecars),
            port=port,
            access_log=told.access_log,
            metrics=told.of_envoy,
            tracing=told.tracing,
        )
        self.bootstrap = envoy_config.to_json(
            envoy_config.bootstrap(proxy, [service.upstream for service in services])
        )
        self.address = f"{self.full_name}:{port}"
        settings = discovery_settings(
            namespace=namespace.namespace_name,
            proxy=name,
            services=followed,
            interval=timedelta(milliseconds=discovery_interval.to_milliseconds())
            if discovery_interval
            else INTERVAL,
        )
        self.log_group = define_log_group(self, told.log_retention)
        log = log_driver(self.log_group)
        collector = self._collector_settings(discovery=bool(followed)) if "collector" in sidecars else None
        definition = define_task_definition(
            self,
            name=name,
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            log_group=self.log_group,
            datadog=told.datadog,
            is_proxy=True,
        )
        beside = [*([settings] if followed else []), *([collector] if collector else [])]
        envoy = definition.add_container(
            "Envoy",
            container_name="envoy",
            image=container_image(self, "Image", image),
            # The stock image's own entry point is a script that starts as root to become another user.
            entry_point=["/usr/local/bin/envoy"],
            command=envoy_command(self.bootstrap, cpu=cpu, beside=beside),
            user=ENVOY_USER,
            readonly_root_filesystem=True,
            port_mappings=[ecs.PortMapping(container_port=port)],
            health_check=ready_check(
                proxy.admin_address, proxy.admin_port, start_period=Duration.seconds(10)
            ),
            docker_labels=envoy_check(METRICS_PORT) if told.datadog else None,
            # Datadog's task definition puts its own log router in the place of none.
            logging=None if "datadog-log-router" in sidecars else log,
        )
        if collector:
            add_collector_container(definition, settings=collector, log=log)
            if told.tracing:
                definition.add_to_task_role_policy(trace_statement())
            if told.prometheus:
                told.prometheus.grant_write(definition.task_role)
            if self.metrics_log_group:
                self.metrics_log_group.grant(
                    definition.task_role,
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                )
        self.discovery_container = None
        if followed:
            self.discovery_container = add_discovery_container(
                definition,
                envoy,
                image=discovery_image or own_discovery_image(),
                region=Stack.of(self).region,
                settings=settings,
                log=log,
            )
            # Where zones matter it looks for its own peers, too.
            names = [*(service.cloud_map_service for service in followed), *([name] if zone_aware else [])]
            definition.add_to_task_role_policy(discover_statement(namespace.namespace_name, names))
        self.ecs_service = define_fargate_service(
            self,
            ecs_cluster=ecs_cluster,
            definition=definition,
            security_group=security_group
            or define_task_security_group(
                self, "SecurityGroup", vpc=ecs_cluster.vpc, description=f"Envoy proxy {name}"
            ),
            desired_count=tasks,
            cloud_map_options=ecs.CloudMapOptions(
                name=name,
                cloud_map_namespace=namespace,
                dns_record_type=servicediscovery.DnsRecordType.A,
                dns_ttl=Duration.seconds(5),
            ),
        )
        # A client that looks the proxy up gets this port with it: allow_default_port_from works.
        self._connections = ec2.Connections(
            security_groups=self.ecs_service.connections.security_groups, default_port=ec2.Port.tcp(port)
        )
        if zone_aware:
            # Sidecars tell each other how many calls arrive where.
            self._connections.allow_internally(ec2.Port.tcp(SIDECAR_PORT), "Traffic by zone, between proxies")
        if "datadog-log-router" not in sidecars:
            add_log_queries(self, log_group=self.log_group, proxy=name, access_log=told.access_log)
        for service in services:
            if service.connections:
                service.connections.allow_from(
                    self, ec2.Port.tcp(service.upstream.port), f"gRPC from the proxy {name}"
                )

    def allow_scrapes_from(self, other: ec2.IConnectable | ec2.IPeer) -> None:
        """Let `other` read the metrics, by `/stats/prometheus` at port 9903 of each task.

        Raises:
            ValueError: There are none; `Telemetry.metrics` turns them on.

        """
        if self.telemetry.of_envoy is None:
            raise ValueError(f"{self.name}: has no metrics to scrape; give telemetry=Telemetry(metrics=True)")
        self._connections.allow_from(other, ec2.Port.tcp(METRICS_PORT), "Prometheus scrapes the proxy")

    def _collector_settings(self, *, discovery: bool) -> str:
        stack, told = Stack.of(self), self.telemetry
        self.metrics_log_group = None
        if told.cloudwatch:
            self.metrics_log_group = logs.LogGroup(
                self,
                "MetricsLog",
                # CloudWatch has made metrics of its lines as they came.
                retention=logs.RetentionDays.ONE_DAY,
                removal_policy=RemovalPolicy.DESTROY,
            )
        return CollectorSettings(
            proxy=self.full_name,
            region=stack.region,
            discovery=discovery,
            cloudwatch_log_group=self.metrics_log_group.log_group_name if self.metrics_log_group else None,
            remote_write_url=told.prometheus.remote_write_url if told.prometheus else None,
            tracing=told.tracing is not None,
        ).to_json()

    @property
    @jsii.member(jsii_name="connections")
    def connections(self) -> ec2.Connections:
        """Who may call the proxy, as in `proxy.connections.allow_default_port_from(api)`."""
        return self._connections


def _check_zones(name: str, vpc: ec2.IVpc) -> None:
    zones = vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).availability_zones
    if len(set(zones)) < 2:
        raise ValueError(
            f"{name}: the VPC has private subnets in {len(set(zones))} availability zone; "
            "give one with private subnets in at least two"
        )
