"""The construct for an Envoy proxy on Fargate, which replaces an internal load balancer."""

from collections.abc import Sequence

import jsii
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.fargate.arguments import (
    ContainerImage,
    DrainTime,
    PollIntervalTime,
    argument_findings,
    timedelta_of,
)
from ecs_envoy.fargate.fargate_service import define_fargate_service
from ecs_envoy.network.cloud_map_name import Registry
from ecs_envoy.network.task_security_group import define_task_security_group
from ecs_envoy.network.zones import zone_findings
from ecs_envoy.plan.discovery import INTERVAL, SIDECAR_PORT
from ecs_envoy.plan.proxy_task import PROXY_RULES, ProxyTask, ProxyTaskInput, plan_proxy_task
from ecs_envoy.plan.reach.proxy_access import ACCESS_RULES, ProxyAccess
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.plan.sidecars import envoy_memory_mib
from ecs_envoy.plan.stop.proxy_stop import DRAIN, ProxyStop, max_healthy_percent
from ecs_envoy.plan.stop.service_stop import DNS_TTL
from ecs_envoy.proxy.access import allow_clients, allow_services, unreachable, warn_if_closed
from ecs_envoy.proxy.containers import ProxyContainers, ProxyImages, define_proxy_containers
from ecs_envoy.proxy.names import define_names
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.proxy.scaling import open_calls, scale_proxy
from ecs_envoy.settings.arguments import checked_arguments, refuse
from ecs_envoy.settings.envoy_image import ENVOY_IMAGE, EnvoyImage
from ecs_envoy.settings.image_mirror import EcrRegistry
from ecs_envoy.settings.tasks import CPU, MEMORY_MIB, PROXY_CPU_PERCENT, PROXY_NAME, TASKS
from ecs_envoy.settings.values import Cpu, CpuPercent, DnsLabel, Memory, Tasks
from ecs_envoy.telemetry.log_queries import add_log_queries
from ecs_envoy.telemetry.telemetry import Telemetry
from envoy_config.settings_error import Finding
from envoy_config.telemetry import METRICS_PORT
from envoy_config.upstream import GRPC_PORT
from envoy_config.values import Connections, UnprivilegedPort


