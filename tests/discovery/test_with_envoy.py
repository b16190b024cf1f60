"""The real sidecar and the real Envoy, with real gRPC servers and clients.

Cloud Map is a stub here, because the emulator cannot fail or be slow during calls.
"""

import json
import threading
import urllib.request
from collections import Counter
from collections.abc import Generator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest

from discovery.endpoints_file import EndpointsFile
from discovery.zones.weights import own_zone_balance
from envoy_config import Discovery, Proxy, Service, TrafficPolicy
from envoy_config.bootstrap import bootstrap
from envoy_config.policy.health import HealthCheck
from envoy_config.policy.load_balancing import LoadBalancing
from envoy_config.rendering import to_json
from envoy_config.values import HealthCheckType
from rehearsal.agent.local_bootstrap import localize
from rehearsal.load.grpc_task import serve
from rehearsal.processes import Process, Processes
from tests.conftest import BIN, random_block
from tests.discovery.stub import Stub, always, hanging_up
from tests.discovery.world import ZONES, Sidecar
from tests.waiting import FOREVER, until

pytestmark = pytest.mark.process

PROTO = "learning.v1.Lessons"


@dataclass
class World:
    """A sidecar and an Envoy in front of servers on addresses of one block."""

    folder: Path
    processes: Processes
    running: Process = field(init=False)
    block: str = field(default_factory=random_block)
    zone_aware: bool = False
    servers: dict[str, grpc.Server] = field(default_factory=dict[str, grpc.Server])

    def __post_init__(self) -> None:
        self.stub = Stub(f"{self.block}.250")
        environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}
        environment["AWS_ENDPOINT_URL"] = self.stub.url
        self.sidecar = Sidecar(self.processes, self.folder, environment)
        self.listed: dict[str, str] = {}
        self.revision = 0

    def serve(self, *numbers: int) -> list[str]:
        """Start a server for each number, which is the last part of its address."""
        addresses = [f"{self.block}.{number}" for number in numbers]
        self.servers |= {address: serve(address, 50051, [PROTO]) for address in addresses}
        return addresses

    def lists(self, zones: dict[str, str]) -> None:
        """Let Cloud Map list these addresses, each in its zone."""
        self.listed, self.revision = zones, self.revision + 1
        instances = [
            {"Attributes": {"AWS_INSTANCE_IPV4": address, "AVAILABILITY_ZONE": zone}}
            for address, zone in zones.items()
        ]
        self.stub.answers = {
            "DiscoverInstancesRevision": always({"InstancesRevision": self.revision}),
            "DiscoverInstances": always({"Instances": instances}),
        }

    def start_sidecar(self) -> None:
        self.running = self.sidecar.start(["lessons"], zone_aware=self.zone_aware)
        until(self.sidecar.ready)

    def start_envoy(self, *, check: HealthCheckType = "tcp") -> None:
        service = Service(
            name="lessons",
            address="lessons.test.local",
            policy=TrafficPolicy(
                health_check=HealthCheck(type=check),
                load_balancing=LoadBalancing(zone_aware=self.zone_aware),
            ),
            discovery=Discovery.EDS,
        )
        deployed = to_json(
            bootstrap(Proxy(name="grpc", endpoints_folder=str(self.sidecar.folder)), [service])
        )
        address = f"{self.block}.251"
        local = localize(deployed, address=address, name_server=address, name_server_port=53)
        command = [str(BIN / "envoy"), "--config-yaml", local, "--concurrency", "1", "--disable-hot-restart"]
        self.envoy = self.processes.start("envoy", command)
        self.envoy.wait_for_port(address, 50051)
        self.channel = grpc.insecure_channel(f"{address}:50051")
        self.call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(f"/{PROTO}/Get")
        until(lambda: not isinstance(self.result(), grpc.RpcError))

    def result(self) -> bytes | grpc.RpcError:
        try:
            return self.call(b"", timeout=FOREVER)
        except grpc.RpcError as error:
            return error

    def calls(self, number: int) -> Counter[str]:
        """Make calls, and return how many each address got; the first failed call raises its error."""
        counts: Counter[str] = Counter()
        for _ in range(number):
            _, call = self.call.with_call(b"", timeout=FOREVER)
            named = dict(call.initial_metadata() or ())
            counts[str(named["task"]).rpartition(":")[0]] += 1
        return counts

    def endpoints_of_envoy(self) -> set[str]:
        url = f"http://{self.block}.251:9901/clusters?format=json"
        with urllib.request.urlopen(url, timeout=FOREVER) as answer:
            clusters = json.load(answer)["cluster_statuses"]
        return {
            host["address"]["socket_address"]["address"]
            for cluster in clusters
            for host in cluster.get("host_statuses", [])
        }

    def close(self) -> None:
        self.channel.close()
        for server in self.servers.values():
            server.stop(None)
        self.stub.close()


