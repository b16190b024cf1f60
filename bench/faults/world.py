"""A deployed system to raise faults in: real stacks, the rehearsal's agent, and clients."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from bench.faults.calls import CLIENTS, MIXED, Client, LoadPlan
from bench.faults.history import ENDING
from bench.faults.services import NAMESPACE, PROXY, LabService, write_configuration
from ecs_envoy.configuration import load_configuration
from rehearsal.agent.ecs_api import EcsApi, EcsService
from rehearsal.agent.task import State, Task
from rehearsal.processes import PATIENCE_SECONDS, Process, StartFailedError, listens
from rehearsal.system import Delays, System

END_SECONDS = 15.0
"""Open calls end in this time after their client has got SIGTERM; the longest deadline is 10 s."""


class Load:
    """A process of clients that call until `stop`.

    Attributes:
        plan: What it does.

    """

    def __init__(self, process: Process, plan: LoadPlan) -> None:
        self._process = process
        self.plan = plan

    def dial_young(self) -> None:
        """Let the young clients dial now."""
        self._process.check()
        self._process.signal(signal.SIGUSR1)

    def stop(self) -> None:
        """Make no new call, and wait for the open ones."""
        self._process.check()
        self._process.terminate()
        self._process.wait(END_SECONDS)


class World:
    """Deploys `services` behind two proxies; leaving the context ends everything.

    Args:
        folder: The folder for logs, assemblies and the history; it has to be empty.
        services: The services.
        delays: How slow AWS is.
        resolution_ms: gRPC's least time between two look-ups of a name.
        proxy_environment: Environment variables of the proxy's containers in the place of the deployed ones.
        say: Shows a line of text.

    Attributes:
        history: The folder with the journals of all calls.
        system: What runs.

    """

    def __init__(
        self,
        folder: Path,
        services: Sequence[LabService],
        *,
        delays: Delays,
        say: Callable[[str], object],
        resolution_ms: int = 30_000,
        proxy_environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._folder, self._services, self._delays, self._say = folder, services, delays, say
        self._resolution_ms, self._proxy_environment = resolution_ms, proxy_environment
        self._stack = ExitStack()
        # The kernel ends a process when the thread that started it ends (PR_SET_PDEATHSIG), so all are
        # started by one thread that lasts.
        self._starter = ThreadPoolExecutor(max_workers=1)
        self.history = folder / "history"

    def __enter__(self) -> "World":
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._starter.shutdown()

    def _start(self) -> None:
        self.history.mkdir(parents=True)
        config = self._folder / "lab.yaml"
        write_configuration(config, self._services, self.history)
        configuration = load_configuration(config)
        stop, out = threading.Event(), self._folder / "out"
        out.mkdir()
        system = System(configuration, self._folder, out, self._say, stop, self._delays)
        self.system = self._stack.enter_context(system)
        self.aws = system.start_emulator()
        # Made once: boto3 takes seconds to read a service's model, in which the name server would not answer.
        self._ecs, self._ecs_api = self.aws.ecs(), EcsApi(self.aws)
        processes = [system.cdk.start_bootstrap(), system.cdk.start_synth(config, out / "assembly")]
        for process in processes:
            system.cdk.wait(process, lambda: None)
        system.cdk.wait(system.cdk.start_deploy(out / "assembly"), lambda: None)
        self._start_relay()
        if self._proxy_environment:  # no task runs yet
            self.redefine(PROXY, environment=self._proxy_environment)
        address, port = self._relay_address
        self.agent = system.start_agent(replace(self.aws, endpoint=f"http://{address}:{port}"))
        self.until(self.agent.steady)
        self.until(lambda: all(listens(t.address, t.definition.container.port) for t in self.agent.tasks()))

    def until(self, done: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until `done` returns something true.

        Raises:
            StartFailedError: It did not within `seconds`, or the agent has given up.

        """
        end = time.monotonic() + seconds
        while not done():
            if self.agent.failure:
                raise StartFailedError(self.agent.failure)
            if time.monotonic() > end:
                raise StartFailedError(f"what the lab waits for did not happen; logs are in {self._folder}")
            time.sleep(0.05)

    def pause(self, seconds: float) -> None:
        """Let `seconds` pass, and see that the agent works on."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, seconds + PATIENCE_SECONDS)

    def tasks(self, service: str) -> list[Task]:
        """Return the tasks of `service` that run and do not stop, the oldest first."""
        running = [task for task in self.agent.tasks(service) if task.state is State.RUNNING]
        return sorted(running, key=lambda task: task.age)

    def service(self, name: str) -> EcsService:
        """Return the ECS service that the namespace lists as `name`."""
        return next(s for s in self._ecs_api.services() if s.name_in_namespace == name)

    def proxies(self) -> list[Task]:
        """Return the tasks of the proxy."""
        return self.tasks(PROXY)

    @property
    def target(self) -> str:
        """What gRPC dials: the proxy's name, resolved by the stand-in for the VPC's resolver."""
        names = self.system.name_server
        return f"dns://{names.address}:{names.port}/{PROXY}.{NAMESPACE}:50051"

    def load(
        self,
        name: str,
        service: str,
        *,
        rate: float,
        clients: tuple[Client, ...] = CLIENTS,
        methods: tuple[str, ...] = MIXED,
        **options: Any,  # noqa: ANN401
    ) -> Load:
        """Start clients that call `service`, `rate` times a second over all of them."""
        plan = LoadPlan(
            load=name,
            target=self.target,
            service=service,
            rate=rate,
            history=str(self.history / f"{name}{ENDING}"),
            clients=clients,
            methods=methods,
            resolution_ms=self._resolution_ms,
            **options,
        )
        command = [sys.executable, "-m", "bench.faults.load", plan.to_json()]
        return Load(self._start_process(f"load-{name}", command), plan)

    def _start_process(self, name: str, command: Sequence[str]) -> Process:
        return self._starter.submit(self.system.processes.start, name, command).result()

    def abuser(self, abuse: str, service: str, rate: float) -> Process:
        """Start a client that misbehaves; it connects to a proxy of its own choice, or to the first one."""
        proxy = self.proxies()[0]
        place = [proxy.address, str(proxy.definition.container.port)]
        options = [self.target, *place, service, self.system.addresses.next(), "--rate", str(rate)]
        # It has a machine of its own in AWS. Here it shares the CPUs with the others, who come first.
        command = ["nice", "-n", "19", sys.executable, "-m", "bench.faults.abuser", abuse, *options]
        return self._start_process(f"abuser-{abuse}-{time.monotonic_ns()}", command)

    def redefine(
        self,
        service: str,
        edit: Callable[[str], str] = lambda part: part,
        *,
        environment: Mapping[str, str],
        sidecar_environment: Mapping[str, str] = MappingProxyType({}),
        maximum_percent: int | None = None,
    ) -> str:
        """Deploy a new task definition of `service`; return its ARN.

        This is what CloudFormation does at the end of `cdk deploy`.

        Args:
            service: Its name in the namespace.
            edit: Returns what takes the place of each part of a container's command.
            environment: Further environment variables of its containers.
            sidecar_environment: Further environment variables of the discovery sidecar.
            maximum_percent: How many tasks may run meanwhile; as deployed by default.

        """
        ecs, found = self._ecs, self.service(service)
        old: Any = ecs.describe_task_definition(taskDefinition=found.task_definition)["taskDefinition"]
        containers = old["containerDefinitions"]
        for container in containers:
            variables = {v["name"]: v["value"] for v in container.get("environment", [])} | {**environment}
            variables |= sidecar_environment if container["name"] == "discovery" else {}
            container["environment"] = [{"name": n, "value": v} for n, v in variables.items()]
            container["command"] = [edit(part) for part in container.get("command", [])]
        kept = ("family", "volumes", "cpu", "memory", "networkMode", "executionRoleArn", "taskRoleArn")
        fields: Any = {key: old[key] for key in kept if key in old}
        new = ecs.register_task_definition(**fields, containerDefinitions=containers)
        arn = new["taskDefinition"].get("taskDefinitionArn", "")
        deployment: Any = {"minimumHealthyPercent": 100, "maximumPercent": maximum_percent}
        options: Any = {"deploymentConfiguration": deployment} if maximum_percent else {}
        ecs.update_service(cluster=found.ecs_cluster, service=found.name, taskDefinition=arn, **options)
        return arn

    def set_count(self, service: str, count: int) -> None:
        """Set the desired count of `service`."""
        found = self.service(service)
        self._ecs.update_service(cluster=found.ecs_cluster, service=found.name, desiredCount=count)

    def _start_relay(self) -> None:
        """Start a TCP relay to the emulator. The containers use only the relay, so it can cut them off."""
        host, _, port = self.aws.endpoint.removeprefix("http://").partition(":")
        self._relay_address = self.system.addresses.next(), int(port)
        self._emulator_address = f"{host}:{port}"
        self.connect_cloud_map()

    def connect_cloud_map(self) -> None:
        """Let the sidecars reach Cloud Map."""
        address, port = self._relay_address
        self._relay = self._start_process(
            f"relay-{time.monotonic_ns()}",
            [sys.executable, "-m", "rehearsal.load.l4_proxy", address, str(port), self._emulator_address],
        )
        self._relay.wait_for_port(address, port)

    def cut_cloud_map_off(self) -> None:
        """Cut all sidecars off from Cloud Map: their connections are refused."""
        self._relay.kill()
        self._relay.wait(5)

    def hang_cloud_map(self) -> None:
        """Let Cloud Map accept the sidecars' connections and answer nothing, until it is cut off."""
        self._relay.signal(signal.SIGSTOP)