@jsii.implements(ec2.IConnectable)
class EnvoyProxy(Construct):
    """Defines an Envoy proxy on Fargate that spreads gRPC calls over tasks.

    Clients dial `address`, and then the proto service of a call decides where it goes. By
    `<service>.<name>.<namespace>`, or one of the `hosts` of a service's `upstream`, every call goes to that
    service. Each service in `services` allows calls from the proxy. Use
    `connections` to allow clients to call the proxy. Envoy's whole bootstrap is on its command
    line: a diff shows it, and a rollback of the stack restores the previous one. If a service is
    discovered by Cloud Map, a sidecar in the task polls its tasks every second. The CDK CLI builds
    the sidecar's image with Docker, unless `discovery_image` is given.

    Args:
        ecs_cluster: The ECS cluster. Tasks run in private subnets of its VPC, in two zones or more.
        namespace: The Cloud Map namespace that lists the proxy's own tasks.
        services: The gRPC services that it routes to; at least one.
        environment: The environment's name, such as dev, which is a part of its name in metrics and
            of the names of saved queries. By default the name of its stack.
        name: Its name in the namespace, which is also Envoy's name; `grpc` by default.
        aliases: Further names in the namespace that lead to the proxy, as CNAME records. To rename a
            proxy without an outage, add the new name here, and keep `name`: a changed `name` ends the
            old one at once. None by default.
        port: The TCP port that clients dial; 50051 by default, as in gRPC's examples.
        further_ports: Further TCP ports that clients may dial, with the same routes; none by default.
            `allow_calls_from` opens every port, and `connections` has `port` as its default port.
        image: Envoy's stock image or a copy of it, by exact version or digest. By default the
            version that this package is tested with.
        image_mirror: The host name of a private registry in ECR, from which the public images come, as
            copies with the prefixes `docker-hub/` and `ecr-public/`. A pull-through cache may make
            them: the execution role may import them. By default they are pulled from Docker Hub, which
            limits anonymous pulls, and from ECR Public.
        cpu: CPU units of a task; 256 (0.25 vCPU) by default, Fargate's smallest.
        memory_limit_mib: Memory of a task in MiB; 512 by default, Fargate's smallest.
        max_connections: Connections of clients to a task; by default four for each MiB of Envoy's.
        drain: How long open calls may go on once a task stops and its clients have been told to leave; 20
            seconds by default, the most that Fargate leaves.
        tasks: The number of tasks, or the fewest; 2 by default, one for each of two zones.
        max_tasks: The most tasks; `tasks` by default, which means no autoscaling. A proxy that scales
            follows its CPU and, if its `telemetry` has `cloudwatch`, the calls that are open.
        cpu_percent: The mean CPU that autoscaling aims at, in percent; 45 by default.
        clients: Who may call it: constructs such as a `GrpcService` of its own, security groups, and
            peers such as `ec2.Peer.ipv4("10.0.0.0/16")` or `ec2.Peer.prefix_list("pl-...")`. None by
            default; a client that is defined later calls `client.connections.allow_to_default_port(proxy)`.
            A proxy that nobody may call gets a warning.
        security_group: The tasks' security group; by default a new one without inbound rules.
        discovery_image: The sidecar's image, for deployments from a machine without Docker; by
            default it is built from this package.
        discovery_interval: The time between two polls of Cloud Map for a service. 1 second by
            default; AWS charges for the API calls.
        telemetry: Where its log, metrics and traces go; by default there is only a sampled log.

    Attributes:
        name: Its name.
        full_name: `<name>.<namespace>`.
        metrics_name: `<environment>/<name>.<namespace>`, a label of its metrics.
        services: The services that it routes to.
        telemetry: Where its log, metrics and traces go.
        ecs_service: The ECS service, for your own scaling and alarms.
        discovery_container: The sidecar; None if DNS is used for every service.
        drain_container: The container that ECS stops first, and that decides when Envoy ends.
        log_group: The log group of its containers, which contains Envoy's access log.
        address: The address that clients dial, `<name>.<namespace>:<port>`.
        ports: Every TCP port that clients may dial, `port` first.
        plan: The settings that its containers are deployed with, including Envoy's bootstrap.

    Raises:
        ArgumentError: A value is not allowed; the message has a line for each mistake.
        BootstrapTooLargeError: The bootstrap does not fit a command line.

    """

    @checked_arguments
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ecs_cluster: ecs.ICluster,
        namespace: servicediscovery.IPrivateDnsNamespace,
        services: Sequence[RoutedService],
        environment: DnsLabel | None = None,
        name: DnsLabel = PROXY_NAME,
        aliases: Sequence[DnsLabel] = (),
        port: UnprivilegedPort = GRPC_PORT,
        further_ports: Sequence[UnprivilegedPort] = (),
        image: EnvoyImage = ENVOY_IMAGE,
        image_mirror: EcrRegistry | None = None,
        cpu: Cpu = CPU,
        memory_limit_mib: Memory = MEMORY_MIB,
        max_connections: Connections | None = None,
        drain: DrainTime | None = None,
        tasks: Tasks = TASKS,
        max_tasks: Tasks | None = None,
        cpu_percent: CpuPercent = PROXY_CPU_PERCENT,
        clients: Sequence[ec2.IConnectable] = (),
        security_group: ec2.ISecurityGroup | None = None,
        discovery_image: ContainerImage | None = None,
        discovery_interval: PollIntervalTime | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        telemetry = telemetry or Telemetry()
        task = ProxyTaskInput(
            environment=environment or Stack.of(scope).stack_name,
            name=name,
            namespace=namespace.namespace_name,
            namespace_id=namespace.namespace_id,
            region=Stack.of(scope).region,
            aliases=aliases,
            port=port,
            further_ports=further_ports,
            cpu=cpu,
            memory_mib=memory_limit_mib,
            min_tasks=tasks,
            max_tasks=max_tasks or tasks,
            max_connections=max_connections,
            services=[service.plan for service in services],
            telemetry=telemetry.for_proxy(cloudwatch_log_group=f"{name}-metrics"),
            discovery_interval=timedelta_of(discovery_interval) if discovery_interval else INTERVAL,
            stop=ProxyStop(drain=timedelta_of(drain) if drain else DRAIN),
        )
        access = ProxyAccess(clients=len(clients), ports=1 + len(further_ports))
        plan = _plan(construct_id, task, _network_findings(access, services, ecs_cluster.vpc))
        super().__init__(scope, construct_id)
        define_names(self, name, aliases, [s.plan.name for s in services], namespace=namespace)
        self.plan, self.telemetry, self.services, self.name = plan, telemetry, tuple(services), name
        self.full_name, self.metrics_name = task.full_name, task.metrics_name
        self.address, self.ports = f"{task.full_name}:{port}", (port, *further_ports)
        images = ProxyImages(envoy=image, discovery=discovery_image, mirror=image_mirror)
        made = define_proxy_containers(self, task, plan, images, namespace=namespace, telemetry=telemetry)
        self._keep(made)
        self.ecs_service = self._define_service(made.definition, task, ecs_cluster, namespace, security_group)
        self._complete(task, cpu_percent, clients, security_group)

    def _keep(self, made: ProxyContainers) -> None:
        self.log_group, self.metrics_log_group = made.log_group, made.metrics_log_group
        self.discovery_container, self.drain_container = made.discovery, made.drain

    def _complete(
        self,
        task: ProxyTaskInput,
        cpu_percent: int,
        clients: Sequence[ec2.IConnectable],
        security_group: ec2.ISecurityGroup | None,
    ) -> None:
        """Define what comes after the service: its scaling, saved queries and rules for calls."""
        self._connections = self._define_connections(task.port)
        self._scale(task, cpu_percent)
        self._define_log_queries()
        self._define_rules(clients, security_group)

    def _define_rules(
        self, clients: Sequence[ec2.IConnectable], security_group: ec2.ISecurityGroup | None
    ) -> None:
        self._shares_group = security_group is not None and Stack.of(security_group) is not Stack.of(self)
        vpc = self.ecs_service.cluster.vpc
        allow_services(self, self.services, vpc=vpc, name=self.name, shared=self._shares_group)
        for client in clients:
            self.allow_calls_from(client)
        if not clients:
            (group,) = self._connections.security_groups
            warn_if_closed(self, group, ports=self.ports)

    def _define_log_queries(self) -> None:
        if self.plan.logs_to_datadog:
            return
        log = self.telemetry.access_log
        add_log_queries(self, log_group=self.log_group, proxy=self.metrics_name, access_log=log)

    def _define_service(
        self,
        definition: ecs.FargateTaskDefinition,
        task: ProxyTaskInput,
        ecs_cluster: ecs.ICluster,
        namespace: servicediscovery.IPrivateDnsNamespace,
        security_group: ec2.ISecurityGroup | None,
    ) -> ecs.FargateService:
        return define_fargate_service(
            self,
            ecs_cluster=ecs_cluster,
            definition=definition,
            security_group=security_group
            or define_task_security_group(
                self, "SecurityGroup", vpc=ecs_cluster.vpc, description=f"Envoy proxy {self.name}"
            ),
            # With a count in the template, every deployment would undo autoscaling.
            desired_count=task.min_tasks if task.min_tasks == task.max_tasks else None,
            max_healthy_percent=max_healthy_percent(task.min_tasks),
            registry=Registry(namespace=namespace, name=self.name, ttl=DNS_TTL),
        )

    def _scale(self, task: ProxyTaskInput, cpu_percent: int) -> None:
        if task.min_tasks == task.max_tasks:
            return
        scale_proxy(
            self.ecs_service,
            min_tasks=task.min_tasks,
            max_tasks=task.max_tasks,
            cpu_percent=cpu_percent,
            open_calls=open_calls(self.metrics_name) if self.telemetry.cloudwatch else None,
            envoy_memory_mib=envoy_memory_mib(task.memory_mib, task.sidecars),
        )

    def _define_connections(self, port: int) -> ec2.Connections:
        connections = ec2.Connections(
            security_groups=self.ecs_service.connections.security_groups,
            default_port=ec2.Port.tcp(port),  # with it, `allow_default_port_from` works
        )
        if self.plan.shares_traffic:
            # Sidecars tell each other how many calls arrive in which zone.
            connections.allow_internally(ec2.Port.tcp(SIDECAR_PORT), "Traffic by zone, between proxies")
        return connections

    def allow_calls_from(self, client: ec2.IConnectable) -> None:
        """Let `client` call it at every port, and let the security group of `client` do so.

        If the proxy's security group is in another stack, the rules go into the stack of `client`; otherwise
        into that of the proxy.
        """
        allow_clients(self, [client], ports=self.ports, shared=self._shares_group)

    def allow_scrapes_from(self, other: ec2.IConnectable | ec2.IPeer) -> None:
        """Let `other` read the metrics at `/stats/prometheus` on port 9903 of each task.

        Raises:
            ValueError: The proxy has no metrics; `Telemetry.metrics` turns them on.

        """
        if not self.telemetry.has_metrics:
            raise ValueError(f"{self.name}: has no metrics; give it telemetry=Telemetry(metrics=True)")
        self._connections.allow_from(other, ec2.Port.tcp(METRICS_PORT), "Prometheus scrapes the proxy")

    @property
    @jsii.member(jsii_name="connections")
    def connections(self) -> ec2.Connections:
        """Who may call the proxy, as in `proxy.connections.allow_default_port_from(api)`."""
        return self._connections


def _plan(construct_id: str, task: ProxyTaskInput, findings: Sequence[Finding]) -> ProxyTask:
    """Return the plan of `task`, unless there are `findings` or its rules have some."""
    refuse(construct_id, argument_findings([*rule_findings(PROXY_RULES, task), *findings]))
    return plan_proxy_task(task)


def _network_findings(access: ProxyAccess, services: Sequence[RoutedService], vpc: ec2.IVpc) -> list[Finding]:
    return [*rule_findings(ACCESS_RULES, access), *unreachable(services, vpc), *zone_findings(vpc)]
