"""Answers ECS's ListTasks and DescribeTasks: the agent knows the tasks, and the emulator does not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rehearsal.account.aws import Aws
from rehearsal.agent.ecs_api import EcsService
from rehearsal.agent.task import State, Task

_MAX_RESULTS = 100

Answer = Callable[[str, Mapping[str, Any]], dict[str, Any] | None]
"""Answers an operation with its parameters; None if it does not know the operation."""


def listed_tasks(
    aws: Aws, services: Callable[[], Sequence[EcsService]], running: Callable[[], Sequence[Task]]
) -> Answer:
    """Return what answers in the place of ECS about the tasks of all services."""

    def tasks() -> list[tuple[EcsService, Task]]:
        by_arn = {service.arn: service for service in services()}
        return [(by_arn[task.service], task) for task in running()]

    def arn(service: EcsService, task: Task) -> str:
        return f"arn:aws:ecs:{aws.region}:{aws.account}:task/{service.ecs_cluster}/{task.name}"

    def listed(asked: Mapping[str, Any]) -> dict[str, Any]:
        arns = sorted(
            arn(service, task)
            for service, task in tasks()
            if service.ecs_cluster == asked["cluster"]
            and asked.get("serviceName") in (None, service.name)
            and (task.state is State.RUNNING) == (asked.get("desiredStatus", "RUNNING") == "RUNNING")
        )
        begin, size = int(asked.get("nextToken", 0)), asked.get("maxResults", _MAX_RESULTS)
        token = {"nextToken": str(begin + size)} if begin + size < len(arns) else {}
        return {"taskArns": arns[begin : begin + size], **token}

    def described(asked: Mapping[str, Any]) -> dict[str, Any]:
        found = {arn(service, task): (service, task) for service, task in tasks()}
        return {
            "tasks": [_task(name, *found[name]) for name in asked["tasks"] if name in found],
            "failures": [{"arn": name, "reason": "MISSING"} for name in asked["tasks"] if name not in found],
        }

    operations = {"ListTasks": listed, "DescribeTasks": described}
    return lambda operation, asked: operations[operation](asked) if operation in operations else None


def _task(arn: str, service: EcsService, task: Task) -> dict[str, Any]:
    runs, checked = task.state is State.RUNNING, task.definition.container.health_check
    health = ("HEALTHY" if task.healthy else "UNHEALTHY") if checked else "UNKNOWN"
    details = [{"name": "privateIPv4Address", "value": task.address}]
    return {
        "taskArn": arn,
        "group": f"service:{service.name}",
        "lastStatus": "RUNNING" if runs else "STOPPING",
        "desiredStatus": "RUNNING" if runs else "STOPPED",
        "healthStatus": health,
        "availabilityZone": task.zone,
        "attachments": [{"type": "ElasticNetworkInterface", "details": details}],
    }
