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
    PolicyArgument,
    PollIntervalTime,
    timedelta_of,
)
from ecs_envoy.network.overrides import override
from ecs_envoy.network.place import Place
from ecs_envoy.plan.discovery import INTERVAL
from ecs_envoy.plan.proxy.discovery_events import EVENTS
from ecs_envoy.plan.proxy_task import ProxyTaskInput
from ecs_envoy.plan.stop.proxy_stop import DRAIN, ProxyStop
from ecs_envoy.proxy.access import allow_clients, allow_services, define_connections, warn_if_closed
from ecs_envoy.proxy.checked_plan import checked_plan
from ecs_envoy.proxy.containers import ProxyContainers, ProxyImages, define_proxy_containers
from ecs_envoy.proxy.environment import environment_of
from ecs_envoy.proxy.names import define_names
from ecs_envoy.proxy.proxy_service import define_proxy_service, proxy_places
from ecs_envoy.proxy.routed_service import RoutedService, ScaledService
from ecs_envoy.proxy.scaling import scale_by_calls, scaling_findings
from ecs_envoy.settings.arguments import checked_arguments, refuse
from ecs_envoy.settings.envoy_image import ENVOY_IMAGE, EnvoyImage
from ecs_envoy.settings.image_mirror import EcrRegistry
from ecs_envoy.settings.task.options import TaskOptions
from ecs_envoy.settings.task.overrides import ProxyOverrides
from ecs_envoy.settings.tasks import CPU, MEMORY_MIB, PROXY_CPU_PERCENT, PROXY_NAME, TASKS
from ecs_envoy.settings.values import CallsPerSecond, Cpu, CpuPercent, DnsLabel, Memory, Tasks
from ecs_envoy.telemetry.log_queries import add_log_queries
from ecs_envoy.telemetry.telemetry import Telemetry
from envoy_config import TrafficPolicy
from envoy_config.policy.fault import FaultInjection
from envoy_config.telemetry import METRICS_PORT
from envoy_config.upstream import GRPC_PORT
from envoy_config.values import Connections, Flag, UnprivilegedPort


