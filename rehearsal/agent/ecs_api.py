"""Services and task definitions, read from the ECS API."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rehearsal.account.aws import Aws
from rehearsal.agent.plan import Desired

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import (
        ContainerDefinitionOutputTypeDef,
        HealthCheckOutputTypeDef,
        ServiceTypeDef,
    )

DEFAULT_STOP_TIMEOUT = 30
"""ECS's default for the seconds between SIGTERM and SIGKILL ("Task definition parameters")."""

DEFAULT_RESTART_PERIOD = 300
"""ECS's default for the seconds that a container must have run before its restart policy restarts it."""


NOT_RUN = frozenset({"collector", "datadog-agent", "datadog-log-router"})
"""Sidecars that would send data to AWS or Datadog. Here no other container waits for one of them."""


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """A container health check: its command in ECS's form, and times in seconds."""

    command: tuple[str, ...]
    interval: float
    timeout: float
    retries: int
    start_period: float


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a task definition; its times are in seconds.

    Attributes:
        port: The first TCP port that it maps; 0 if it maps none.
        essential: Whether the task stops when it ends.
        depends_on: The containers that it waits for, each with the condition (`START`, `HEALTHY`).
        volumes: The volumes that it mounts: a volume's name for each path.
        start_timeout: How long a container that depends on it may wait for it.
        restart_period: How long it must have run before it is restarted; None if it is never restarted.

    """

    name: str
    image: str
    port: int
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    health_check: HealthCheck | None
    stop_timeout: float
    start_timeout: float
    essential: bool
    depends_on: Mapping[str, str]
    volumes: Mapping[str, str]
    restart_period: float | None


@dataclass(frozen=True, kw_only=True)
class TaskDefinition:
    """A task definition's family and containers."""

    arn: str
    family: str
    containers: tuple[Container, ...]

    @property
    def container(self) -> Container:
        """The container that serves: the first with a port."""
        return next((c for c in self.containers if c.port), self.containers[0])


@dataclass(frozen=True, kw_only=True)
class EcsService:
    """An ECS service.

    Attributes:
        desired: How many tasks it asks for, and its limits during a deployment.
        registry: The id of the Cloud Map service that lists its tasks; None if there is none.
        registry_has_health: Whether that Cloud Map service has a custom health check.
        name_in_namespace: The name of that Cloud Map service; without one, the ECS service's own name.
        zones: The availability zones of its subnets.
        rolls_back: Whether its deployment circuit breaker rolls a failed deployment back.
        registry_port: The port that ECS registers for each task; None if the registry has no ports.
        security_groups: The ids of its tasks' security groups.
        subnets: The ids of its subnets.

    """

    arn: str
    name: str
    ecs_cluster: str
    task_definition: str
    desired: Desired
    registry: str | None
    registry_has_health: bool
    name_in_namespace: str
    zones: tuple[str, ...]
    rolls_back: bool = False
    registry_port: int | None = None
    security_groups: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Registry:
    """The name of a Cloud Map service, and whether it has a custom health check."""

    name: str
    has_health: bool


