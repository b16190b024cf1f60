"""The agent: starts and stops local processes until they match what the ECS API asks for."""

import itertools
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.aws import Aws
from rehearsal.agent.deployments import Deployments
from rehearsal.agent.ecs_api import EcsApi, EcsService
from rehearsal.agent.images import Images, ImageUnknownError, Place
from rehearsal.agent.listed_tasks import listed_tasks
from rehearsal.agent.plan import Running, next_zone, plan
from rehearsal.agent.registrar import Registrar
from rehearsal.agent.task import State, Task
from rehearsal.agent.task_metadata import TaskMetadata
from rehearsal.processes import StartFailedError, end

POLL_SECONDS = 0.5
START_SECONDS = 1.0
"""Time between the starts of two tasks of a service that has some: ECS does not start all at once."""

SPOT_SECONDS = 120.0
"""What Spot leaves (re:Post, "How do I handle Spot termination notices in AWS Fargate Spot tasks?")."""


class EcsAgent:
    """Runs the tasks of every ECS service; leaving the context ends them all.

    Args:
        aws: The account whose ECS services it runs.
        images: Finds the local command for a container image.
        next_address: Returns a loopback address that no task has had yet.
        logs: The folder for the output of tasks.
        say: Shows the user a line of text.
        containers_aws: The account as containers reach it; `aws` by default.

    Attributes:
        failure: Why the agent has given up; None while it works.
        rolled_back: Why it rolled back the last deployment that it rolled back; None if it did not.

    """

    def __init__(
        self,
        aws: Aws,
        images: Images,
        next_address: Callable[[], str],
        logs: Path,
        say: Callable[[str], object],
        *,
        containers_aws: Aws | None = None,
    ) -> None:
        self._aws = aws
        self._images = images
        self._next_address = next_address
        self._logs = logs
        ecs = listed_tasks(aws, self.services, self.tasks)
        self._metadata = TaskMetadata(containers_aws or aws, next_address(), ecs)
        self._say = say
        self._tasks: list[Task] = []
        self._stopped: list[Task] = []
        self._services: dict[str, EcsService] = {}
        self._deployments = Deployments()
        self._interrupted: list[Task] = []
        self._unknown: set[str] = set()
        self._ages = itertools.count(1)
        self._numbers: Counter[str] = Counter()
        self._next_start: dict[str, float] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ecs-agent", daemon=True)
        self.failure: str | None = None
        self.rolled_back: str | None = None

    def __enter__(self) -> "EcsAgent":
        self._metadata.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._metadata.__exit__()

    def tasks(self, name_in_namespace: str | None = None) -> list[Task]:
        """Return the tasks of one service, or of all, that have not ended."""
        with self._lock:
            arns = {
                service.arn
                for service in self._services.values()
                if name_in_namespace in (None, service.name_in_namespace)
            }
            return [task for task in self._tasks if task.service in arns]

    def all_tasks(self) -> list[Task]:
        """Return every task that was ever started, including those that have ended."""
        with self._lock:
            return [*self._stopped, *self._tasks]

    def services(self) -> list[EcsService]:
        """Return all services."""
        with self._lock:
            return list(self._services.values())

    def service(self, name_in_namespace: str) -> EcsService | None:
        """Return the service that the namespace lists as `name_in_namespace`."""
        with self._lock:
            services = self._services.values()
            return next((s for s in services if s.name_in_namespace == name_in_namespace), None)

    def replace(self, task: Task) -> None:
        """Start another task in place of `task`, then stop it, as ECS does when it rebalances zones."""
        task.leaves = True

    def interrupt(self, task: Task) -> None:
        """Stop `task` without a new one before it, as an interruption of Fargate Spot does."""
        with self._lock:
            self._interrupted.append(task)

    def steady(self, name_in_namespace: str | None = None) -> bool:
        """Return whether one service, or each, runs its desired count of tasks, all healthy and current."""
        with self._lock:
            named = (s for s in self._services.values() if name_in_namespace in (None, s.name_in_namespace))
            services, tasks = list(named), list(self._tasks)
        return bool(services) and all(self._is_steady(service, tasks) for service in services)

    def _is_steady(self, service: EcsService, tasks: list[Task]) -> bool:
        if service.arn in self._unknown:
            return True
        service_tasks = [task for task in tasks if task.service == service.arn]
        return len(service_tasks) == service.desired.tasks and all(
            task.healthy and task.state is State.RUNNING and task.is_current(service.task_definition)
            for task in service_tasks
        )

    def _run(self) -> None:
        try:
            api, registrar = EcsApi(self._aws, self._images.sidecars), Registrar(self._aws)
            while not self._ending.wait(POLL_SECONDS):
                try:
                    self._poll(api, registrar)
                except (BotoCoreError, ClientError) as error:
                    # As with the real agent, tasks keep running while the ECS API does not answer.
                    self._say(f"ECS agent: {error}")
        except StartFailedError as error:
            self.failure = str(error)
        except Exception as error:  # without its agent a rehearsal has to end, whatever the error is
            self.failure = f"the ECS agent failed: {error!r}"
            raise
        finally:
            with self._lock:
                remaining = list(self._tasks)
            for task in remaining:
                task.end_probes()
            end([process for task in remaining for process in task.processes().values()], seconds=1)

    def _poll(self, api: EcsApi, registrar: Registrar) -> None:
        for service in self._services.values():
            if self._is_steady(service, self._tasks):
                self._deployments.completed(service)
        services = {service.arn: service for service in api.services()}
        with self._lock:
            deleted = {arn: s for arn, s in self._services.items() if arn not in services}
            self._services = {**services, **deleted}
        self._update_tasks(api, registrar)
        self._stop_interrupted(registrar)
        for service in services.values():
            self._step(service, api, registrar)
        for arn in deleted:
            for task in self._service_tasks(arn):
                self._stop(task, registrar)

    def _service_tasks(self, arn: str) -> list[Task]:
        return [task for task in self._tasks if task.service == arn]

    def _stop_interrupted(self, registrar: Registrar) -> None:
        with self._lock:
            interrupted, self._interrupted = self._interrupted, []
        for task in interrupted:
            self._stop(task, registrar, within=SPOT_SECONDS)

    def _update_tasks(self, api: EcsApi, registrar: Registrar) -> None:
        for task in list(self._tasks):
            service, was_healthy, old_state = self._services[task.service], task.healthy, task.state
            task.update()
            if old_state is State.RUNNING and task.state is not State.RUNNING:
                self._report_end(task, api)
                registrar.deregister(service, task)
            if task.state is State.STOPPED:
                with self._lock:
                    self._tasks.remove(task)
                    self._stopped.append(task)
            elif task.failing and task.state is State.RUNNING:
                log = task.logs / f"{task.name}-health.err"
                self._say(f"{task.name} fails its health check; see {log}")
                self._count_failure(task, log, api)
                self._stop(task, registrar)
            elif task.healthy is not was_healthy:
                registrar.set_health(service, task)

    def _report_end(self, task: Task, api: EcsApi) -> None:
        ended, vain = task.ended_container(), task.vain_dependency()
        if ended and ended.process:
            status, log = ended.process.status(), ended.process.err
            self._say(f"{ended.name} ended by itself with status {status}; see {log}")
            self._count_failure(task, log, api)
        elif vain and vain.process:
            self._say(f"{task.name} waits in vain for {vain.name}; see {vain.process.err}")
            self._count_failure(task, vain.process.err, api)

    def _count_failure(self, task: Task, log: Path, api: EcsApi) -> None:
        service = self._services[task.service]
        failed = self._deployments.task_failed(service, task.definition.arn, task.healthy_seconds)
        if failed is None or task.definition.arn != service.task_definition:
            return
        what = f"{service.name_in_namespace}: {failed.failures} tasks of one task definition failed"
        if failed.last_completed:
            self.rolled_back = f"{what}, so ECS rolls back; see {log}"
            self._say(self.rolled_back)
            api.roll_back(service, failed.last_completed)
        else:
            self.failure = f"{what}; see {log}"

    def _step(self, service: EcsService, api: EcsApi, registrar: Registrar) -> None:
        running = [
            Running(
                name=task.name,
                current=task.is_current(service.task_definition),
                healthy=task.healthy,
                zone=task.zone,
                age=task.age,
            )
            for task in self._service_tasks(service.arn)
            if task.state is State.RUNNING
        ]
        step = plan(service.desired, running)
        for task in self._service_tasks(service.arn):
            if task.name in step.stop:
                self._stop(task, registrar)
        if self._deployments.has_failed(service, service.task_definition):
            return
        spread = bool(running)
        for _ in range(step.start):
            if spread and time.monotonic() < self._next_start.get(service.arn, 0.0):
                return
            zone = next_zone(service.zones, running)
            task = self._start(service, zone, api, registrar)
            if task is None:
                return
            if spread:
                self._next_start[service.arn] = time.monotonic() + START_SECONDS
            running.append(Running(name=task.name, current=True, healthy=False, zone=zone, age=task.age))

    def _start(self, service: EcsService, zone: str, api: EcsApi, registrar: Registrar) -> Task | None:
        definition = api.task_definition(service.task_definition)
        self._numbers[service.name_in_namespace] += 1
        name = f"{service.name_in_namespace}-{self._numbers[service.name_in_namespace]}"
        place = Place(
            address=self._next_address(),
            folder=self._logs / f"{name}-volumes",
            environment=self._metadata.environment(name, zone),
        )
        try:
            local = {
                container.name: self._images.local_container(
                    service.name_in_namespace, definition, container, place
                )
                for container in definition.containers
            }
        except ImageUnknownError as error:
            if service.arn not in self._unknown:
                self._unknown.add(service.arn)
                self._say(str(error))
            return None
        task = Task(
            name=name,
            service=service.arn,
            definition=definition,
            address=place.address,
            zone=zone,
            age=next(self._ages),
            local=local,
            logs=self._logs,
        )
        with self._lock:
            self._tasks.append(task)
        registrar.register(service, task)
        return task

    def _stop(self, task: Task, registrar: Registrar, within: float = math.inf) -> None:
        """Deregister, then send SIGTERM at once; ECS does not wait either (aws/containers-roadmap#343)."""
        if task.state is State.RUNNING:
            registrar.deregister(self._services[task.service], task)
            task.stop(within)
