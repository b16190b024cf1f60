"""The real sidecar with the Cloud Map of the emulator, or with a stub for faults that the emulator lacks."""

import json
import sys
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from rehearsal.processes import Processes
from tests.conftest import random_block
from tests.discovery.stub import Stub, silent
from tests.discovery.world import ZONES, Sidecar
from tests.emulator import Emulator
from tests.waiting import FOREVER, until

pytestmark = pytest.mark.process

NOWHERE = "http://127.0.0.1:9"


class CloudMap:
    """A Cloud Map service in the emulator, used through Cloud Map's API."""

    def __init__(self, emulator: Emulator, service: str) -> None:
        self._api = emulator.aws.cloud_map()
        services = {s.get("Name"): s.get("Id", "") for s in self._api.list_services()["Services"]}
        self._id = services[service]

    def register(self, address: str, zone: str = ZONES[0], health: str = "HEALTHY") -> None:
        self._api.register_instance(
            ServiceId=self._id,
            InstanceId=address,
            Attributes={
                "AWS_INSTANCE_IPV4": address,
                "AVAILABILITY_ZONE": zone,
                "AWS_INIT_HEALTH_STATUS": health,
            },
        )

    def becomes_healthy(self, address: str) -> None:
        self._api.update_instance_custom_health_status(
            ServiceId=self._id, InstanceId=address, Status="HEALTHY"
        )

    def deregister(self, *addresses: str) -> None:
        for address in addresses:
            self._api.deregister_instance(ServiceId=self._id, InstanceId=address)

    def clear(self) -> None:
        listed = self._api.list_instances(ServiceId=self._id)["Instances"]
        self.deregister(*(instance.get("Id", "") for instance in listed))


@pytest.fixture
def lessons(emulator: Emulator) -> Generator[CloudMap]:
    service = CloudMap(emulator, "lessons")
    yield service
    service.clear()


@pytest.fixture
def processes(tmp_path: Path) -> Generator[Processes]:
    with Processes(tmp_path) as running:
        yield running


@pytest.fixture
def sidecar(emulator: Emulator, processes: Processes, tmp_path: Path) -> Sidecar:
    return Sidecar(processes, tmp_path, emulator.aws.environment())


@pytest.fixture
def cut_off(emulator: Emulator, processes: Processes, tmp_path: Path) -> Sidecar:
    """A sidecar whose Cloud Map cannot be reached."""
    return Sidecar(processes, tmp_path, {**emulator.aws.environment(), "AWS_ENDPOINT_URL": NOWHERE})


def test_it_is_ready_when_every_service_has_an_answer_even_an_empty_one(
    sidecar: Sidecar, lessons: CloudMap
) -> None:
    lessons.register("10.0.0.1")
    sidecar.start(["lessons", "other"])
    until(sidecar.ready)
    assert sidecar.endpoints("lessons") == {"10.0.0.1": ZONES[0]}
    assert sidecar.endpoints("other") == {}


def test_tasks_come_and_go_with_their_zones(sidecar: Sidecar, lessons: CloudMap) -> None:
    sidecar.start(["lessons"])
    until(sidecar.ready)
    for number in range(120):  # more than in an answer to a request without a limit
        lessons.register(f"10.0.0.{number + 1}", ZONES[number % 2])
    until(lambda: len(sidecar.endpoints("lessons") or ()) == 120)
    assert set((sidecar.endpoints("lessons") or {}).values()) == set(ZONES)
    lessons.deregister("10.0.0.7")
    until(lambda: len(sidecar.endpoints("lessons") or ()) == 119)
    assert "10.0.0.7" not in (sidecar.endpoints("lessons") or {})


def test_every_listed_task_counts_because_envoy_checks_its_health(
    sidecar: Sidecar, lessons: CloudMap
) -> None:
    lessons.register("10.0.0.1")
    lessons.register("10.0.0.2", health="UNHEALTHY")
    sidecar.start(["lessons"])
    until(sidecar.ready)
    assert sidecar.endpoints("lessons") == dict.fromkeys(("10.0.0.1", "10.0.0.2"), ZONES[0])


