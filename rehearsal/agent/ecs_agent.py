"""The agent: makes what runs on this machine what the ECS API wants, again and again."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account.aws import Aws
from rehearsal.agent.ecs_api import EcsApi, EcsService
from rehearsal.agent.images import Images, ImageUnknownError, Place
from rehearsal.agent.plan import Running, next_zone, plan
from rehearsal.agent.registrar import Registrar
from rehearsal.agent.task import State, Task
from rehearsal.agent.task_metadata import TaskMetadata
from rehearsal.processes import StartFailedError, end

POLL_SECONDS = 0.5
FAILURES_UNTIL_GIVEN_UP = 3
"""Tasks of one task definition that may die before it is given up: the circuit breaker's own least."""


class EcsAgent:
    """Runs the tasks of every ECS service; leaving the context ends them all.

    Args:
        aws: The account to read.
        images: What it can run.
        next_address: Returns a loopback address that no task has had yet.
        logs: The folder for what tasks write.
        say: Told in one line what a person should know.

    """

    def __init__(
        self,
        aws: Aws,
        images: Images,
        next_address: Callable[[], str],
        logs: Path,
        say: Callable[[str], object],
    ) -> None:
        self._aws = aws
        self._images = images
        self._next_address = next_address
        self._logs = logs
        self._metadata = TaskMetadata(aws, next_address())
        self._say = say
        self._tasks: list[Task] = []
        self._stopped: list[Task] = []
        self._services: dict[str, EcsService] = {}
        self._failures: Counter[str] = Counter()
        self._unknown: set[str] = set()
        self._ages = itertools.count(1)
        self._numbers: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ecs-agent", daemon=True)
        self.failure: str | None = None

    def __enter__(self) -> "EcsAgent":
        self._metadata.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._metadata.__exit__()

    def tasks(self, name_in_namespace: str | None = None) -> list[Task]:
        """Return the tasks that have not ended, of one service or of all."""
        with self._lock:
            arns = {
                service.arn
                for service in self._services.values()
                if name_in_namespace in (None, service.name_in_namespace)
            }
            return [task for task in self._tasks if task.service in arns]

    def ever(self) -> list[Task]:
        """Return every task that ever started, those that ended included."""
        with self._lock:
            return [*self._stopped, *self._tasks]

    def service(self, name_in_namespace: str) -> EcsService | None:
        """Return the service that the namespace lists as `name_in_namespace`."""
        with self._lock:
            named = (s for s in self._services.values() if s.name_in_namespace == name_in_namespace)
            return next(named, None)

    def steady(self) -> bool:
        """Return whether each service has its desired count of its current task definition, all healthy."""
        with self._lock:
            services, tasks = list(self._services.values()), list(self._tasks)
        return bool(services) and all(self._is_steady(service, tasks) for service in services)

    def _is_steady(self, service: EcsService, tasks: list[Task]) -> bool:
        if service.arn in self._unknown:
            return True
        own = [task for task in tasks if task.service == service.arn]
        return len(own) == service.wanted.desired and all(
            task.healthy and task.state is State.RUNNING and task.definition.arn == service.task_definition
            for task in own
        )

    def _run(self) -> None:
        try:
            api, registrar = EcsApi(self._aws), Registrar(self._aws)
            while not self._ending.wait(POLL_SECONDS):
                try:
                    self._poll(api, registrar)
                except (BotoCoreError, ClientError) as error:
                    # As the real agent does: what runs goes on running while the control plane is away.
                    self._say(f"ECS agent: {error}")
        except StartFailedError as error:
            self.failure = str(error)
        except Exception as error:  # whatever it is, a rehearsal without its agent says so and ends
            self.failure = f"the ECS agent failed: {error!r}"
            raise
        finally:
            with self._lock:
                left = list(self._tasks)
            for task in left:
                task.end_probes()
            end([process for task in left for process in task.processes().values()], seconds=1)

    def _poll(self, api: EcsApi, registrar: Registrar) -> None:
        services = {service.arn: service for service in api.services()}
        with self._lock:
            gone = {arn: s for arn, s in self._services.items() if arn not in services}
            self._services = {**services, **gone}
        self._update_tasks(registrar)
        for service in services.values():
            self._step(service, api, registrar)
        for arn in gone:
            for task in self._of(arn):
                self._stop(task, registrar)

    def _of(self, arn: str) -> list[Task]:
        return [task for task in self._tasks if task.service == arn]

    def _update_tasks(self, registrar: Registrar) -> None:
        for task in list(self._tasks):
            service, was, state = self._services[task.service], task.healthy, task.state
            task.update()
            if state is State.RUNNING and task.state is not State.RUNNING:
                self._ended_by_itself(task)
                registrar.deregister(service.registry, task)
            if task.state is State.STOPPED:
                with self._lock:
                    self._tasks.remove(task)
                    self._stopped.append(task)
            elif task.failing and task.state is State.RUNNING:
                log = task.logs / f"{task.name}-health.err"
                self._say(f"{task.name} fails its health check; see {log}")
                self._failed(task, log)
                self._stop(task, registrar)
            elif task.healthy is not was:
                registrar.set_health(service, task)

    def _ended_by_itself(self, task: Task) -> None:
        ended = task.ended_container()
        if ended and ended.process:
            status, log = ended.process.status(), ended.process.err
            self._say(f"{ended.name} ended by itself with status {status}; see {log}")
            self._failed(task, log)

    def _failed(self, task: Task, log: Path) -> None:
        self._failures[task.definition.arn] += 1
        if self._failures[task.definition.arn] >= FAILURES_UNTIL_GIVEN_UP:
            self.failure = (
                f"{task.name.rpartition('-')[0]}: {FAILURES_UNTIL_GIVEN_UP} tasks of one task definition "
                f"failed; see {log}"
            )

    def _step(self, service: EcsService, api: EcsApi, registrar: Registrar) -> None:
        own = [
            Running(
                name=task.name,
                current=task.definition.arn == service.task_definition,
                healthy=task.healthy,
                zone=task.zone,
                age=task.age,
            )
            for task in self._of(service.arn)
            if task.state is State.RUNNING
        ]
        step = plan(service.wanted, own)
        for task in self._of(service.arn):
            if task.name in step.stop:
                self._stop(task, registrar)
        if self._failures[service.task_definition] >= FAILURES_UNTIL_GIVEN_UP:
            return
        for _ in range(step.start):
            zone = next_zone(service.zones, own)
            task = self._start(service, zone, api, registrar)
            if task is None:
                return
            own.append(Running(name=task.name, current=True, healthy=False, zone=zone, age=task.age))

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
                container.name: self._images.local(service.name_in_namespace, definition, container, place)
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

    def _stop(self, task: Task, registrar: Registrar) -> None:
        """Deregister, then SIGTERM: ECS waits for no TTL in between (aws/containers-roadmap#343)."""
        if task.state is State.RUNNING:
            registrar.deregister(self._services[task.service].registry, task)
            task.stop()
