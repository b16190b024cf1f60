"""Everything that the benchmark runs: an emulated Cloud Map, a DNS server, endpoints and proxies."""

import random
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import dns.exception

from bench.discovery.proxies import (
    HTTP_NAMESPACE,
    HTTP_NAMESPACE_ID,
    NAMESPACE,
    NAMESPACE_ID,
    PORT,
    PROXY,
    RunningProxy,
    envoy_service,
    in_cloud_map,
    proto_service,
    start_envoy,
    start_sidecar,
)
from ecs_envoy.plan.discovery_settings import FollowedService
from envoy_config import Discovery, Service
from rehearsal.account.cloud_map_zone import CloudMapZone
from rehearsal.account.emulator_process import start_emulator
from rehearsal.account.existing import Existing, ExistingNamespace
from rehearsal.account.name_server import NameServer, Registry
from rehearsal.agent.task_metadata import TaskMetadata
from rehearsal.load.calls import Target
from rehearsal.load.load_process import Load
from rehearsal.processes import Process, Processes

REGION = "eu-west-1"
ZONES = (f"{REGION}a", f"{REGION}b")
SIZES = (4, 8, 20, 100)
TURN, ZONED = "turn", "zoned"
"""The service whose tasks change, and the one that is measured across zones."""

TEN = tuple(f"ten{number}" for number in range(10))
IN_HTTP_NAMESPACE = tuple(f"http{number}" for number in range(7))
IN_ECS = tuple(f"ecs{number}" for number in range(6))
"""Services for `three_kinds`, of 20 tasks each, as the ten are."""

SIZED = {size: f"size{size}" for size in SIZES}
SERVICES = (*SIZED.values(), TURN, ZONED)