class Load:
    """Calls from four threads until the context ends; `failed` has the errors."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._pool = futures.ThreadPoolExecutor(4)
        self.failed: list[grpc.RpcError] = []
        self.calls_made = 0

    def __enter__(self) -> "Load":
        self._running = [self._pool.submit(self._run) for _ in range(4)]
        return self

    def _run(self) -> None:
        while not self._stop.wait(0.01):
            result = self._world.result()
            self.calls_made += 1
            if isinstance(result, grpc.RpcError):
                self.failed.append(result)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for running in self._running:
            running.result()
        self._pool.shutdown()


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    with Processes(tmp_path) as processes:
        world = World(tmp_path, processes)
        yield world
        world.close()


def test_twelve_tasks_and_a_new_one_get_equally_many_calls(world: World) -> None:
    addresses = world.serve(*range(1, 13))
    world.lists(dict.fromkeys(addresses, ZONES[0]))
    world.start_sidecar()
    world.start_envoy()
    until(lambda: len(world.calls(24)) == 12)
    assert set(world.calls(240).values()) == {20}
    (new,) = world.serve(13)
    world.lists(dict.fromkeys([*addresses, new], ZONES[0]))
    until(lambda: new in world.calls(13))


def test_no_call_fails_if_a_task_is_deregistered_before_it_stops(world: World) -> None:
    addresses = world.serve(*range(1, 13))
    world.lists(dict.fromkeys(addresses, ZONES[0]))
    world.start_sidecar()
    world.start_envoy()
    with Load(world) as load:
        for address in addresses[:6]:
            world.lists({kept: ZONES[0] for kept in world.listed if kept != address})
            until(lambda address=address: address not in world.endpoints_of_envoy())
            # Calls that are open end first: to cut them is another test.
            world.servers.pop(address).stop(FOREVER)
        made = load.calls_made
        until(lambda: load.calls_made > made + 100)
    assert load.failed == []
    assert set(world.calls(60)) == set(addresses[6:])


def test_no_call_fails_while_cloud_map_cannot_be_reached(world: World) -> None:
    # bench/discovery.py does the same for 60 s.
    addresses = world.serve(*range(1, 11))
    world.lists(dict.fromkeys(addresses, ZONES[0]))
    world.start_sidecar()
    world.start_envoy()
    with Load(world) as load:
        world.stub.fails(hanging_up)
        asked, made = len(world.stub.asked), load.calls_made
        until(lambda: len(world.stub.asked) > asked + 5 and load.calls_made > made + 100)
    assert load.failed == []
    assert set(world.calls(100)) == set(addresses)


def test_the_sidecar_restarts_while_envoy_serves(world: World) -> None:
    addresses = world.serve(*range(1, 11))
    world.lists(dict.fromkeys(addresses[:9], ZONES[0]))
    world.start_sidecar()
    world.start_envoy()
    with Load(world) as load:
        world.running.kill()
        assert world.running.wait(FOREVER)
        made = load.calls_made
        until(lambda: load.calls_made > made + 50)
        world.lists(dict.fromkeys(addresses, ZONES[0]))
        world.start_sidecar()
        until(lambda: addresses[9] in world.calls(20))
    assert load.failed == []


def test_a_service_without_tasks_is_unavailable_until_there_is_one(world: World) -> None:
    (address,) = world.serve(1)
    world.lists({})
    world.start_sidecar()
    threading.Timer(1.0, lambda: world.lists({address: ZONES[0]})).start()
    world.start_envoy()  # waits for the first call that does not fail
    assert set(world.calls(3)) == {address}


def test_other_zones_get_the_calls_if_the_tasks_of_the_preferred_zone_are_down(world: World) -> None:
    near, far = world.serve(1, 2), world.serve(3, 4)
    world.zone_aware = True
    world.lists({**dict.fromkeys(near, ZONES[0]), **dict.fromkeys(far, ZONES[1])})
    world.start_sidecar()
    world.start_envoy()
    # A sidecar without peers prefers no zone, so the test writes a file that prefers one.
    world.running.terminate()
    assert world.running.wait(FOREVER)
    file = EndpointsFile(world.sidecar.folder, "lessons")
    balance = own_zone_balance(ZONES[0], {ZONES[0]: 2, ZONES[1]: 2}, {ZONES[0]: 50.0, ZONES[1]: 50.0})
    file.write(file.read() or (), balance)
    until(lambda: sum(world.calls(100)[address] for address in near) >= 95)
    with Load(world) as load:
        for address in near:
            world.servers.pop(address).stop(0)
        until(lambda: set(world.calls(10)) == set(far))
    assert load.failed == []
