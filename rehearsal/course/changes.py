"""Changes of the deployed system while calls go on: more tasks, and a new task definition."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from envoy_config.model import DNS_RECORDS
from rehearsal.agent.task import Task
from rehearsal.course.discovery import ServiceDiscovery
from rehearsal.course.outcome import Change, NewTask, errors_of
from rehearsal.course.stage import SETTLE_SECONDS, Stage, Window
from rehearsal.load.load_process import Load

SCALE_OUT_BY = 2


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes one service under load.

    Attributes:
        stage: The rehearsal.
        load: The calls that go on.
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
        """Raise the desired count through the ECS API; None where DNS could not list more tasks."""
        agent = self.stage.system.agent
        ecs_service = agent.service(self.service)
        most = math.inf if self.discovery.lists_all else DNS_RECORDS
        if not ecs_service or ecs_service.wanted.desired >= most:
            self.stage.progress.say(f"{self.service} has as many tasks as DNS lists: not scaled out")
            return None
        desired = ecs_service.wanted.desired
        more = int(min(most, desired + SCALE_OUT_BY))
        begin, known = time.time(), {task.name for task in self._tasks()}
        self.stage.system.aws.ecs().update_service(
            cluster=ecs_service.ecs_cluster, service=ecs_service.name, desiredCount=more
        )
        self.stage.wait_until(
            lambda: len(self._tasks()) == more and agent.steady(),
            f"{self.service}: {desired} to {more} tasks",
            seconds=60,
        )
        return self._change(f"{desired} to {more} tasks by the ECS API", begin, known)

    def roll(self, assembly: Path, stack: str) -> Change:
        """Deploy `stack` from `assembly`, which has another task definition, and follow the roll."""
        agent = self.stage.system.agent
        before = agent.service(self.service)
        begin, known = time.time(), {task.name for task in self._tasks()}
        deploying = self.stage.system.cdk.start_deploy(assembly, stack)
        self.stage.cdk_wait(deploying, f"cdk deploy {stack}")

        def rolled() -> bool:
            now = agent.service(self.service)
            changed = before and now and now.task_definition != before.task_definition
            return bool(changed) and agent.steady() and not known & {task.name for task in self._tasks()}

        self.stage.wait_until(rolled, f"{self.service}: new tasks before old ones stop", seconds=120)
        return self._change("a new task definition by cdk deploy", begin, known)

    def _change(self, what: str, begin: float, known: set[str]) -> Change:
        """Wait until each new task has had a call, or its time is over; return what came of the change."""
        new = [task for task in self._tasks() if task.name not in known]
        calls = [call for call in self.load.calls() if call.service == self.service]
        # A server of the user's own does not say which task it is.
        named = new if any(call.task for call in calls) else []
        self._wait_for_first_calls(named)
        end = time.time() + SETTLE_SECONDS
        self.stage.wait_until(lambda: time.time() > end, "calls to go on", seconds=60)
        window = Window(begin=begin, end=end)
        own = [call for call in self.load.calls() if call.service == self.service and call in window]
        first = self._first_calls()
        return Change(
            service=self.service,
            what=what,
            begin=begin,
            end=end,
            new_tasks=[NewTask(task=task.name, first_request=_since(task, first)) for task in named],
            calls=len(own),
            errors=errors_of(own),
        )

    def _wait_for_first_calls(self, tasks: Sequence[Task]) -> None:
        last = time.time() + 2 * self.discovery.bound_seconds

        def called() -> bool:
            return time.time() > last or {task.target for task in tasks} <= self._first_calls().keys()

        self.stage.wait_until(called, f"{self.service}: a call to each new task", seconds=120)

    def _first_calls(self) -> dict[str, float]:
        """Return when each task was first called, by its `address:port`."""
        first: dict[str, float] = {}
        for call in self.load.calls():
            if call.task:
                first[call.task] = min(call.at, first.get(call.task, call.at))
        return first


def _since(task: Task, first: dict[str, float]) -> float | None:
    """Return the seconds from when Cloud Map listed `task` to its first call; None without one."""
    called = first.get(task.target)
    return None if called is None or task.listed_at is None else called - task.listed_at
