"""The task and the ECS service of a server: what a gRPC service and the public API have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from ecs_envoy.fargate.check_times import check_times
from ecs_envoy.fargate.fargate_service import define_fargate_service
from ecs_envoy.fargate.own_images import OwnImages
from ecs_envoy.fargate.task_definition import define_log_group, define_task_definition, log_driver
from ecs_envoy.network.cloud_map_name import Registry
from ecs_envoy.network.task_security_group import define_task_security_group
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.plan.server_task import SERVER_RULES, ServerTask
from ecs_envoy.plan.sidecars import main_container_cpu
from ecs_envoy.telemetry.datadog import Datadog
from envoy_config.settings_error import Finding


@dataclass(frozen=True, kw_only=True)
class Task:
    """A server's task.

    Attributes:
        definition: The task definition.
        container: The server's container.
        log: The log driver of its containers.
        images: The public images that we add to it.

    """

    definition: ecs.FargateTaskDefinition
    container: ecs.ContainerDefinition
    log: ecs.LogDriver
    images: OwnImages


@dataclass(frozen=True, kw_only=True)
class Server:
    """The settings of a construct's server; the constructs' docstrings explain each.

    Attributes:
        name: Its name, which is also its tag in Datadog.
        port: The TCP port that it listens on.
        max_tasks: The most tasks; as many as `min_tasks` for no autoscaling.

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

    def problems(self) -> Iterator[Finding]:
        """Yield what each broken rule finds, with the path of a setting."""
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
                datadog=self.datadog is not None,
            ),
        )

    def define_task(self, scope: Construct) -> Task:
        """Define its task definition, container and log group."""
        images = OwnImages(self.image_mirror)
        group = define_log_group(scope)
        log = log_driver(group)
        definition = define_task_definition(
            scope,
            name=self.name,
            cpu=self.cpu,
            memory_limit_mib=self.memory_limit_mib,
            log_group=group,
            datadog=self.datadog,
            images=images,
        )
        container = definition.add_container(
            "Service",
            container_name="service",
            image=self.image,
            # Datadog's agent has a weight, so the server needs one, too.
            cpu=main_container_cpu(self.cpu, ["datadog-agent"]) if self.datadog else None,
            port_mappings=[ecs.PortMapping(container_port=self.port)],
            environment=dict(sorted((self.environment or {}).items())) or None,
            secrets=dict(sorted((self.secrets or {}).items())) or None,
            health_check=self.container_health_check,
            stop_timeout=self.stop_timeout,
            logging=log,
        )
        return Task(definition=definition, container=container, log=log, images=images)

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
        )
        if scales:
            service.auto_scale_task_count(
                min_capacity=self.min_tasks, max_capacity=self.max_tasks
            ).scale_on_cpu_utilization("Cpu", target_utilization_percent=self.cpu_percent)
        return service
