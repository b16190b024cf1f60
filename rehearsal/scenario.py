"""The rehearsal's course: deploy, call before and after, scale out and roll while calls go on."""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ecs_envoy.configuration import Configuration
from rehearsal import configured
from rehearsal.access_log import requests_by_task
from rehearsal.calls import STREAM, UNARY, Call, Target
from rehearsal.cpu import mean_percent, peak_memory_mib
from rehearsal.load_process import Load
from rehearsal.local_bootstrap import refresh_seconds
from rehearsal.machine import describe
from rehearsal.outcome import Change, NewTask, Outcome, ProxyUse, ServiceResult, errors_of, service_result
from rehearsal.processes import Process, StartFailedError, listens
from rehearsal.rolled import rolled_configuration
from rehearsal.system import System

CALLS_PER_TASK = 20
"""Calls a second for each task: with the default 5 ms of work, a tenth of a CPU."""

SETTLE_SECONDS = 2.0
"""From the first calls of a state to the first that count: connections are made, CPU has a second sample."""

SCALE_OUT_BY = 2
MOST_TASKS = 8
"""What DNS lists."""


class Progress(Protocol):
    """What a person sees while the rehearsal goes on."""

    def say(self, text: str) -> None:
        """Tell something that happened."""
        ...

    def step(self, name: str) -> None:
        """Tell that a step begins."""
        ...

    def now(self, text: str) -> None:
        """Tell how the step goes; called every second or so."""
        ...


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of the wall clock."""

    begin: float
    end: float

    def __contains__(self, call: Call) -> bool:
        return self.begin <= call.at < self.end


class Scenario:
    """One rehearsal.

    Args:
        config: The configuration file.
        configuration: What it says.
        system: What runs it.
        out: The folder for what the rehearsal writes.
        progress: Where it tells how it goes.
        stop: Set where it is to end.
        seconds: How long each of the states before and after is measured.

    Attributes:
        outcome: What it has found.
        before: When the state before was measured.
        after: When the state after was measured.
        calls: Every call through Envoy.

    """

    def __init__(
        self,
        config: Path,
        configuration: Configuration,
        system: System,
        out: Path,
        progress: Progress,
        stop: threading.Event,
        *,
        seconds: float,
    ) -> None:
        self._config = config
        self._configuration = configuration
        self._system = system
        self._out = out
        self._progress = progress
        self._stop = stop
        self._seconds = seconds
        self.outcome = Outcome(config=str(config), **describe())
        self.calls: list[Call] = []

    def run(self) -> None:
        """Rehearse.

        Raises:
            StartFailedError: A process did not come up; the message names its log.
            CdkFailedError: A deployment failed; the message names its log.
            KeyboardInterrupt: `stop` was set.

        """
        self._timed("deploy", self._deploy)
        self._timed("start", self._start)
        self._timed("before", self._measure_before)
        load = Load(self._system.processes, "load-after", self._targets(self._envoy_target))
        self._timed("after", lambda: self._measure_after(load))
        self._timed("scale out", lambda: self._scale_out(load))
        self._timed("roll", lambda: self._roll(load))
        self.calls = load.stop()

    def _timed(self, name: str, step: Callable[[], None]) -> None:
        begun = time.monotonic()
        self._progress.step(name)
        step()
        self.outcome.seconds[name] = round(time.monotonic() - begun, 1)

    def _wait_until(self, done: Callable[[], bool], what: str, *, seconds: float) -> None:
        """Wait until `done`, telling `what` is waited for.

        Raises:
            StartFailedError: It was not done in time, or the ECS agent gave up.
            KeyboardInterrupt: The rehearsal is to end.

        """
        end = time.monotonic() + seconds
        while not done():
            if self._stop.wait(0.2):
                raise KeyboardInterrupt
            if self._system.agent.failure:
                raise StartFailedError(self._system.agent.failure)
            if time.monotonic() > end:
                raise StartFailedError(f"waited {seconds:.0f} s for {what}; logs are in {self._system.logs}")
            self._progress.now(f"waiting for {what}")

    # deploy

    def _deploy(self) -> None:
        system = self._system
        self._progress.now("starting the emulator")
        system.start_emulator()
        rolled = self._out / "rolled.yaml"
        self._rolled_service = rolled_configuration(self._config, self._configuration, rolled)
        bootstrap = system.cdk.start_bootstrap()
        synth = system.cdk.start_synth(self._config.resolve(), self._out / "assembly")
        for process in (bootstrap, synth):
            self._cdk_wait(process, "cdk synth, cdk bootstrap")
        if self._rolled_service:
            # What is deployed later is synthesized now, so that no measurement has it beside it.
            self._rolled_synth = system.cdk.start_synth(rolled, self._out / "assembly-rolled")
        self._cdk_wait(system.cdk.start_deploy(self._out / "assembly"), "cdk deploy --all")

    def _cdk_wait(self, process: Process, what: str) -> None:
        self._system.cdk.wait(process, lambda: self._progress.now(what))

    # start

    def _start(self) -> None:
        agent = self._system.start_agent()
        self._wait_until(agent.steady, "all tasks to run", seconds=90)
        self._wait_until(
            lambda: all(listens(*_split(task.target)) for task in agent.tasks()),
            "all tasks to listen",
            seconds=60,
        )
        if self._rolled_service:
            self._cdk_wait(self._rolled_synth, "cdk synth of the later deployment")
        proxy = self._configuration.proxy
        envoys = agent.tasks(proxy.name)
        self.outcome.proxy_cpu_limit_percent = 100 * proxy.cpu / 1024
        self.outcome.proxy_memory_limit_mib = proxy.memory
        command = envoys[0].definition.container.command
        bootstrap = command[command.index("--config-yaml") + 1]
        ttl = max(self._system.zone.ttl(service) for service in self._services)
        self.outcome.discovery_bound_seconds = ttl + refresh_seconds(bootstrap)
        names = self._system.name_server
        namespace = self._configuration.namespace.name
        self._envoy_target = f"dns://{names.address}:{names.port}/{proxy.name}.{namespace}:{proxy.port}"
        self._progress.say(f"{len(agent.tasks())} tasks run, {len(envoys)} of them Envoy")

    @property
    def _services(self) -> list[str]:
        return list(configured.proto_services(self._configuration))

    def _targets(self, target: str | dict[str, str]) -> list[Target]:
        own_methods = configured.methods(self._configuration)
        targets: list[Target] = []
        for service, proto_services in configured.proto_services(self._configuration).items():
            own = own_methods.get(service)
            targets.append(
                Target(
                    service=service,
                    target=target if isinstance(target, str) else target[service],
                    methods=own or tuple(f"{name}/{UNARY}" for name in proto_services),
                    streams=() if own else tuple(f"{name}/{STREAM}" for name in proto_services),
                    rate=CALLS_PER_TASK * len(self._system.agent.tasks(service)),
                )
            )
        return targets

    # before and after

    def _measure_before(self) -> None:
        l4_targets: dict[str, str] = {}
        for service in self._services:
            tasks = [task.target for task in self._system.agent.tasks(service)]
            address, port = self._system.addresses.next(), int(_split(tasks[0])[1])
            command = [sys.executable, "-m", "rehearsal.l4_proxy", address, str(port), *tasks]
            process = self._system.processes.start(f"{service}-l4", command)
            process.wait_for_port(address, port)
            l4_targets[service] = f"{address}:{port}"
        load = Load(self._system.processes, "load-before", self._targets(l4_targets))
        self.before = self._watch(load)
        calls = load.stop()
        self.outcome.before = self._results(calls, self.before, from_log=False)

    def _measure_after(self, load: Load) -> None:
        self.after = self._watch(load)
        self.outcome.after = self._results(load.calls(), self.after, from_log=True)
        samples = self._system.sampler.samples()
        self.outcome.proxies = [
            ProxyUse(
                task=task.name,
                cpu_percent=mean_percent(samples.get(task.name, []), self.after.begin, self.after.end) or 0,
                memory_mib=peak_memory_mib(samples.get(task.name, [])),
            )
            for task in self._system.agent.tasks(self._configuration.proxy.name)
        ]

    def _watch(self, load: Load) -> Window:
        """Let the load go on for the time of one state; return what of it counts."""
        self._wait_until(lambda: bool(load.calls()), "the first call", seconds=30)
        begin = time.time() + SETTLE_SECONDS
        window = Window(begin=begin, end=begin + self._seconds)
        while time.time() < window.end + 0.5:
            if self._stop.wait(0.5):
                raise KeyboardInterrupt
            if self._system.agent.failure:
                raise StartFailedError(self._system.agent.failure)
            calls = load.calls()
            left = max(0.0, window.end - time.time())
            self._progress.now(f"{len(calls)} calls, {len(_failed(calls))} failed, {left:.0f} s left")
        return window

    def _results(self, calls: list[Call], window: Window, *, from_log: bool) -> list[ServiceResult]:
        samples = self._system.sampler.samples()
        envoys = self._system.agent.tasks(self._configuration.proxy.name)
        logs = [task.process.out for task in envoys]
        results: list[ServiceResult] = []
        for service in self._services:
            tasks = {task.target: task.name for task in self._system.agent.tasks(service)}
            cpu = {
                name: mean_percent(samples.get(name, []), window.begin, window.end) or 0.0
                for name in tasks.values()
            }
            logged = requests_by_task(logs, tasks, window.begin, window.end) if from_log else None
            own = [call for call in calls if call.service == service and call in window]
            results.append(service_result(service, own, tasks, cpu, requests=logged))
        return results

    # changes under load

    def _scale_out(self, load: Load) -> None:
        service = self._rolled_service
        ecs_service = self._system.agent.service(service) if service else None
        if not service or not ecs_service or ecs_service.wanted.desired >= MOST_TASKS:
            self._progress.say("no service of this configuration can scale out")
            return
        desired = ecs_service.wanted.desired
        more = min(MOST_TASKS, desired + SCALE_OUT_BY)
        begin = time.time()
        self._system.aws.ecs().update_service(
            cluster=ecs_service.ecs_cluster, service=ecs_service.name, desiredCount=more
        )
        known = {task.name for task in self._system.agent.tasks(service)}
        self._wait_until(
            lambda: len(self._system.agent.tasks(service)) == more and self._system.agent.steady(),
            f"{service}: {desired} to {more} tasks",
            seconds=60,
        )
        self.outcome.scale_out = self._change(
            load, service, f"{desired} to {more} tasks by the ECS API", begin, known
        )

    def _roll(self, load: Load) -> None:
        service = self._rolled_service
        if not service:
            return
        begin = time.time()
        known = {task.name for task in self._system.agent.tasks(service)}
        before = self._system.agent.service(service)
        stack = f"{self._configuration.environment}-services"
        self._cdk_wait(
            self._system.cdk.start_deploy(self._out / "assembly-rolled", stack), f"cdk deploy {stack}"
        )

        def rolled() -> bool:
            now = self._system.agent.service(service)
            if not before or not now or now.task_definition == before.task_definition:
                return False
            return self._system.agent.steady() and not known & {
                task.name for task in self._system.agent.tasks(service)
            }

        self._wait_until(rolled, f"{service}: new tasks before old ones stop", seconds=120)
        self.outcome.roll = self._change(load, service, "a new task definition by cdk deploy", begin, known)

    def _change(self, load: Load, service: str, what: str, begin: float, known: set[str]) -> Change:
        """Wait until each new task has had a call, or its time is over; return what came of the change."""
        new = [task for task in self._system.agent.tasks(service) if task.name not in known]

        def first(target: str) -> float | None:
            return next((call.at for call in load.calls() if call.task == target), None)

        names_itself = any(call.task for call in load.calls() if call.service == service)
        if names_itself:
            last = time.time() + 2 * self.outcome.discovery_bound_seconds
            self._wait_until(
                lambda: time.time() > last or all(first(task.target) for task in new),
                f"{service}: a call to each new task",
                seconds=120,
            )
        end = time.time() + SETTLE_SECONDS
        self._wait_until(lambda: time.time() > end, "calls to go on", seconds=60)
        window = Window(begin=begin, end=end)
        calls = [call for call in load.calls() if call.service == service and call in window]
        new_tasks: list[NewTask] = []
        for task in new if names_itself else ():
            seen = first(task.target)
            since = None if seen is None or task.listed_at is None else seen - task.listed_at
            new_tasks.append(NewTask(task=task.name, first_request=since))
        return Change(
            service=service,
            what=what,
            begin=begin,
            end=end,
            new_tasks=new_tasks,
            calls=len(calls),
            errors=errors_of(calls),
        )


def _failed(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.status != "OK"]


def _split(target: str) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    return host, int(port)