class World:
    """Everything that runs; leaving the context ends it all.

    Args:
        folder: The folder for logs and files.

    Attributes:
        proxies: The proxies by their kind of discovery: `dns`, `dns, number unknown`, `cloud_map`.
        second: Another proxy that uses Cloud Map, in the other zone.
        ten: A sidecar without Envoy that polls ten services of 20 tasks each.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._block = f"127.{random.randint(16, 250)}"
        self._used = 0
        self._silent = False

    def __enter__(self) -> "World":
        self.processes = self._stack.enter_context(Processes(self._folder))
        existing = Existing(
            account="111122223333",
            region=REGION,
            zones=ZONES,
            vpc="vpc-0123456789abcdef0",
            namespace=(NAMESPACE_ID, NAMESPACE),
            cloud_map_services=(*SERVICES, *TEN, PROXY),
            other_namespaces=(
                ExistingNamespace(
                    id=HTTP_NAMESPACE_ID,
                    name=HTTP_NAMESPACE,
                    type="http",
                    cloud_map_services=IN_HTTP_NAMESPACE,
                ),
            ),
        )
        self.aws = start_emulator(self.processes, existing, self._folder / "emulator")
        self._cloud_map = self.aws.cloud_map()
        self._ids = {s.get("Name", ""): s.get("Id", "") for s in self._cloud_map.list_services()["Services"]}
        self._zone = CloudMapZone(self.aws, NAMESPACE)
        self._names = self._stack.enter_context(NameServer(self.address(), self._lookup))
        self._metadata = self._stack.enter_context(TaskMetadata(self.aws, self.address(), _ecs))
        self._start_endpoints()
        self._start_relay()
        self._start_proxies()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def address(self) -> str:
        """Return a loopback address that was not returned before."""
        self._used += 1
        third, last = divmod(self._used, 250)
        return f"{self._block}.{third}.{last + 1}"

    def _lookup(self, name: str) -> Registry | None:
        if self._silent:
            raise dns.exception.Timeout  # makes the DNS server send no answer at all
        return self._zone.lookup(name)

    def _start_endpoints(self) -> None:
        self.tasks: dict[str, list[str]] = {SIZED[size]: self._addresses(size) for size in SIZES}
        self.tasks |= {TURN: self._addresses(5), ZONED: self._addresses(20)}
        for service, addresses in self.tasks.items():
            command = [sys.executable, "-m", "bench.discovery.endpoints", str(PORT), *addresses]
            self.processes.start(f"endpoints-{service}", command).wait_for_port(addresses[-1], PORT)
        for service, addresses in self.tasks.items():
            for number, address in enumerate(addresses[:4] if service == TURN else addresses):
                self.register(service, address, ZONES[number % 2])
        for number, service in enumerate((*TEN, *IN_HTTP_NAMESPACE)):
            for task in range(20):
                self.register(service, f"10.0.{number}.{task + 1}", ZONES[task % 2])

    def _addresses(self, number: int) -> list[str]:
        return [self.address() for _ in range(number)]

    def _start_relay(self) -> None:
        """Start a TCP relay to the emulator. The sidecars use only the relay, so killing it cuts them off."""
        host, _, port = self.aws.endpoint.removeprefix("http://").partition(":")
        self._relay_address = self.address(), int(port)
        self._emulator_address = f"{host}:{port}"
        self.connect_cloud_map()

    def connect_cloud_map(self) -> None:
        """Let the sidecars reach Cloud Map."""
        address, port = self._relay_address
        self._relay = self.processes.start(
            f"relay-{time.monotonic_ns()}",
            [sys.executable, "-m", "rehearsal.load.l4_proxy", address, str(port), self._emulator_address],
        )
        self._relay.wait_for_port(address, port)

    def cut_cloud_map_off(self) -> None:
        """Cut all sidecars off from Cloud Map."""
        self._relay.kill()
        self._relay.wait(5)

    def silence_names(self, silent: bool) -> None:
        """Make the DNS server send no answers, or answer again."""
        self._silent = silent

    def _environment(self, task: str, zone: str) -> dict[str, str]:
        address, port = self._relay_address
        return {**self._metadata.environment(task, zone), "AWS_ENDPOINT_URL": f"http://{address}:{port}"}

    def _start_proxies(self) -> None:
        at_most_four = [envoy_service(s, discovery=Discovery.DNS, max_tasks=4) for s in SERVICES]
        unknown_number = [envoy_service(s, discovery=Discovery.DNS, max_tasks=None) for s in SERVICES]
        self.proxies = {
            "dns": self._envoy("dns", at_most_four),
            "dns, number unknown": self._envoy("dns-unknown", unknown_number),
        }
        addresses = [self.address(), self.address()]
        for address, zone in zip(addresses, ZONES, strict=True):
            self.register(PROXY, address, zone)
        self.proxies["cloud_map"], self.second = (
            self._with_sidecar(f"cloud-map-{zone}", address, zone)
            for address, zone in zip(addresses, ZONES, strict=True)
        )
        self.ten = self.sidecar("ten", self.address(), ZONES[0], in_cloud_map(TEN))

    def _envoy(self, name: str, services: list[Service]) -> RunningProxy:
        return start_envoy(
            self.processes,
            name,
            address=self.address(),
            folder=self._folder,
            services=services,
            name_server=self._names,
            sidecar=None,
        )

    def _with_sidecar(self, name: str, address: str, zone: str) -> RunningProxy:
        sidecar = self.sidecar(f"{name}-discovery", address, zone, in_cloud_map(SERVICES, (ZONED,)))
        folder = self._folder / f"{name}-discovery-files"
        return start_envoy(
            self.processes,
            name,
            address=address,
            folder=folder,
            services=[
                envoy_service(s, discovery=Discovery.EDS, max_tasks=None, zone_aware=s == ZONED)
                for s in SERVICES
            ],
            name_server=self._names,
            sidecar=sidecar,
        )

    def sidecar(self, name: str, address: str, zone: str, followed: list[FollowedService]) -> Process:
        """Start a sidecar that discovers `followed`, and wait until Envoy could start."""
        process = start_sidecar(
            self.processes,
            name,
            address=address,
            folder=self._folder / f"{name}-files",
            followed=followed,
            environment=self._environment(name, zone),
        )
        process.wait_for_port(address, 9902)
        end = time.monotonic() + 30
        while "envoy may start" not in process.out.read_text() and time.monotonic() < end:
            time.sleep(0.1)
        return process

    def register(self, service: str, address: str, zone: str) -> None:
        """Register `address` in Cloud Map, as ECS registers a task."""
        self._cloud_map.register_instance(
            ServiceId=self._ids[service],
            InstanceId=address,
            Attributes={"AWS_INSTANCE_IPV4": address, "AVAILABILITY_ZONE": zone},
        )

    def deregister(self, service: str, address: str) -> None:
        """Deregister `address`."""
        self._cloud_map.deregister_instance(ServiceId=self._ids[service], InstanceId=address)

    def load(self, proxy: RunningProxy, service: str, rate: float) -> Load:
        """Start to call `service` through `proxy`, `rate` times a second over six connections."""
        method = f"{proto_service(service)}/Get"
        target = Target(
            service=service, target=f"{proxy.address}:{PORT}", methods=(method,), streams=(), rate=rate
        )
        return Load(self.processes, f"load-{service}-{time.monotonic_ns()}", [target])


def _ecs(operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Answer as ECS does for a cluster that runs 20 tasks of each service in `IN_ECS`."""
    prefix = f"arn:aws:ecs:{REGION}:111122223333:task/bench/"
    names = [f"{service}-{task}" for service in IN_ECS for task in range(20)]
    if operation == "ListTasks":
        begin = int(asked.get("nextToken", 0))
        token = {"nextToken": str(begin + 100)} if begin + 100 < len(names) else {}
        return {"taskArns": [prefix + name for name in names[begin : begin + 100]], **token}
    return {"tasks": [_task(arn, names.index(arn.removeprefix(prefix))) for arn in asked["tasks"]]}


def _task(arn: str, number: int) -> dict[str, Any]:
    address = f"10.1.{number // 250}.{number % 250 + 1}"
    return {
        "taskArn": arn,
        "group": f"service:{IN_ECS[number // 20]}",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "healthStatus": "HEALTHY",
        "availabilityZone": ZONES[number % 2],
        "attachments": [
            {
                "type": "ElasticNetworkInterface",
                "details": [{"name": "privateIPv4Address", "value": address}],
            }
        ],
    }