@jsii.implements(ec2.IConnectable)
class EnvoyProxy(Construct):
    """Defines an Envoy proxy on Fargate that spreads gRPC calls over tasks.

    Clients dial `address`, and then the proto service of a call decides where it goes. By
    `<service>.<name>.<namespace>`, or one of the `hosts` of a service's `upstream`, every call goes to that
    service. Each service in `services` allows calls from the proxy. Use `connections` to allow clients to
    call the proxy. Envoy's whole bootstrap is on its command line: a diff shows it, and a rollback of the
    stack restores the previous one. If a service is discovered by Cloud Map, a sidecar in the task asks for
    its tasks. The CDK CLI builds the sidecar's image with Docker, unless `discovery_image` is given.

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
        image: Envoy's stock image or a copy of it, by exact version or digest; the tested one by default.
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
        discovery_events: Whether ECS's events say which service to ask about, and the others are asked
            about every 30 seconds; True by default. It makes a rule and a queue.
        policy: How it treats calls where a service's policy does not say it.
        fault_injection: Whether a policy may have a `fault`, `"allowed"` by default; give `"refused"` in
            production.
        telemetry: Where its log, metrics and traces go; by default there is only a sampled log.
        options: How its tasks run on Fargate: architecture, capacity providers and more; the defaults of
            `TaskOptions` by default. Fargate Spot is a risk for a proxy, and gets a warning.
        place: The subnets of the tasks; the VPC's private subnets by default.
        overrides: Properties of CloudFormation resources that have no argument, by place and path.

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
        BootstrapTooLargeError: The bootstrap does not fit the task definition, not even packed.

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
        discovery_events: Flag = EVENTS,
        policy: PolicyArgument | None = None,
        fault_injection: FaultInjection = "allowed",
        telemetry: Telemetry | None = None,
        options: TaskOptions | None = None,
        place: Place | None = None,
        overrides: ProxyOverrides | None = None,
    ) -> None:
        telemetry, options, place = telemetry or Telemetry(), options or TaskOptions(), place or Place()
        task = ProxyTaskInput(
            **environment_of(scope, environment, name, namespace),
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
            discovery_events=discovery_events,
            stop=ProxyStop(drain=timedelta_of(drain) if drain else DRAIN),
            options=options,
            policy=policy or TrafficPolicy(),
            fault_injection=fault_injection,
        )
        plan = checked_plan(construct_id, task, clients, services, vpc=ecs_cluster.vpc, place=place)
        super().__init__(scope, construct_id)
        self.plan, self.telemetry, self.services = plan, telemetry, tuple(services)
        images = ProxyImages(envoy=image, discovery=discovery_image, mirror=image_mirror)
        made = self._define_tasks(task, images, ecs_cluster, namespace, security_group, place, cpu_percent)
        self._complete(made, clients, security_group, overrides)

    def _name(self, task: ProxyTaskInput, namespace: servicediscovery.IPrivateDnsNamespace) -> None:
        own_names = [service.name for service in task.services]
        define_names(self, task.name, task.aliases, own_names, namespace=namespace)
        self.ports = (task.port, *task.further_ports)
        self.name, self.full_name, self.metrics_name = task.name, task.full_name, task.metrics_name
        self.address = f"{task.full_name}:{task.port}"

    def _define_tasks(
        self,
        task: ProxyTaskInput,
        images: ProxyImages,
        ecs_cluster: ecs.ICluster,
        namespace: servicediscovery.IPrivateDnsNamespace,
        security_group: ec2.ISecurityGroup | None,
        place: Place,
        cpu_percent: int,
    ) -> ProxyContainers:
        self._name(task, namespace)
        made = define_proxy_containers(
            self,
            task,
            self.plan,
            images,
            ecs_cluster=ecs_cluster,
            namespace=namespace,
            telemetry=self.telemetry,
        )
        self.log_group, self.metrics_log_group = made.log_group, made.metrics_log_group
        self.discovery_container, self.drain_container = made.discovery, made.drain
        self.ecs_service = define_proxy_service(
            self,
            task,
            made.definition,
            ecs_cluster=ecs_cluster,
            namespace=namespace,
            security_group=security_group,
            place=place,
            cpu_percent=cpu_percent,
        )
        self._connections = define_connections(
            self.ecs_service, port=task.port, sidecars_talk=self.plan.sidecars_talk
        )
        if not self.plan.logs_to_datadog:
            log = self.telemetry.access_log
            add_log_queries(self, log_group=self.log_group, proxy=self.metrics_name, access_log=log)
        return made

    def _complete(
        self,
        made: ProxyContainers,
        clients: Sequence[ec2.IConnectable],
        security_group: ec2.ISecurityGroup | None,
        overrides: ProxyOverrides | None,
    ) -> None:
        """Define what the proxy may call, and who may call it, and override properties."""
        self._shares_group = security_group is not None and Stack.of(security_group) is not Stack.of(self)
        # Not `self`, because Node would ask Python for its connections for each service.
        own, vpc = self._connections, self.ecs_service.cluster.vpc
        allow_services(
            own, self.services, self.plan.ports, vpc=vpc, name=self.name, shared=self._shares_group
        )
        for client in clients:
            self.allow_calls_from(client)
        if not clients:
            (group,) = self._connections.security_groups
            warn_if_closed(self, group, ports=self.ports)
        override(self.node.id, lambda: proxy_places(made, self.ecs_service), overrides)

    def allow_calls_from(self, client: ec2.IConnectable) -> None:
        """Let `client` call it at every port, and let the security group of `client` do so.

        If the proxy's security group is in another stack, the rules go into the stack of `client`; otherwise
        into that of the proxy.
        """
        allow_clients(self, [client], ports=self.ports, shared=self._shares_group)

    def scale_by_calls(self, service: ScaledService, *, calls_per_second: CallsPerSecond) -> None:
        """Scale `service`, a `GrpcService` with `max_tasks`, by the calls a second that each task gets.

        Raises:
            ArgumentError: The proxy sends no metrics to CloudWatch, the service is not one of its own, does
                not scale, or scales by its calls already.

        """
        counted = self.telemetry.cloudwatch
        refuse(
            self.node.id,
            scaling_findings(service, calls_per_second, carried=self.services, cloudwatch=counted),
        )
        scale_by_calls(service, proxy=self.metrics_name, calls_per_second=calls_per_second)

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
