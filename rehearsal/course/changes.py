"""Changes of the deployed system while clients call it: more tasks, and a new task definition."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecs_envoy.plan.discovery import DNS_TASKS
from rehearsal.agent.task import Task
from rehearsal.course.discovery import ServiceDiscovery
from rehearsal.course.evenness import busiest_share
from rehearsal.course.outcome import Change, NewTask
from rehearsal.course.stage import SETTLE_SECONDS, Stage, Window
from rehearsal.load.calls import error_counts
from rehearsal.load.load_process import Load

SCALE_OUT_BY = 2

FIRST_CALL_SECONDS = 60.0
"""A task without a call for so long gets none: a call after its bound is only late, as on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes one service under load.

    Attributes:
        stage: The rehearsal.
        load: The clients that keep calling.
        service: The service's name in the namespace.
        discovery: How the proxy finds the service's tasks.

    """

    stage: Stage
    load: Load
    service: str
    discovery: ServiceDiscovery

    def _tasks(self) -> list[Task]:
        return self.stage.system.agent.tasks(self.service)

    def scale_out(self) -> Change | None:
        """Raise the desired count through the ECS API; None if DNS could not list more tasks."""
        agent = self.stage.system.agent
        ecs_service = agent.service(self.service)
        maximum = math.inf if self.discovery.lists_all else DNS_TASKS
        if not ecs_service or ecs_service.desired.tasks >= maximum:
            self.stage.progress.say(
                f"{self.service} is not scaled out, because DNS cannot list more tasks than it has"
            )
            return None
        old_count = ecs_service.desired.tasks
        new_count = int(min(maximum, old_count + SCALE_OUT_BY))
        begin, old_names = time.time(), self._names()
        self.stage.system.aws.ecs().update_service(
            cluster=ecs_service.ecs_cluster, service=ecs_service.name, desiredCount=new_count
        )
        self.stage.wait_until(
            lambda: len(self._tasks()) == new_count and agent.steady(),
            f"{self.service} to go from {old_count} to {new_count} tasks",
        )
        return self._change(
            f"{old_count} to {new_count} tasks by the ECS API", begin, old_names, serving=old_count
        )

    def roll(self, assembly: Path, stack: str) -> Change:
        """Deploy `stack` from `assembly`, which has a new task definition; wait until all tasks are new."""
        agent = self.stage.system.agent
        before = agent.service(self.service)
        begin, old_names = time.time(), self._names()
        deployment = self.stage.system.cdk.start_deploy(assembly, stack)
        self.stage.wait_for_cdk(deployment, f"cdk deploy {stack}")

        def rolled() -> bool:
            now = agent.service(self.service)
            changed = before and now and now.task_definition != before.task_definition
            return bool(changed) and agent.steady() and not old_names & self._names()

        self.stage.wait_until(rolled, f"{self.service} to replace its tasks by new ones")
        serving = min(len(old_names), len(self._tasks()))
        return self._change("a new task definition by cdk deploy", begin, old_names, serving=serving)

    def _names(self) -> set[str]:
        return {task.name for task in self._tasks()}

    def _change(self, what: str, begin: float, old_names: set[str], *, serving: int) -> Change:
        """Wait until each new task has had a call, or the time for it is over; return the results."""
        new = [task for task in self._tasks() if task.name not in old_names]
        calls = [call for call in self.load.calls() if call.service == self.service]
        # The user's own server does not say which task it is, so nobody knows its first call.
        identified = new if any(call.task for call in calls) else []
        self._wait_for_first_calls(identified)
        ecs_service = self.stage.system.agent.service(self.service)
        lag = self.stage.system.delays.health_lag if ecs_service and ecs_service.registry_has_health else 0.0
        end = time.time() + SETTLE_SECONDS + lag  # what Cloud Map's health does comes late
        self.stage.wait_until(lambda: time.time() > end, "some more calls")
        window = Window(begin=begin, end=end)
        counted = [call for call in self.load.calls() if call.service == self.service and call in window]
        first = self._first_calls()
        return Change(
            service=self.service,
            what=what,
            begin=begin,
            end=end,
            new_tasks=[NewTask(task=task.name, first_request=_delay(task, first)) for task in identified],
            calls=len(counted),
            errors=error_counts(counted),
            busiest_share=busiest_share(counted, serving),
        )

    def _wait_for_first_calls(self, tasks: Sequence[Task]) -> None:
        deadline = time.time() + max(FIRST_CALL_SECONDS, 2 * self.discovery.bound_seconds)

        def called() -> bool:
            return time.time() > deadline or {task.target for task in tasks} <= self._first_calls().keys()

        self.stage.wait_until(called, f"a call to each new task of {self.service}")

    def _first_calls(self) -> dict[str, float]:
        """Return the time of each task's first call, by the task's `address:port`."""
        first: dict[str, float] = {}
        for call in self.load.calls():
            if call.task:
                first[call.task] = min(call.at, first.get(call.task, call.at))
        return first


def _delay(task: Task, first: dict[str, float]) -> float | None:
    """Return the seconds until the first call of `task` since it was healthy; None if it had no call."""
    called = first.get(task.target)
    # Where Envoy's own check passes first, its call comes before ECS calls the task healthy.
    return None if called is None or task.listed_at is None else max(0.0, called - task.listed_at)
