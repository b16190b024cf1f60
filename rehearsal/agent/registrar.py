"""Registers tasks in Cloud Map and deregisters them, as ECS does."""

import time
from typing import Literal

from rehearsal.account.aws import Aws
from rehearsal.agent.ecs_api import EcsService
from rehearsal.agent.task import Task


class Registrar:
    """Keeps Cloud Map's lists of tasks up to date."""

    def __init__(self, aws: Aws) -> None:
        self._cloud_map = aws.cloud_map()
        self._region = aws.region

    def register(self, service: EcsService, task: Task) -> None:
        """Register `task` in the service registry of `service`."""
        if service.registry is None:
            return
        _note_listing(task)
        self._cloud_map.register_instance(
            ServiceId=service.registry,
            InstanceId=task.name,
            Attributes={
                "AWS_INSTANCE_IPV4": task.address,
                "AVAILABILITY_ZONE": task.zone,
                "ECS_SERVICE_NAME": service.name,
                "ECS_CLUSTER_NAME": service.ecs_cluster,
                "ECS_TASK_DEFINITION_FAMILY": task.definition.family,
                "REGION": self._region,
                **({"AWS_INSTANCE_PORT": str(service.registry_port)} if service.registry_port else {}),
                # A service without a custom health check has no health.
                **({"AWS_INIT_HEALTH_STATUS": _health(task)} if service.registry_has_health else {}),
            },
        )

    def set_health(self, service: EcsService, task: Task) -> None:
        """Give Cloud Map the result of the container health check."""
        if service.registry is None:
            return
        _note_listing(task)
        if service.registry_has_health:
            self._cloud_map.update_instance_custom_health_status(
                ServiceId=service.registry,
                InstanceId=task.name,
                Status=_health(task),
            )

    def deregister(self, registry: str | None, task: Task) -> None:
        """Deregister `task`."""
        if registry is not None:
            self._cloud_map.deregister_instance(ServiceId=registry, InstanceId=task.name)


def _health(task: Task) -> Literal["HEALTHY", "UNHEALTHY"]:
    return "HEALTHY" if task.healthy else "UNHEALTHY"


def _note_listing(task: Task) -> None:
    """Record when `task` is first both listed and healthy: from then on it should get calls."""
    if task.healthy and task.listed_at is None:
        task.listed_at = time.time()
