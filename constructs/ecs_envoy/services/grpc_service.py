"""The construct for a gRPC service on Fargate."""

import functools
from collections.abc import Iterator
from typing import Annotated

import jsii
from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct, IConstruct

from ecs_envoy.fargate.arguments import (
    ContainerHealthCheck,
    ContainerImage,
    DnsTtlTime,
    Environment,
    PolicyArgument,
    PreStopWaitTime,
    Secrets,
    StopTimeoutTime,
    argument_findings,
    duration_of,
    timedelta_of,
)
from ecs_envoy.fargate.places import places
from ecs_envoy.fargate.server import Server, Task
from ecs_envoy.network.cloud_map_name import Registry, claim_cloud_map_names
from ecs_envoy.network.overrides import override
from ecs_envoy.network.place import Place
from ecs_envoy.plan.discovery import DISCOVERY, Discovery
from ecs_envoy.plan.reach.service_location import InCloudMap
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.plan.service_plan import SERVICE_RULES, ServicePlan
from ecs_envoy.plan.stop.service_stop import DNS_TTL, STOP_TIMEOUT, TaskStop
from ecs_envoy.services.pre_stop_container import add_pre_stop_container
from ecs_envoy.settings.arguments import Example, checked_arguments, refuse
from ecs_envoy.settings.image_mirror import EcrRegistry
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.settings.task.overrides import ServiceOverrides
from ecs_envoy.settings.tasks import CPU, CPU_PERCENT, MEMORY_MIB, TASKS
from ecs_envoy.settings.values import (
    Cpu,
    CpuPercent,
    DnsLabel,
    Memory,
    MemoryPercent,
    Tasks,
)
from ecs_envoy.telemetry.datadog import Datadog
from envoy_config import TrafficPolicy, Upstream
from envoy_config.settings_error import Finding


