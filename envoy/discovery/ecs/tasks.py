"""The running tasks of an ECS cluster's services, read for all these services together.

A question for each service would be throttled where there are many (traefik/traefik#13884). So one reading
lists the tasks of the whole cluster, in pages of 100, and describes those that it does not know to be of
other services, 100 at a time.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import cast

from discovery.aws.api import AwsApi
from discovery.aws.error import AwsError

PAGE = 100
"""The most tasks that ListTasks returns, and that DescribeTasks takes, at once (API reference)."""

READ_SECONDS = 2.0
"""The least time between two readings."""

CALLS_PER_SECOND = 1.0
"""
The most calls of one sidecar for a cluster. ListTasks and DescribeTasks of an account and region share a
bucket of 100 calls, refilled at 20 a second ("Request throttling for the Amazon ECS API": cluster resource
read actions). Two proxies use a tenth of that.
"""

MAX_PAGES = 100

MAX_BACK_OFF, MAX_THROTTLED_BACK_OFF = 5.0, 30.0
"""The longest wait in seconds after failures, and after throttling, which more calls would only prolong."""

EcsTask = Mapping[str, object]

log = logging.getLogger("discovery")


class ClusterTasks:
    """Reads the running tasks of `services` in the ECS cluster `ecs_cluster`.

    The threads of its services share each reading, and each failure.
    """

    def __init__(
        self,
        api: AwsApi,
        ecs_cluster: str,
        services: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._ecs_cluster = ecs_cluster
        self._services = frozenset(services)
        self._clock = clock
        self._lock = threading.Lock()
        self._others: set[str] = set()
        self._read: dict[str, list[EcsTask]] = {}
        self._failed: AwsError | None = None
        self._failures = 0
        self._next = 0.0
        self._calls = 0

    def of(self, service: str) -> list[EcsTask]:
        """Return the running tasks of `service`, at most some seconds old.

        Raises:
            AwsError: There is no usable answer.

        """
        with self._lock:
            if self._clock() >= self._next:
                self._ask()
            if self._failed:
                raise self._failed
            return self._read.get(service, [])

    def close(self) -> None:
        """Close this thread's connection."""
        self._api.close()

    def _ask(self) -> None:
        begun, self._calls = self._clock(), 0
        try:
            self._read = self._by_service()
        except AwsError as error:
            self._failures += 1
            self._failed = error
            longest = MAX_THROTTLED_BACK_OFF if error.kind == "throttled" else MAX_BACK_OFF
            self._next = self._clock() + min(longest, READ_SECONDS * 2 ** min(self._failures - 1, 8))
        else:
            self._failures, self._failed = 0, None
            self._next = begun + max(READ_SECONDS, self._calls / CALLS_PER_SECOND)

    def _by_service(self) -> dict[str, list[EcsTask]]:
        listed = list(self._listed())
        self._others &= set(listed)
        found: dict[str, list[EcsTask]] = {}
        for task in self._described([arn for arn in listed if arn not in self._others]):
            kind, _, service = str(task.get("group", "")).partition(":")
            if kind == "service" and service in self._services:
                found.setdefault(service, []).append(task)
            else:
                self._others.add(str(task.get("taskArn")))
        return found

    def _listed(self) -> Iterator[str]:
        """Yield the ARN of each task that shall run; ECS no longer lists one here that it stops."""
        # One service alone needs no list of the whole cluster.
        alone = {"serviceName": next(iter(self._services))} if len(self._services) == 1 else {}
        token: object = None
        for _ in range(MAX_PAGES):
            answer = self._call(
                "ListTasks",
                {
                    "cluster": self._ecs_cluster,
                    "desiredStatus": "RUNNING",
                    "maxResults": PAGE,
                    **alone,
                    **({"nextToken": token} if token else {}),
                },
            )
            yield from map(str, _list(answer, "taskArns"))
            token = answer.get("nextToken")
            if not token:
                return
        raise AwsError("malformed", f"ListTasks: {self._ecs_cluster} has more than {MAX_PAGES} pages")

    def _described(self, arns: list[str]) -> Iterator[EcsTask]:
        for start in range(0, len(arns), PAGE):
            asked = {"cluster": self._ecs_cluster, "tasks": arns[start : start + PAGE]}
            for task in _list(self._call("DescribeTasks", asked), "tasks"):
                if not isinstance(task, dict):
                    raise AwsError("malformed", "DescribeTasks: a task is not a JSON object")
                yield cast("EcsTask", task)

    def _call(self, operation: str, parameters: Mapping[str, object]) -> dict[str, object]:
        self._calls += 1
        return self._api.call(operation, parameters)


def _list(answer: Mapping[str, object], key: str) -> Iterable[object]:
    values = answer.get(key)
    if not isinstance(values, list):
        raise AwsError("malformed", f"{key} is of type {type(values).__name__}, not a list")
    return cast("list[object]", values)
