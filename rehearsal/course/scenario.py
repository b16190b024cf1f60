"""Runs the steps of a rehearsal: deploy, measure before and after, scale out, roll."""

import time
from collections.abc import Callable
from pathlib import Path

from ecs_envoy.configuration.stacks.numbers import stack_name_of
from rehearsal import configured
from rehearsal.account.hand_over import hand_over, step_back
from rehearsal.course import states
from rehearsal.course.changes import Changes
from rehearsal.course.cut_over import STEPS, CutOverCourse, write_configuration
from rehearsal.course.discovery import ServiceDiscovery, service_discovery
from rehearsal.course.outcome import Outcome
from rehearsal.course.reach import check_reach
from rehearsal.course.rolled import rolled_configuration
from rehearsal.course.stage import Stage, Window
from rehearsal.load.calls import Call
from rehearsal.load.load_process import Load
from rehearsal.machine import describe
from rehearsal.monitoring.prometheus import Prometheus
from rehearsal.monitoring.prometheus_results import client_calls, prometheus_calls, read_results
from rehearsal.processes import Process, listens

SCRAPES_SECONDS = 2.5
"""Prometheus scrapes every second. After the last call this leaves time for two scrapes."""


class Scenario:
    """One rehearsal.

    Args:
        config: The configuration file.
        stage: The system, and the ways to show progress and to wait.
        out: The folder for the output of the rehearsal.
        seconds: How long each of the states before and after is measured.

    Attributes:
        outcome: The results so far.
        before: When the state before was measured.
        after: When the state after was measured.
        calls: Every call through Envoy.
        prometheus: The Prometheus that scrapes Envoy; None without metrics, or if it is not installed.

    """

    def __init__(self, config: Path, stage: Stage, out: Path, *, seconds: float) -> None:
        self._config = config
        self._stage = stage
        self._assembly, self._rolled_assembly = out / "assembly", out / "assembly-rolled"
        self._rolled_config = out / "rolled.yaml"
        self._rolled_synth: Process | None = None
        self._changed_service: str | None = None  # the service that is scaled out and rolled
        self._discovery: dict[str, ServiceDiscovery] = {}
        self._out = out
        self._moved = configured.moved_names(stage.configuration)
        self._cut_overs: dict[int, Path] = {}  # the assembly of each percentage
        self._seconds = seconds
        self.outcome = Outcome(config=str(config), **describe())
        self.before = self.after = Window(begin=0, end=0)
        self.calls: list[Call] = []
        self.prometheus: Prometheus | None = None

    def run(self) -> None:
        """Rehearse.

        Raises:
            StartFailedError: A process did not come up; the message names its log.
            UnreachableError: The security groups let no call through.
            CdkFailedError: A deployment failed; the message names its log.
            KeyboardInterrupt: The rehearsal has to end.

        """
        self._timed("deploy", self._deploy)
        self._timed("start", self._start)
        self._timed("before", self._measure_before)
        if self._moved:
            self._timed("cut over", self._cut_over)
        names = configured.dialled_names(self._stage.configuration)
        names |= {service: moved.name for service, moved in self._moved.items()}
        addresses = {service: states.dialled(self._stage, service, name) for service, name in names.items()}
        load = Load(self._stage.system.processes, "load-after", states.targets(self._stage, addresses))
        self._timed("after", lambda: self._measure_after(load))
        if self._changed_service:
            changes = Changes(
                stage=self._stage,
                load=load,
                service=self._changed_service,
                discovery=self._discovery[self._changed_service],
            )
            self._timed("scale out", lambda: self._scale_out(changes))
            self._timed("roll", lambda: self._roll(changes))
        self.calls = load.stop()
        if self._moved:
            self._timed("way back", self._way_back)
        self.outcome.calls_by_clients = client_calls(self.calls)
        if self.prometheus:
            self._stage.stop.wait(SCRAPES_SECONDS)
            self.outcome.calls_by_prometheus = prometheus_calls(self.prometheus)

    def _timed(self, name: str, step: Callable[[], None]) -> None:
        begun = time.monotonic()
        self._stage.progress.step(name)
        step()
        self.outcome.seconds[name] = round(time.monotonic() - begun, 1)

    def _deploy(self) -> None:
        stage, system = self._stage, self._stage.system
        stage.progress.status("starting the emulator")
        system.start_emulator()
        self._changed_service = rolled_configuration(self._config, stage.configuration, self._rolled_config)
        bootstrap = system.cdk.start_bootstrap()
        synth = system.cdk.start_synth(self._config.resolve(), self._assembly)
        for process in (bootstrap, synth):
            stage.wait_for_cdk(process, "cdk synth, cdk bootstrap")
        if self._changed_service:
            # The rolling deployment is synthesized now, because a synth would disturb the measurements.
            self._rolled_synth = system.cdk.start_synth(self._rolled_config, self._rolled_assembly)
        hand_over(system.aws, self._moved.values())
        stage.wait_for_cdk(system.cdk.start_deploy(self._assembly), "cdk deploy --all")
        step_back(system.aws, self._moved.values())

    def _synthesize_cut_over(self) -> None:
        """Synthesize the steps of the cut-over now, because a synth would disturb the measurements."""
        for percent in (0, *STEPS) if self._moved else ():
            if {moved.percent for moved in self._moved.values()} == {percent}:
                self._cut_overs[percent] = self._assembly
                continue
            config = self._out / f"cut-over-{percent}.yaml"
            write_configuration(self._config, percent, config)
            self._cut_overs[percent] = self._out / f"assembly-cut-over-{percent}"
            synth = self._stage.system.cdk.start_synth(config, self._cut_overs[percent])
            self._stage.wait_for_cdk(synth, f"cdk synth of the cut-over at {percent} %")

    def _start(self) -> None:
        stage, agent = self._stage, self._stage.system.start_agent()
        check_reach(stage.system.aws, stage.configuration)
        stage.wait_until(agent.steady, "all tasks to run")
        stage.wait_until(
            lambda: all(listens(task.address, task.definition.container.port) for task in agent.tasks()),
            "all tasks to listen",
        )
        health = time.monotonic()
        self._synthesize_cut_over()
        self._wait_for_shown_health(health)
        if self._rolled_synth:
            stage.wait_for_cdk(self._rolled_synth, "cdk synth of the rolling deployment")
        # A limit of several proxies is the tightest one.
        found = configured.proxies(stage.configuration)
        self.outcome.proxy_cpu_limit_percent = min(100 * proxy.cpu / 1024 for proxy in found)
        self.outcome.proxy_memory_limit_mib = min(proxy.memory for proxy in found)
        for service, proxy in configured.proxy_of(stage.configuration).items():
            ttl, envoy = stage.system.zone.ttl(service), agent.tasks(proxy.name)[0]
            discovery = service_discovery(
                envoy.definition, service, ttl=ttl, propagation=stage.system.delays.propagation
            )
            self._discovery[service] = discovery
            self.outcome.discovery_bound_seconds[service] = discovery.bound_seconds
        stage.progress.say(f"{len(agent.tasks())} tasks run, {len(stage.envoys())} of them Envoy")
        if stage.configuration.telemetry.has_metrics:
            self.prometheus = stage.system.start_prometheus()

    def _wait_for_shown_health(self, since: float) -> None:
        """Wait until Cloud Map shows the health that all tasks had at `since`, a monotonic time."""
        stage = self._stage
        if any(service.registry_has_health for service in stage.system.agent.services()):
            end = since + stage.system.delays.health_lag
            stage.wait_until(lambda: time.monotonic() > end, "Cloud Map to show the health of the tasks")

    def _measure_before(self) -> None:
        self._load_balancers = states.start_load_balancers(self._stage)
        addresses = {service: started.target for service, started in self._load_balancers.items()}
        load = Load(self._stage.system.processes, "load-before", states.targets(self._stage, addresses))
        self.before = states.measure(self._stage, load, self._seconds)
        self.outcome.prometheus_before = read_results(self.prometheus) if self.prometheus else None
        self.outcome.before = states.service_results(self._stage, load.stop(), self.before)

    def _measure_after(self, load: Load) -> None:
        requests = states.endpoint_requests(self._stage)
        self.after = states.measure(self._stage, load, self._seconds, requests)
        self.outcome.prometheus_after = read_results(self.prometheus) if self.prometheus else None
        self.outcome.after = states.service_results(self._stage, load.calls(), self.after, requests)
        self.outcome.proxies = states.proxy_use(self._stage, self.after)
        self.outcome.in_zone = states.in_zone(self._stage, requests)

    def _cut_over(self) -> None:
        names = {service: moved.name for service, moved in self._moved.items()}
        by_name = {service: states.dialled(self._stage, service, name) for service, name in names.items()}
        self._course = CutOverCourse(
            stage=self._stage,
            targets=[
                t
                for t in states.targets(self._stage, dict.fromkeys(self._stage.services, "") | by_name)
                if t.service in by_name
            ],
            load_balancers={name: started.process for name, started in self._load_balancers.items()},
        )
        # The file may say that the move has begun; the rehearsal begins before it.
        if any(moved.percent for moved in self._moved.values()):
            self._course.deploy(0, self._cut_overs[0])
        self._course.play([(0, None), *((percent, self._cut_overs[percent]) for percent in STEPS)])
        self.outcome.cut_over = self._course.steps

    def _way_back(self) -> None:
        for service, load_balancer in self._load_balancers.items():
            # A rolling deployment has replaced tasks, which ECS registers at the load balancer, too.
            load_balancer.register(self._stage.system.agent.tasks(service))
        self._course.play([(0, self._cut_overs[0])])

    def _scale_out(self, changes: Changes) -> None:
        self.outcome.scale_out = changes.scale_out()

    def _roll(self, changes: Changes) -> None:
        stack = stack_name_of(self._stage.configuration, changes.service)
        self.outcome.roll = changes.roll(self._rolled_assembly, stack)
