"""The deployed system on this machine: emulator, ECS agent, name server."""

import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ecs_envoy.configuration import Configuration
from rehearsal import configured
from rehearsal.account.aws import Aws
from rehearsal.account.cdk import Cdk
from rehearsal.account.cloud_map_zone import CloudMapZone
from rehearsal.account.emulator_process import start_emulator
from rehearsal.account.foreign_services import deploy_foreign_services
from rehearsal.account.health_lag import HEALTH_LAG_SECONDS
from rehearsal.account.name_server import Lookup, NameServer
from rehearsal.account.private_zones import PROPAGATION_SECONDS as PRIVATE_ZONE_SECONDS
from rehearsal.account.private_zones import CnameRecord, MovedNames, PrivateZones
from rehearsal.account.propagation import PROPAGATION_SECONDS, Propagated, Propagation
from rehearsal.account.resolver_cache import ResolverCache
from rehearsal.account.vpc_dns import VpcDns
from rehearsal.agent.ecs_agent import EcsAgent
from rehearsal.agent.images import Images
from rehearsal.monitoring.cpu import Sampler, series
from rehearsal.monitoring.cpu_exporter import CpuExporter
from rehearsal.monitoring.prometheus import Prometheus, prometheus_binary
from rehearsal.processes import Processes

CPU_SECONDS = 6.0
"""The time over which the CPU of a task is averaged. CloudWatch averages over a minute."""


TASKS_WITH_OWN_SERVER = 40
"""With more tasks at first, they share a process: 45 MiB and half a second of CPU for each are too much."""


class Addresses:
    """Loopback addresses from a random block, so that two rehearsals on one machine do not collide."""

    def __init__(self) -> None:
        self._second, self._third = random.randint(16, 250), random.randint(0, 200)
        self._used = 0
        self._lock = threading.Lock()

    def next(self) -> str:
        """Return an address that was not returned before."""
        with self._lock:
            third, last = divmod(self._used, 250)
            self._used += 1
        return f"127.{self._second}.{self._third + third}.{last + 1}"


@dataclass(frozen=True, kw_only=True)
class Delays:
    """How slow AWS is, in seconds.

    Attributes:
        health_lag: How long Cloud Map takes to show a change of health.
        propagation: The longest time that Route 53 takes to show a change of a record.

    """

    health_lag: float = HEALTH_LAG_SECONDS
    propagation: float = PROPAGATION_SECONDS