def test_where_envoy_checks_nothing_a_task_counts_if_it_is_healthy_or_if_no_task_is(
    sidecar: Sidecar, lessons: CloudMap
) -> None:
    lessons.register("10.0.0.1")
    lessons.register("10.0.0.2", health="UNHEALTHY")
    sidecar.start(["lessons"], cloud_map_health=True)
    until(sidecar.ready)
    assert sidecar.endpoints("lessons") == {"10.0.0.1": ZONES[0]}
    lessons.becomes_healthy("10.0.0.2")  # this does not change the revision, in Cloud Map or in the emulator
    until(lambda: len(sidecar.endpoints("lessons") or ()) == 2)
    lessons.clear()
    lessons.register("10.0.0.3", health="UNHEALTHY")
    until(lambda: sidecar.endpoints("lessons") == {"10.0.0.3": ZONES[0]})


def test_a_service_that_scales_to_zero_is_empty_after_the_grace_period(
    sidecar: Sidecar, lessons: CloudMap
) -> None:
    lessons.register("10.0.0.1")
    sidecar.start(["lessons"])
    until(lambda: sidecar.endpoints("lessons"))
    lessons.clear()
    until(lambda: sidecar.endpoints("lessons") == {})


def test_envoy_waits_at_most_for_the_limit_and_gets_a_file_without_a_list_of_endpoints(
    cut_off: Sidecar,
) -> None:
    cut_off.start(["lessons"], first_answer_limit=3.0)
    until(lambda: cut_off.get("/ready") == (503, "waiting for lessons\n"))
    assert cut_off.file("lessons") == {}
    until(cut_off.ready)
    assert cut_off.file("lessons")["resources"] == []  # no list of endpoints, so that Envoy starts


def test_after_a_restart_envoys_endpoints_stay_although_cloud_map_cannot_be_reached(
    sidecar: Sidecar, cut_off: Sidecar, lessons: CloudMap
) -> None:
    lessons.register("10.0.0.1")
    running = sidecar.start(["lessons"])
    until(lambda: sidecar.endpoints("lessons"))
    running.kill()
    assert running.wait(FOREVER)
    cut_off.folder, cut_off.address = sidecar.folder, sidecar.address
    cut_off.start(["lessons"], first_answer_limit=2 * FOREVER)
    until(cut_off.ready)  # it has not to wait for an answer: Envoy serves already
    assert sidecar.endpoints("lessons") == {"10.0.0.1": ZONES[0]}


def test_an_empty_list_also_has_its_grace_period_after_a_restart(sidecar: Sidecar, lessons: CloudMap) -> None:
    lessons.register("10.0.0.1")
    running = sidecar.start(["lessons"])
    until(lambda: sidecar.endpoints("lessons"))
    running.kill()
    assert running.wait(FOREVER)
    lessons.clear()
    again = sidecar.start(["lessons"], empty_grace=600.0)
    until(lambda: "no instance" in again.out.read_text())
    assert sidecar.endpoints("lessons") == {"10.0.0.1": ZONES[0]}


def test_it_is_not_ready_while_its_volume_cannot_be_written_and_tries_again(
    sidecar: Sidecar, lessons: CloudMap
) -> None:
    lessons.register("10.0.0.1")
    sidecar.folder.write_text("in the way")
    running = sidecar.start(["lessons"])
    until(lambda: "cannot write envoy's file" in running.out.read_text())
    assert sidecar.get("/ready")[0] == 503
    sidecar.folder.unlink()
    until(sidecar.ready)
    assert sidecar.endpoints("lessons") == {"10.0.0.1": ZONES[0]}


def test_sigterm_ends_it_at_once_even_during_a_request(
    emulator: Emulator, processes: Processes, tmp_path: Path
) -> None:
    stub = Stub(f"{random_block()}.2")
    stub.fails(silent)
    sidecar = Sidecar(processes, tmp_path, {**emulator.aws.environment(), "AWS_ENDPOINT_URL": stub.url})
    running = sidecar.start(["lessons"])
    until(lambda: stub.asked)
    running.terminate()
    assert running.wait(FOREVER)
    assert running.status() == 0
    assert running.err.read_text() == ""
    stub.close()