class EcsApi:
    """Reads what is deployed. Task definitions and Cloud Map services do not change, so each is read once.

    Args:
        aws: The account.
        sidecars: The names of containers that are left out, with those of `NOT_RUN`.

    """

    def __init__(self, aws: Aws, sidecars: frozenset[str] = frozenset()) -> None:
        self._not_run = NOT_RUN | sidecars
        self._ecs = aws.ecs()
        self._ec2 = aws.ec2()
        self._cloud_map = aws.cloud_map()
        self._definitions: dict[str, TaskDefinition] = {}
        self._registries: dict[str, _Registry] = {}
        self._zones: dict[str, str] = {}

    def services(self) -> list[EcsService]:
        """Return every ECS service of the account."""
        found: list[EcsService] = []
        for ecs_cluster in self._ecs.list_clusters()["clusterArns"]:
            arns = self._ecs.list_services(cluster=ecs_cluster)["serviceArns"]
            for start in range(0, len(arns), 10):  # DescribeServices takes ten at a time
                page = self._ecs.describe_services(cluster=ecs_cluster, services=arns[start : start + 10])
                found += (self._service(service) for service in page["services"])
        return found

    def _service(self, service: "ServiceTypeDef") -> EcsService:
        deployment = service.get("deploymentConfiguration", {})
        registries = service.get("serviceRegistries", [])
        registry = registries[0].get("registryArn", "").rpartition("/")[2] if registries else None
        breaker = deployment.get("deploymentCircuitBreaker", {"enable": False, "rollback": False})
        network = service.get("networkConfiguration", {}).get("awsvpcConfiguration")
        subnets = network["subnets"] if network else []
        return EcsService(
            arn=service.get("serviceArn", ""),
            name=service.get("serviceName", ""),
            ecs_cluster=service.get("clusterArn", "").rpartition("/")[2],
            task_definition=service.get("taskDefinition", ""),
            desired=Desired(
                tasks=service.get("desiredCount", 0),
                minimum_percent=deployment.get("minimumHealthyPercent", 100),
                maximum_percent=deployment.get("maximumPercent", 200),
            ),
            registry=registry,
            registry_has_health=bool(registry) and self._registry(registry).has_health,
            name_in_namespace=self._registry(registry).name if registry else service.get("serviceName", ""),
            zones=tuple(dict.fromkeys(map(self._zone, subnets))) or ("local",),
            rolls_back=breaker["enable"] and breaker["rollback"],
            registry_port=registries[0].get("containerPort") if registries else None,
            security_groups=tuple(network.get("securityGroups", [])) if network else (),
            subnets=tuple(subnets),
        )

    def roll_back(self, service: EcsService, task_definition: str) -> None:
        """Give `service` the task definition of its last completed deployment again."""
        self._ecs.update_service(
            cluster=service.ecs_cluster, service=service.name, taskDefinition=task_definition
        )

    def _registry(self, registry: str) -> "_Registry":
        if registry not in self._registries:
            service = self._cloud_map.get_service(Id=registry)["Service"]
            has_health = service.get("HealthCheckCustomConfig") is not None
            self._registries[registry] = _Registry(service.get("Name", registry), has_health)
        return self._registries[registry]

    def _zone(self, subnet: str) -> str:
        if subnet not in self._zones:
            (found,) = self._ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
            self._zones[subnet] = found.get("AvailabilityZone", "local")
        return self._zones[subnet]

    def task_definition(self, arn: str) -> TaskDefinition:
        """Return the task definition `arn`."""
        if arn not in self._definitions:
            answer = self._ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
            self._definitions[arn] = TaskDefinition(
                arn=arn,
                family=answer.get("family", ""),
                containers=tuple(
                    self._without_what_is_not_run(container)
                    for container in map(_container, answer.get("containerDefinitions", []))
                    if container.name not in self._not_run
                ),
            )
        return self._definitions[arn]

    def _without_what_is_not_run(self, container: Container) -> Container:
        """Return `container`, which waits for none of the containers that are not run."""
        waits = {name: how for name, how in container.depends_on.items() if name not in self._not_run}
        return replace(container, depends_on=waits)


def _container(container: "ContainerDefinitionOutputTypeDef") -> Container:
    ports = container.get("portMappings", [])
    variables: list[Any] = list(container.get("environment", []))
    restart = container.get("restartPolicy")
    return Container(
        name=container.get("name", ""),
        image=container.get("image", ""),
        port=ports[0].get("containerPort", 0) if ports else 0,
        entry_point=tuple(container.get("entryPoint", [])),
        command=tuple(container.get("command", [])),
        environment={variable["name"]: variable["value"] for variable in variables},
        secrets=tuple(secret["name"] for secret in container.get("secrets", [])),
        health_check=_health_check(container.get("healthCheck")),
        stop_timeout=container.get("stopTimeout", DEFAULT_STOP_TIMEOUT),
        start_timeout=container.get("startTimeout", math.inf),
        essential=container.get("essential", True),
        depends_on={
            other["containerName"]: other["condition"]
            for other in container.get("dependsOn", [])
            if other["containerName"] not in NOT_RUN
        },
        volumes={
            mount.get("containerPath", ""): mount.get("sourceVolume", "")
            for mount in container.get("mountPoints", [])
        },
        restart_period=(
            restart.get("restartAttemptPeriod", DEFAULT_RESTART_PERIOD)
            if restart and restart["enabled"]
            else None
        ),
    )


def _health_check(check: "HealthCheckOutputTypeDef | None") -> HealthCheck | None:
    if not check:
        return None
    return HealthCheck(
        command=tuple(check["command"]),
        interval=check.get("interval", 30),
        timeout=check.get("timeout", 5),
        retries=check.get("retries", 3),
        start_period=check.get("startPeriod", 0),
    )
