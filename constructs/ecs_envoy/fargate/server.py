"""The task and the ECS service of a server: what a gRPC service and the public API have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_envoy.fargate.check_times import check_times
from ecs_envoy.fargate.fargate_service import define_fargate_service
from ecs_envoy.fargate.own_images import OwnImages
from ecs_envoy.fargate.roles import add_task_policy, enable_execute_command
from ecs_envoy.fargate.sidecar_containers import add_sidecars
from ecs_envoy.fargate.task_definition import (
    define_log_group,
    define_task_definition,
    kms_key,
    log_driver,
)
from ecs_envoy.fargate.volumes import add_volumes, allow_mounts, mount_findings
from ecs_envoy.network.cloud_map_name import Registry
from ecs_envoy.network.place import Place
from ecs_envoy.network.task_security_group import define_task_security_group
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.plan.server_task import AGENT, SERVER_RULES, ServerTask, sidecar_cpu
from ecs_envoy.plan.sidecars import Sidecar, main_container_cpu
from ecs_envoy.settings.log_retention import RETENTION_NAMES
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.settings.task.own_datadog import has_own_datadog
from ecs_envoy.telemetry.datadog import Datadog
from envoy_config.settings_error import Finding


@dataclass(frozen=True, kw_only=True)
class Task:
    """A server's task.

    Attributes:
        definition: The task definition.
        container: The server's container.
        log: The log driver of its containers.
        log_group: Their log group.
        images: The public images that we add to it.

    """

    definition: ecs.FargateTaskDefinition
    container: ecs.ContainerDefinition
    log: ecs.LogDriver
    log_group: logs.LogGroup
    images: OwnImages


@dataclass(frozen=True, kw_only=True)
class Server:
    """The settings of a construct's server; the constructs' docstrings explain each.

    Attributes:
        name: Its name, which is also its tag in Datadog.
        port: The TCP port that it listens on.
        max_tasks: The most tasks; as many as `min_tasks` for no autoscaling.
        carried: Security groups that its tasks have besides their own, only to be named by others' rules.

    """

    name: str
    image: ecs.ContainerImage
    port: int
    cpu: int
    memory_limit_mib: int
    min_tasks: int
    max_tasks: int
    cpu_percent: int
    environment: Mapping[str, str] | None
    secrets: Mapping[str, ecs.Secret] | None
    container_health_check: ecs.HealthCheck | None
    datadog: Datadog | None
    image_mirror: str | None = None
    stop_timeout: Duration | None = None
    options: ServerOptions = field(default_factory=ServerOptions)
    place: Place | None = None
    memory_percent: int | None = None
    carried: tuple[ec2.ISecurityGroup, ...] = ()

    @property
    def _agent(self) -> Datadog | None:
        """The account of the agent that we add; None where the server has its own."""
        variables = {**(self.environment or {}), **(self.secrets or {})}
        return None if has_own_datadog(variables, self.options.sidecars) else self.datadog

    @property
    def _container_cpu(self) -> int | None:
        """The server's CPU units: what the others leave, if one of them has any.

        A container without units weighs as much as two of them where CPU is short (API reference:
        ContainerDefinition, cpu), so that a sidecar with 64 would get 32 times as much.
        """
        taken = sidecar_cpu(self.options)
        ours: list[Sidecar] = [AGENT] if self._agent else []
        return main_container_cpu(self.cpu, ours) - taken if taken or ours else None

    def problems(self, vpc: ec2.IVpc) -> Iterator[Finding]:
        """Yield what each broken rule finds in a server in `vpc`, with the path of a setting."""
        yield from mount_findings(vpc, self.options.volumes)
        times = check_times(self.container_health_check)
        yield from times.findings
        yield from rule_findings(
            SERVER_RULES,
            ServerTask(
                port=self.port,
                cpu=self.cpu,
                memory=self.memory_limit_mib,
                min_tasks=self.min_tasks,
                max_tasks=self.max_tasks,
                environment=self.environment or {},
                secrets=(self.secrets or {}).keys(),
                check_interval=times.interval,
                check_timeout=times.timeout,
                datadog=self._agent is not None,
                options=self.options,
                has_check=self.container_health_check is not None,
            ),
        )

    def define_task(self, scope: Construct) -> Task:
        """Define its task definition, container and log group."""
        images = OwnImages(self.image_mirror)
        options, agent = self.options, self._agent
        group = define_log_group(
            scope,
            logs.RetentionDays[RETENTION_NAMES[options.log.retention_days]],
            kms_key(scope, "LogKey", options.log.kms_key),
        )
        log = log_driver(group)
        definition = define_task_definition(
            scope,
            name=self.name,
            cpu=self.cpu,
            memory_limit_mib=self.memory_limit_mib,
            log_group=group,
            datadog=agent,
            images=images,
            options=options,
        )
        container = definition.add_container(
            "Service",
            container_name="service",
            image=self.image,
            cpu=self._container_cpu,
            command=options.command or None,
            entry_point=options.entry_point or None,
            ulimits=_ulimits(options),
            port_mappings=[ecs.PortMapping(container_port=self.port)],
            environment=dict(sorted((self.environment or {}).items())) or None,
            secrets=dict(sorted((self.secrets or {}).items())) or None,
            health_check=self.container_health_check,
            stop_timeout=self.stop_timeout,
            logging=log,
        )
        for name, value in (self.environment or {}).items():
            if name.startswith("DD_"):  # Datadog's construct has set its own tags over the user's
                container.add_environment(name, value)
        add_sidecars(scope, definition, container, options, log)
        add_volumes(definition, container, options.volumes)
        add_task_policy(definition, options)
        return Task(definition=definition, container=container, log=log, log_group=group, images=images)

    def define_ecs_service(
        self,
        scope: Construct,
        task: Task,
        *,
        ecs_cluster: ecs.ICluster,
        description: str,
        registry: Registry | None = None,
    ) -> ecs.FargateService:
        """Define the ECS service of `task`, its security group and its autoscaling."""
        task.images.grant_pull(task.definition)
        scales = self.min_tasks != self.max_tasks
        service = define_fargate_service(
            scope,
            ecs_cluster=ecs_cluster,
            definition=task.definition,
            security_group=define_task_security_group(
                scope, "SecurityGroup", vpc=ecs_cluster.vpc, description=description
            ),
            # With a count in the template, every deployment would undo autoscaling.
            desired_count=None if scales else self.min_tasks,
            registry=registry,
            options=self.options,
            place=self.place or Place(),
            carried=self.carried,
        )
        if self.options.enable_execute_command:
            enable_execute_command(service, task.log_group)
        if self.options.volumes:
            allow_mounts(scope, service.connections, ecs_cluster.vpc, self.options.volumes)
        if scales:
            count = service.auto_scale_task_count(min_capacity=self.min_tasks, max_capacity=self.max_tasks)
            count.scale_on_cpu_utilization("Cpu", target_utilization_percent=self.cpu_percent)
            if self.memory_percent is not None:
                count.scale_on_memory_utilization("Memory", target_utilization_percent=self.memory_percent)
        return service


def _ulimits(options: ServerOptions) -> list[ecs.Ulimit] | None:
    if options.ulimits is None:
        return None
    files = options.ulimits.nofile
    return [ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=files.soft, hard_limit=files.hard)]