def test_its_log_is_json_and_names_what_changed(sidecar: Sidecar, lessons: CloudMap) -> None:
    running = sidecar.start(["lessons"])
    until(sidecar.ready)
    lessons.register("10.0.0.1")
    until(lambda: sidecar.endpoints("lessons"))
    running.terminate()
    assert running.wait(FOREVER)
    lines = [json.loads(line) for line in running.out.read_text().splitlines()]
    assert all({"time", "level", "event"} <= line.keys() for line in lines)
    (changed,) = [line for line in lines if line.get("added")]
    assert (changed["service"], changed["added"], changed["removed"]) == ("lessons", ["10.0.0.1:50051"], [])
    assert lines[-1]["event"] == "stopped"


def test_its_metrics_are_there_and_it_fits_into_64_megabytes(sidecar: Sidecar, lessons: CloudMap) -> None:
    lessons.register("10.0.0.1")
    running = sidecar.start(["lessons"])
    until(lambda: sidecar.endpoints("lessons"))
    status, text = sidecar.get("/metrics")
    assert status == 200
    for line in (
        'ecs_envoy_discovery_endpoints{service="lessons"} 1.0',
        'ecs_envoy_discovery_throttles_total{service="lessons"} 0.0',
        'ecs_envoy_discovery_errors_total{kind="unreachable",service="lessons"} 0.0',
        'ecs_envoy_discovery_write_errors_total{service="lessons"} 0.0',
        'ecs_envoy_discovery_last_success_age_seconds{service="lessons"}',
        "process_resident_memory_bytes",
    ):
        assert line in text
    assert psutil.Process(running.pid).memory_info().rss < 64 * 1024 * 1024
    assert sidecar.get("/else")[0] == 404


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param("{", "the settings are not JSON", id="not JSON"),
        pytest.param("[]", "the settings: not a JSON object; give keys and values", id="a list"),
        pytest.param('{"proxy":"grpc","services":[]}', "namespace: missing; give a value", id="missing"),
        pytest.param(
            '{"namespace":"a.b","proxy":"grpc","services":[],"intervall":1}',
            "intervall: unknown key; give one of",
            id="typo",
        ),
        pytest.param(
            '{"namespace":"a.b","proxy":"grpc","services":{}}',
            "services: not a list; give a list with an entry for each service",
            id="not a list",
        ),
        pytest.param(
            '{"namespace":"a.b","proxy":"grpc","services":[{"name":"a","cloud_map_service":"a","port":0}]}',
            "services[0].port: 0 is not a port; give a number from 1 to 65535",
            id="port",
        ),
        pytest.param(
            '{"namespace":"a.b","proxy":"grpc","services":[{"name":"../a","cloud_map_service":"a","port":1}]}',
            "services[0].name: '../a' is not a cluster's name",
            id="a path outside the folder",
        ),
        pytest.param(
            '{"namespace":"a.b","proxy":"grpc","services":[],"interval":"1s"}',
            "interval: '1s' is of the wrong type; give a number",
            id="type",
        ),
        pytest.param(
            '{"namespace":"a.b","proxy":"grpc","services":[],"interval":0}',
            "interval: 0 is too small; give a number above 0",
            id="not an interval",
        ),
    ],
)  # fmt: skip
def test_fails_with_status_2_and_the_key_on_bad_settings(
    processes: Processes, settings: str, message: str
) -> None:
    running = processes.start(
        "bad", [sys.executable, "-m", "discovery", settings], environment={"AWS_REGION": "eu-west-1"}
    )
    assert running.wait(FOREVER)
    assert running.status() == 2
    assert message in running.err.read_text()
    assert "Traceback" not in running.err.read_text()


def test_fails_with_status_1_if_its_port_is_taken(sidecar: Sidecar) -> None:
    sidecar.start(["lessons"])
    until(lambda: sidecar.get("/ready")[0])
    second = sidecar.start(["lessons"])
    assert second.wait(FOREVER)
    assert second.status() == 1
    assert second.err.read_text() == f"discovery: {sidecar.address}:9902: Address already in use\n"


def test_fails_without_a_region(processes: Processes) -> None:
    settings = '{"namespace":"a","proxy":"b","services":[]}'
    running = processes.start("no-region", [sys.executable, "-m", "discovery", settings])
    assert running.wait(FOREVER)
    assert (running.status(), "AWS_REGION is not set" in running.err.read_text()) == (2, True)
