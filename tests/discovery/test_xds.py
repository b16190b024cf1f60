"""The stream by which Envoy gets endpoints of more services than it can watch files for."""

import json
import threading
import time
import urllib.request
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from discovery.endpoints import Endpoint
from discovery.endpoints_file import EndpointsFile
from discovery.xds.assignments import TYPE
from discovery.xds.messages_pb2 import ClusterLoadAssignment, DiscoveryRequest, DiscoveryResponse
from discovery.xds.server import METHOD, XdsServer
from discovery.zones.weights import own_zone_balance
from envoy_config import Discovery, Proxy, Service, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.eds import MAX_FILES, by_stream
from envoy_config.model import XDS_PORT
from envoy_config.policy.health import HealthCheck
from envoy_config.rendering import to_json
from rehearsal.agent.local_bootstrap import localize
from rehearsal.processes import Processes
from tests.conftest import BIN, random_block
from tests.discovery.stub import Stub, always
from tests.discovery.world import Sidecar
from tests.waiting import FOREVER, until

pytestmark = pytest.mark.process

NAMES = [f"service-{number}" for number in range(MAX_FILES + 1)]


@pytest.fixture
def block() -> str:
    return random_block()


class Control:
    """The sidecar's server at an address, and the files from which it learns."""

    def __init__(self, folder: Path, address: str) -> None:
        self.server = XdsServer(f"{address}:{XDS_PORT}")
        self.files = {name: EndpointsFile(folder, name, self.server.put) for name in NAMES}

    def list(self, name: str, *addresses: str) -> None:
        """Let discovery find these tasks of a service, in two zones."""
        tasks = [Endpoint(f"zone-{number % 2}", address, 50051) for number, address in enumerate(addresses)]
        zones = {"zone-0": (len(tasks) + 1) // 2, "zone-1": len(tasks) // 2}
        balance = (
            own_zone_balance("zone-0", zones, {"zone-0": 1.0, "zone-1": 1.0}) if len(tasks) > 1 else None
        )
        self.files[name].write(tasks, balance)


def service(name: str, discovery: Discovery = Discovery.EDS) -> Service:
    return Service(
        name=name,
        address=f"{name}.local",
        upstream=Upstream(grpc_services=[f"a.{name.replace('-', '_')}"]),
        policy=TrafficPolicy(health_check=HealthCheck(type="none")),
        discovery=discovery,
    )


@pytest.fixture
def envoy(tmp_path: Path, block: str) -> Generator[str]:
    """Run an Envoy with one service more than files allow; return its address."""
    address = f"{block}.1"
    text = to_json(bootstrap(Proxy(name="grpc"), [service(name) for name in NAMES]))
    local = tmp_path / "bootstrap.json"
    local.write_text(localize(text, address=address, name_server=address, name_server_port=53))
    with Processes(tmp_path) as processes:
        command = [str(BIN / "envoy"), "-c", str(local), "--concurrency", "1", "--disable-hot-restart"]
        processes.start("envoy", command)
        yield address


def endpoints(address: str) -> dict[str, set[str]]:
    """Return the tasks of each service that Envoy has; no service before it answers."""
    try:
        with urllib.request.urlopen(f"http://{address}:9901/clusters?format=json", timeout=FOREVER) as answer:
            clusters: list[dict[str, Any]] = json.load(answer)["cluster_statuses"]
    except OSError:
        return {}
    return {
        cluster["name"]: {
            host["address"]["socket_address"]["address"] for host in cluster.get("host_statuses", [])
        }
        for cluster in clusters
    }


def test_envoy_gets_each_change_and_keeps_what_it_has_while_the_sidecar_is_away(
    envoy: str, block: str, tmp_path: Path
) -> None:
    first = Control(tmp_path, f"{block}.1")
    wanted = {name: {f"{block}.2", f"{block}.3"} for name in NAMES}
    for name in NAMES:
        first.list(name, *sorted(wanted[name]))
    until(lambda: endpoints(envoy).items() >= wanted.items())

    first.list(NAMES[7], f"{block}.4")
    wanted[NAMES[7]] = {f"{block}.4"}
    until(lambda: endpoints(envoy).items() >= wanted.items())

    first.server.close()
    assert endpoints(envoy).items() >= wanted.items()

    # A new sidecar knows one service at first: Envoy keeps the endpoints of the others.
    second = Control(tmp_path, f"{block}.1")
    second.list(NAMES[8], f"{block}.5", f"{block}.6")
    wanted[NAMES[8]] = {f"{block}.5", f"{block}.6"}
    until(lambda: endpoints(envoy).items() >= wanted.items())
    second.list(NAMES[9])
    wanted[NAMES[9]] = set()
    until(lambda: endpoints(envoy).items() >= wanted.items())
    second.server.close()


def test_endpoints_that_envoy_refuses_keep_no_other_service_from_its_own(
    envoy: str, block: str, tmp_path: Path
) -> None:
    control = Control(tmp_path, f"{block}.1")
    for name in NAMES:
        control.list(name, f"{block}.2" if name != NAMES[15] else "no address")
    wanted = {name: {f"{block}.2"} for name in NAMES if name != NAMES[15]}
    until(lambda: endpoints(envoy).items() >= wanted.items())
    assert endpoints(envoy)[NAMES[15]] == set()
    control.list(NAMES[15], f"{block}.3")
    until(lambda: endpoints(envoy)[NAMES[15]] == {f"{block}.3"})
    control.server.close()


@pytest.mark.parametrize(("number", "stream"), [(MAX_FILES, False), (MAX_FILES + 1, True)])
def test_a_stream_takes_the_place_of_files_where_files_end(number: int, stream: bool) -> None:
    services = [service(name) for name in NAMES[:number]]
    by_dns = [service(f"dns-{number}", Discovery.DNS) for number in range(50)]
    assert by_stream([*services, *by_dns]) is stream
    values = json.loads(to_json(bootstrap(Proxy(name="grpc"), [*services, *by_dns])))
    sources = {
        key
        for cluster in values["static_resources"]["clusters"]
        for key in cluster.get("eds_cluster_config", {}).get("eds_config", {})
    }
    assert sources == {"resource_api_version", "ads" if stream else "path_config_source"}
    assert ("dynamic_resources" in values) is stream


def ask(address: str, name: str) -> list[ClusterLoadAssignment]:
    """Return the first answer about service `name` on a new connection, as Envoy gets it when it starts."""
    answered = threading.Event()

    def requests() -> Iterator[DiscoveryRequest]:
        yield DiscoveryRequest(type_url=TYPE, resource_names=[name])
        answered.wait(FOREVER)  # the end of the requests is the end of the stream

    with grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        stream = channel.stream_stream(
            METHOD,
            request_serializer=DiscoveryRequest.SerializeToString,
            response_deserializer=DiscoveryResponse.FromString,
        )
        try:
            resources = next(stream(requests(), timeout=FOREVER)).resources
        finally:
            answered.set()
    assert [resource.type_url for resource in resources] == [TYPE]
    return [ClusterLoadAssignment.FromString(resource.value) for resource in resources]


def test_the_sidecar_serves_what_it_discovers_whenever_envoy_asks(tmp_path: Path, block: str) -> None:
    stub = Stub(f"{block}.250")
    stub.answers = {
        "DiscoverInstancesRevision": always({"InstancesRevision": 1}),
        "DiscoverInstances": always({"Instances": [{"Attributes": {"AWS_INSTANCE_IPV4": f"{block}.9"}}]}),
    }
    environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}
    environment["AWS_ENDPOINT_URL"] = stub.url
    address = f"{block}.1:{XDS_PORT}"
    with Processes(tmp_path) as processes:
        sidecar = Sidecar(processes, tmp_path, environment)
        sidecar.start(["lessons", "progress"], zone_aware=False, xds=address)
        until(sidecar.ready)
        answers = [ask(address, "lessons")]
        # grpcio ends a server that nothing refers to after a second, and then only old streams go on.
        time.sleep(2)
        answers.append(ask(address, "lessons"))
    stub.close()
    for answer in answers:
        (found,) = answer
        assert found.cluster_name == "lessons"
        assert [
            endpoint.endpoint.address.socket_address.address
            for locality in found.endpoints
            for endpoint in locality.lb_endpoints
        ] == [f"{block}.9"]


def test_envoy_need_not_wait_for_a_service_about_which_there_is_no_answer(tmp_path: Path, block: str) -> None:
    control = Control(tmp_path, f"{block}.1")
    control.list(NAMES[0], f"{block}.2")
    for name in NAMES[:2]:
        control.files[name].begin()
    # Envoy waits 15 s for each service that the stream is silent about (ConfigSource: initial_fetch_timeout).
    (known,), (unknown,) = (ask(f"{block}.1:{XDS_PORT}", name) for name in NAMES[:2])
    assert (len(known.endpoints), len(unknown.endpoints)) == (1, 0)
    control.server.close()

    # What an earlier run knew is not taken back.
    again = Control(tmp_path, f"{block}.1")
    again.files[NAMES[0]].begin()
    again.list(NAMES[0], f"{block}.3")
    (known,) = ask(f"{block}.1:{XDS_PORT}", NAMES[0])
    assert len(known.endpoints) == 1
    again.server.close()


def test_fails_with_one_line_if_the_port_is_taken(block: str) -> None:
    first = XdsServer(f"{block}.1:{XDS_PORT}")
    with pytest.raises(OSError, match="the port is taken"):
        XdsServer(f"{block}.1:{XDS_PORT}")
    first.close()