class System:
    """Everything that runs in a rehearsal; leaving the context ends it.

    Args:
        configuration: The configuration that is rehearsed.
        config_folder: The folder in which the configuration's local commands run.
        out: The folder for logs and assemblies.
        say: Shows the user a line of text.
        stop: Set when the rehearsal has to end.
        delays: How slow AWS is; as AWS documents it by default.

    Attributes:
        addresses: Gives out loopback addresses.
        processes: All child processes except those of the tasks.
        logs: The folder for logs.
        delays: How slow AWS is.
        load_balancers: The address of each load balancer that is played, by its DNS name.
        moved_records: Returns the records of a name with `cut_over`, as DNS shows them.

    """

    moved_records: Callable[[str], tuple[CnameRecord, ...]]

    def __init__(
        self,
        configuration: Configuration,
        config_folder: Path,
        out: Path,
        say: Callable[[str], object],
        stop: threading.Event,
        delays: Delays = Delays(),  # it is frozen
    ) -> None:
        self.configuration = configuration
        self.delays = delays
        self.addresses = Addresses()
        self.load_balancers: dict[str, str] = {}
        self.logs = out / "logs"
        self._config_folder = config_folder
        self._out = out
        self._say = say
        self._stop = stop
        self._stack = ExitStack()

    def __enter__(self) -> "System":
        self.logs.mkdir()
        self.processes = self._stack.enter_context(Processes(self.logs))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start_emulator(self) -> Aws:
        """Start the emulator with the resources that the configuration says exist already."""
        existing = configured.existing_resources(self.configuration)
        self.aws = start_emulator(
            self.processes, existing, self._out / "emulator", health_lag=self.delays.health_lag
        )
        self.cdk = Cdk(self.processes, self.aws, self._out / "cdk", self._stop)
        return self.aws

    def start_agent(self, containers_aws: Aws | None = None) -> EcsAgent:
        """Start the name server, the ECS agent and the sampler; tasks begin to run.

        Args:
            containers_aws: The account as containers reach it; by default as the agent does.

        """
        self.zone = CloudMapZone(self.aws, self.configuration.namespace.name)
        self.name_server = self._stack.enter_context(
            NameServer(self.addresses.next(), self._lookup(), negative_ttl=self.zone.negative_ttl())
        )
        images = Images(
            grpc_services=configured.proto_services(self.configuration),
            commands=configured.commands(self.configuration, self._config_folder),
            api_image=self.configuration.api.image if self.configuration.api else None,
            name_server=(self.name_server.address, self.name_server.port),
            work_ms=self.configuration.rehearsal.work.total_seconds() * 1000,
            sidecars=configured.sidecars(self.configuration),
            task_host=self._start_task_host(),
        )
        deploy_foreign_services(self.aws, self.configuration)
        self.agent = EcsAgent(
            self.aws, images, self.addresses.next, self.logs, self._say, containers_aws=containers_aws
        )
        self._stack.enter_context(self.agent)
        self.sampler = self._stack.enter_context(Sampler(self._pids))
        return self.agent

    def _start_task_host(self) -> Path | None:
        """Start the process that has the servers of all tasks, if they are many; return its socket."""
        if configured.number_of_tasks(self.configuration) <= TASKS_WITH_OWN_SERVER:
            return None
        path = self._out / "task-host"
        host = self.processes.start(
            "task-host", [sys.executable, "-m", "rehearsal.load.task_host", str(path)]
        )
        while not path.is_socket():
            host.check()
            time.sleep(0.05)
        return path

    def _lookup(self) -> Lookup:
        """Return how the VPC's resolver looks names up."""
        longest = self.delays.propagation
        names = VpcDns(
            {self.configuration.namespace.name: self.zone, **self._other_zones()}, self._addresses_by_name()
        )
        seen = self._stack.enter_context(Propagated(names.lookup, Propagation(longest)))
        moved = configured.moved_names(self.configuration).values()
        if not moved:
            return ResolverCache(seen)
        zones = PrivateZones(self.aws, {cut_over.name: cut_over.zone for cut_over in moved})
        soon = Propagation(min(longest, PRIVATE_ZONE_SECONDS))
        self.moved_records = self._stack.enter_context(Propagated(zones.records, soon))
        return MovedNames(self.moved_records, self.load_balancers, ResolverCache(seen))

    def _other_zones(self) -> dict[str, CloudMapZone]:
        others = configured.other_dns_namespaces(self.configuration)
        return {name: CloudMapZone(self.aws, name) for name in others}

    def _addresses_by_name(self) -> dict[str, Callable[[], list[str]]]:
        """Return what finds the addresses of each service that a DNS name of another team leads to."""
        return {
            host: lambda tasks=tasks: [task.address for task in self.agent.tasks(tasks)]
            for tasks, host in configured.addresses(self.configuration).items()
        }

    def start_prometheus(self) -> Prometheus | None:
        """Start Prometheus, and the exporter for the tasks' CPU; None if Prometheus is not installed."""
        binary = prometheus_binary()
        if binary is None:
            self._say(
                "Prometheus is not installed, so nothing scrapes Envoy; "
                "run apt-get install prometheus, or set PROMETHEUS to its path"
            )
            return None
        address = self.addresses.next()
        self._stack.enter_context(CpuExporter(address, self._cpu_by_service, self.configuration.environment))
        proxies = configured.proxies(self.configuration)
        return Prometheus(
            self.processes,
            binary=binary,
            folder=self._out / "prometheus",
            address=self.addresses.next(),
            envoys=lambda: {
                task.name: task.address for proxy in proxies for task in self.agent.tasks(proxy.name)
            },
            cpu_address=address,
        )

    def _cpu_by_service(self) -> dict[str, dict[str, list[float]]]:
        """Return each task's CPU in `CPU_SECONDS`, in percent of what its task definition gives it."""
        samples, now = self.sampler.samples(), time.time()
        percents: dict[str, dict[str, list[float]]] = {}
        for service in configured.proto_services(self.configuration):
            block = self.configuration.services.get(service)
            cpus = (block.cpu if block else 256) / 1024
            for task in self.agent.tasks(service):
                _, cpu = series(samples.get(task.name, []), now - CPU_SECONDS, now)
                percents.setdefault(service, {})[task.name] = [percent / cpus for percent in cpu]
        return percents

    def _pids(self) -> dict[str, int]:
        """Return the process id of each container, by its task's name; sidecars by `<task> <container>`."""
        pids: dict[str, int] = {}
        for task in self.agent.tasks():
            for container, process in task.processes().items():
                serves = container == task.definition.container.name
                pids[task.name if serves else f"{task.name} {container}"] = process.pid
        return pids
