"""ECS's deployment circuit breaker: how many tasks may fail, and what is deployed again after that."""

import math
from collections import Counter
from dataclasses import dataclass

from rehearsal.agent.ecs_api import EcsService

FEWEST_FAILURES, MOST_FAILURES = 3, 200

LASTING_SECONDS = 10.0
"""
A task that has been healthy for so long counts as one that reached a healthy state, and resets the count
(API reference: DeploymentCircuitBreaker, resetOnHealthyTask). A container without a health check is healthy
as soon as its process runs, so a moment says nothing.
"""


def threshold(desired_tasks: int) -> int:
    """Return how many tasks of a deployment have to fail in a row until it has failed.

    Half of the desired count, rounded up, at least 3, at most 200 (Developer Guide, "How the Amazon ECS
    deployment circuit breaker detects failures").
    """
    return min(MOST_FAILURES, max(FEWEST_FAILURES, math.ceil(desired_tasks / 2)))


@dataclass(frozen=True)
class Failed:
    """A deployment that failed after `failures` tasks.

    Attributes:
        failures: How many tasks failed in a row.
        last_completed: The task definition to deploy again; None if the service does not roll back, or has
            never completed another deployment.

    """

    failures: int
    last_completed: str | None


class Deployments:
    """The deployments of all services, by their task definitions."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()
        self._completed: dict[str, str] = {}

    def completed(self, service: EcsService) -> None:
        """Note that `service` runs all its tasks of its current task definition."""
        self._completed[service.arn] = service.task_definition

    def task_failed(self, service: EcsService, definition: str, healthy_seconds: float) -> Failed | None:
        """Note that a task failed; return what its deployment has come to, if that was one too many.

        Args:
            service: Its service.
            definition: Its task definition.
            healthy_seconds: For how long it had been healthy.

        """
        if healthy_seconds >= LASTING_SECONDS:
            self._failures[definition] = 0
            return None
        self._failures[definition] += 1
        if not self.has_failed(service, definition):
            return None
        last = self._completed.get(service.arn)
        other = last if service.rolls_back and last != definition else None
        return Failed(self._failures[definition], other)

    def has_failed(self, service: EcsService, definition: str) -> bool:
        """Return whether no further task of `definition` is started."""
        return self._failures[definition] >= threshold(service.desired.tasks)
