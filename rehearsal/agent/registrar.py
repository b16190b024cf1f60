"""Registers tasks in Cloud Map and deregisters them, and says so in events, as ECS does."""

import time
from typing import Literal

from rehearsal.account.aws import Aws
from rehearsal.agent.ecs_api import EcsService
from rehearsal.agent.task import Task
from rehearsal.agent.task_events import Status, TaskEvents


class Registrar:
    """Keeps Cloud Map's lists of tasks up to date."""

    def __init__(self, aws: Aws) -> None:
        self._cloud_map = aws.cloud_map()
        self._events = TaskEvents(aws)
        self._region = aws.region

    def register(self, service: EcsService, task: Task) -> None:
        """Register `task` in the service registry of `service`, while it is ACTIVATING."""
        self._say(service, task, "PENDING")
        self._say(service, task, "ACTIVATING")
        if service.registry is not None:
            self._register(service, service.registry, task)
        self._say(service, task, "RUNNING")

    def _register(self, service: EcsService, registry: str, task: Task) -> None:
        _note_listing(task)
        self._cloud_map.register_instance(
            ServiceId=registry,
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
        """Give Cloud Map the result of the container health check, which also makes an event."""
        self._say(service, task, "RUNNING")
        if service.registry is None:
            return
        _note_listing(task)
        if service.registry_has_health:
            self._cloud_map.update_instance_custom_health_status(
                ServiceId=service.registry,
                InstanceId=task.name,
                Status=_health(task),
            )

    def deregister(self, service: EcsService, task: Task) -> None:
        """Deregister `task`, while it is DEACTIVATING."""
        self._say(service, task, "DEACTIVATING")
        if service.registry is not None:
            self._cloud_map.deregister_instance(ServiceId=service.registry, InstanceId=task.name)

    def _say(self, service: EcsService, task: Task, status: Status) -> None:
        cluster, name = service.ecs_cluster, service.name
        self._events.put(ecs_cluster=cluster, ecs_service=name, task=task.name, status=status)


def _health(task: Task) -> Literal["HEALTHY", "UNHEALTHY"]:
    return "HEALTHY" if task.healthy else "UNHEALTHY"


def _note_listing(task: Task) -> None:
    """Record when `task` is first both listed and healthy: from then on it should get calls."""
    if task.healthy and task.listed_at is None:
        task.listed_at = time.time()
