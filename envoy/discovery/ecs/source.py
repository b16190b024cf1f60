"""Reads one service's tasks from ECS itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import cast

from discovery.aws.error import AwsError
from discovery.ecs.tasks import ClusterTasks, EcsTask
from discovery.endpoints import Converted, EcsService, Endpoint


@dataclass(kw_only=True)
class EcsSource:
    """A service by its name in ECS.

    Attributes:
        tasks: The tasks of its ECS cluster.
        ecs_cluster: The name of its ECS cluster.
        service: Its name in the cluster.
        port: The TCP port that its tasks serve on.
        title: Who lists the tasks, for logs.

    """

    tasks: ClusterTasks
    ecs_cluster: str
    service: str
    port: int
    title: str = "ecs"

    def read(self, now: float, *, whole: bool) -> Converted:  # noqa: ARG002  # it has no revision
        """Return the endpoints of the running tasks: the healthy ones, or all of them if none is healthy.

        A task without a container health check has no health, and counts as healthy.

        Raises:
            AwsError: There is no usable answer.

        """
        running = [task for task in self.tasks.of(self.service) if _runs(task)]
        healthy = [task for task in running if task.get("healthStatus") != "UNHEALTHY"]
        run_by = EcsService(self.ecs_cluster, self.service)
        converted = replace(_converted(healthy or running, self.port), run_by=frozenset({run_by}))
        if running and not converted.endpoints:
            problem = "no task has an address of its own; its network mode has to be awsvpc"
            raise AwsError("malformed", f"{self.service}: {problem}")
        return converted

    def close(self) -> None:
        """Close this thread's connection."""
        self.tasks.close()


def _runs(task: EcsTask) -> bool:
    return task.get("lastStatus") == "RUNNING" and task.get("desiredStatus", "RUNNING") == "RUNNING"


def _converted(tasks: Sequence[EcsTask], port: int) -> Converted:
    found: set[Endpoint] = set()
    for task in tasks:
        if (address := next(_addresses(task), None)) is not None:
            found.add(Endpoint(str(task.get("availabilityZone") or ""), address, port))
    return Converted(tuple(sorted(found)), skipped=len(tasks) - len(found))


def _addresses(task: EcsTask) -> Iterator[str]:
    """Yield the private addresses of the task's network interface (API reference: Task, attachments)."""
    for attachment in _objects(task.get("attachments")):
        if attachment.get("type") != "ElasticNetworkInterface":
            continue
        for detail in _objects(attachment.get("details")):
            if detail.get("name") in {"privateIPv4Address", "privateIPv6Address"}:
                try:
                    yield str(ip_address(str(detail.get("value"))))
                except ValueError:
                    continue


def _objects(value: object) -> Iterable[Mapping[str, object]]:
    listed = cast("list[object]", value) if isinstance(value, list) else []
    return (cast("Mapping[str, object]", item) for item in listed if isinstance(item, dict))