@jsii.implements(ec2.IConnectable)
class GrpcService(Construct):
    """Defines a gRPC service on Fargate that is listed in Cloud Map and called through Envoy.

    Its security group allows no calls until an `EnvoyProxy` routes to it. Its tasks can connect only
    to HTTPS, unless `connections.allow_to` allows more. Failed deployments are rolled back.

    Args:
        ecs_cluster: The ECS cluster. Tasks run in private subnets of its VPC.
        namespace: The Cloud Map namespace that lists its tasks.
        name: Its name in the namespace: the tasks' DNS name is `<name>.<namespace>`.
        image: The container image.
        upstream: Which calls go to it: the proto services and hosts routed to it, and the port of its
            tasks. By default the port is 50051, as in gRPC's examples, and all calls of the
            proxy are routed to them; this works only if the proxy has no other service.
        policy: How the proxy treats its calls: timeouts, retries, load balancing, health checks and more.
            What it does not give is as in the policy of the proxy.
        cpu: CPU units of a task; 256 (0.25 vCPU) by default, Fargate's smallest.
        memory_limit_mib: Memory of a task in MiB; 512 by default, Fargate's smallest.
        min_tasks: The fewest tasks; 2 by default, one for each of two zones.
        max_tasks: The most tasks; `min_tasks` by default, which means no autoscaling.
        cpu_percent: The mean CPU in percent that autoscaling aims at; 60 by default.
        environment: Environment variables.
        secrets: Environment variables from Secrets Manager or Parameter Store; the
            execution role may read each of them.
        container_health_check: The check that ECS runs inside the container; the image must contain
            its command. None by default: a task counts as healthy while its process runs.
        dns_ttl: How long DNS answers are kept. 5 seconds by default, which is also Envoy's default
            refresh rate. By DNS, Envoy finds a new task after this time, a refresh, and the 60 seconds
            that Route 53 takes to show a change.
        discovery: How the proxy finds the tasks: `cloud_map` by default, which sees a change within 2
            seconds and needs a sidecar in the proxy's task. `dns` needs nothing, takes up to 70 seconds,
            and finds at most 4 tasks, because a DNS answer lists the 8 that run during a deployment.
        stop_timeout: How long the server may take to end after SIGTERM. 30 seconds by default,
            as in ECS; Fargate allows at most 120.
        pre_stop_wait: How long a task keeps serving before its server gets SIGTERM: a second container
            delays the signal. The wait has to last until the proxies know that the task stops: 4 seconds
            with Cloud Map and 72 with DNS, which are the defaults. `Duration.seconds(0)` adds no
            container; then the server itself has to keep serving after SIGTERM.
        pre_stop_image: The image of that container, with a shell and `sleep`; BusyBox by default.
        datadog: The account that Datadog's agent in each task reports to; the agent takes 256 MiB of
            the task's memory. No agent by default.
        image_mirror: The private registry in ECR from which the public images that we add come, as for
            `EnvoyProxy`.
        memory_percent: The mean memory in percent that autoscaling aims at besides the CPU; none by default.
        options: How the task runs on Fargate, and what is in it beside the server: architecture, roles,
            file systems, sidecars and more. The defaults of `ServerOptions` by default.
        place: The subnets of the tasks; the VPC's private subnets by default.
        upstream_security_group: A security group without rules that its tasks carry besides their own, such
            as `network.upstream_security_group`. The proxy's outbound rules then name this group, once for
            all services that carry it. By default there is a rule for this service, and a security group has
            at most 60.
        overrides: Properties of CloudFormation resources that have no argument, by place and path, as in
            `{"task_definition": {"PidMode": "task"}}`.

    Attributes:
        ecs_service: The ECS service, for your own scaling and alarms.
        task_role: The tasks' IAM role, for your own grants, as in
            `bucket.grant_read(lessons.task_role)`.
        upstream_security_group: The group that its tasks carry besides their own; None without one.
        plan: What a proxy needs to know about it.

    Raises:
        ArgumentError: A value is not allowed; the message has a line for each mistake.

    """

    @checked_arguments
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ecs_cluster: ecs.ICluster,
        namespace: servicediscovery.IPrivateDnsNamespace,
        name: DnsLabel,
        image: ContainerImage,
        upstream: Annotated[Upstream, Example("Upstream(port=50051)")] | None = None,
        policy: PolicyArgument | None = None,
        cpu: Cpu = CPU,
        memory_limit_mib: Memory = MEMORY_MIB,
        min_tasks: Tasks = TASKS,
        max_tasks: Tasks | None = None,
        cpu_percent: CpuPercent = CPU_PERCENT,
        environment: Environment | None = None,
        secrets: Secrets | None = None,
        container_health_check: ContainerHealthCheck | None = None,
        dns_ttl: DnsTtlTime | None = None,
        discovery: Discovery | None = None,
        stop_timeout: StopTimeoutTime | None = None,
        pre_stop_wait: PreStopWaitTime | None = None,
        pre_stop_image: ContainerImage | None = None,
        datadog: Datadog | None = None,
        image_mirror: EcrRegistry | None = None,
        memory_percent: MemoryPercent | None = None,
        options: ServerOptions | None = None,
        place: Place | None = None,
        upstream_security_group: ec2.ISecurityGroup | None = None,
        overrides: ServiceOverrides | None = None,
    ) -> None:
        stop, most = _task_stop(dns_ttl, stop_timeout, pre_stop_wait, pre_stop_image), max_tasks or min_tasks
        plan = _plan(name, namespace, upstream, policy, discovery, most, stop, upstream_security_group)
        server = Server(
            name=name,
            image=image,
            port=plan.upstream.port,
            cpu=cpu,
            memory_limit_mib=memory_limit_mib,
            min_tasks=min_tasks,
            max_tasks=most,
            cpu_percent=cpu_percent,
            environment=environment,
            secrets=secrets,
            container_health_check=container_health_check,
            datadog=datadog,
            image_mirror=image_mirror,
            stop_timeout=stop_timeout or duration_of(STOP_TIMEOUT),
            options=options or ServerOptions(),
            place=place,
            memory_percent=memory_percent,
            carried=(upstream_security_group,) if upstream_security_group else (),
        )
        refuse(construct_id, _findings(server, plan, ecs_cluster.vpc))
        super().__init__(scope, construct_id)
        self.plan, self.upstream_security_group = plan, upstream_security_group
        task = self._define_task(server, pre_stop_image)
        self.ecs_service = self._define_ecs_service(server, task, ecs_cluster, namespace)
        override(construct_id, lambda: self._places(task), overrides)

    def _define_task(self, server: Server, pre_stop_image: ecs.ContainerImage | None) -> Task:
        task = server.define_task(self)
        if wait := self.plan.pre_stop_wait:
            add_pre_stop_container(task, image=pre_stop_image, wait=wait)
        self.task_role = task.definition.task_role
        return task

    def _places(self, task: Task) -> dict[str, IConstruct | None]:
        return {
            **places(task.definition, self.ecs_service, task.log_group),
            "cloud_map_service": self.ecs_service.node.try_find_child("CloudmapService"),
        }

    def _define_ecs_service(
        self,
        server: Server,
        task: Task,
        ecs_cluster: ecs.ICluster,
        namespace: servicediscovery.IPrivateDnsNamespace,
    ) -> ecs.FargateService:
        name = self.plan.name
        claim_cloud_map_names(self, namespace, name)
        return server.define_ecs_service(
            self,
            task,
            ecs_cluster=ecs_cluster,
            description=f"Tasks of the gRPC service {name}",
            registry=Registry(
                namespace=namespace,
                name=name,
                ttl=self.plan.stop.dns_ttl,
                custom_health=self.plan.cloud_map_health,
            ),
        )

    @functools.cached_property
    def _connections(self) -> ec2.Connections:
        return self.ecs_service.connections

    @property
    @jsii.member(jsii_name="connections")
    def connections(self) -> ec2.Connections:
        """Who may call the tasks and what they may call, as in `connections.allow_to(database, port)`."""
        return self._connections


def _plan(
    name: str,
    namespace: servicediscovery.IPrivateDnsNamespace,
    upstream: Upstream | None,
    policy: TrafficPolicy | None,
    discovery: Discovery | None,
    max_tasks: int,
    stop: TaskStop,
    group: ec2.ISecurityGroup | None,
) -> ServicePlan:
    location = InCloudMap(
        service=name, namespace=namespace.namespace_name, namespace_id=namespace.namespace_id
    )
    return ServicePlan(
        name=name,
        location=location,
        upstream=upstream or Upstream(),
        policy=policy or TrafficPolicy(),
        discovery=discovery or DISCOVERY,
        max_tasks=max_tasks,
        stop=stop,
        security_group=group.security_group_id if group else "",
    )


def _task_stop(
    dns_ttl: Duration | None,
    stop_timeout: Duration | None,
    pre_stop_wait: Duration | None,
    image: ecs.ContainerImage | None,
) -> TaskStop:
    return TaskStop(
        dns_ttl=timedelta_of(dns_ttl) if dns_ttl else DNS_TTL,
        stop_timeout=timedelta_of(stop_timeout) if stop_timeout else STOP_TIMEOUT,
        pre_stop_wait=timedelta_of(pre_stop_wait) if pre_stop_wait is not None else None,
        has_pre_stop_image=image is not None,
    )


def _findings(server: Server, plan: ServicePlan, vpc: ec2.IVpc) -> Iterator[Finding]:
    return argument_findings([*server.problems(vpc), *rule_findings(SERVICE_RULES, plan)])
