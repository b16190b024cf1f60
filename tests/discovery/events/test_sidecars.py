"""Real sidecars that hear ECS's events, with the emulator's EventBridge, SQS and Cloud Map."""

import json
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import pytest

from rehearsal.agent.task_events import TaskEvents
from rehearsal.processes import Process, Processes
from tests.discovery.world import ZONES, Sidecar
from tests.emulator import Emulator
from tests.waiting import FOREVER, until

pytestmark = pytest.mark.process

CLUSTER = "learning"
PROXY = "other"
"""The Cloud Map service of the proxy: the emulator has `lessons` and this one."""


@dataclass
class World:
    """Two sidecars of a proxy, and a rule that sends the events of `CLUSTER` to their queue."""

    emulator: Emulator
    processes: Processes
    folder: Path
    sidecars: list[Sidecar] = field(default_factory=list[Sidecar])
    running: list[Process] = field(default_factory=list[Process])

    def __post_init__(self) -> None:
        aws = self.emulator.aws
        self.cloud_map, self.sqs, events = aws.cloud_map(), aws.sqs(), aws.events()
        self.queue: str = self.sqs.create_queue(QueueName=f"events-{self.folder.name}")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        pattern = {"source": ["aws.ecs"], "detail": {"clusterArn": [{"suffix": f"cluster/{CLUSTER}"}]}}
        rule = f"tasks-{self.folder.name}"
        events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=rule, Targets=[{"Id": "Queue", "Arn": attributes["Attributes"]["QueueArn"]}])
        self._ids = {s.get("Name"): s.get("Id", "") for s in self.cloud_map.list_services()["Services"]}

    def start_one(self, sidecar: Sidecar) -> Process:
        """Start `sidecar`."""
        return sidecar.start(
            ["lessons"], proxy=PROXY, interval=1.0, fast_start=0.001, queue=self.queue, ecs_cluster=CLUSTER
        )

    def start(self, number: int = 2) -> None:
        """Start so many sidecars, and wait until they hear and know all services' tasks."""
        folders = [self.folder / f"sidecar{index}" for index in range(number)]
        environment = self.emulator.aws.environment()
        self.sidecars = [Sidecar(self.processes, folder, environment) for folder in folders]
        for sidecar in self.sidecars:
            self.register(PROXY, sidecar.address)
            self.running.append(self.start_one(sidecar))
        for sidecar in self.sidecars:
            until(sidecar.ready)
            until(lambda sidecar=sidecar: self.metric(sidecar, "fast_services") == 0)

    def register(self, service: str, address: str, cluster: str = CLUSTER) -> None:
        """Register a task as ECS does."""
        self.cloud_map.register_instance(
            ServiceId=self._ids[service],
            InstanceId=address,
            Attributes={
                "AWS_INSTANCE_IPV4": address,
                "AVAILABILITY_ZONE": ZONES[0],
                "ECS_CLUSTER_NAME": cluster,
                "ECS_SERVICE_NAME": f"the-{service}",
            },
        )

    def clear(self) -> None:
        """Deregister all tasks."""
        for service in self._ids.values():
            for instance in self.cloud_map.list_instances(ServiceId=service)["Instances"]:
                self.cloud_map.deregister_instance(ServiceId=service, InstanceId=instance.get("Id", ""))

    def metric(self, sidecar: Sidecar, name: str) -> float:
        """Return a metric of `sidecar`; -1 if it has none yet."""
        lines = sidecar.get("/metrics")[1].splitlines()
        found = (line.split()[1] for line in lines if line.startswith(f"ecs_envoy_discovery_{name} "))
        return float(next(found, -1))

    def know(self, *addresses: str) -> bool:
        """Return whether all sidecars know just these tasks of `lessons`."""
        return all(set(s.endpoints("lessons") or ()) == set(addresses) for s in self.sidecars)


@pytest.fixture
def world(emulator: Emulator, tmp_path: Path) -> Generator[World]:
    with Processes(tmp_path) as processes:
        world = World(emulator, processes, tmp_path)
        world.clear()
        world.register("lessons", "10.0.0.1")
        yield world
        world.clear()


def test_an_event_reaches_all_sidecars_of_a_proxy_before_the_next_slow_poll(world: World) -> None:
    world.start()
    polls = [world.metric(sidecar, "polls_total") for sidecar in world.sidecars]
    world.register("lessons", "10.0.0.2")
    TaskEvents(world.emulator.aws).put(
        ecs_cluster=CLUSTER, ecs_service="the-lessons", task="new", status="ACTIVATING"
    )
    until(lambda: sum(world.metric(sidecar, "events_total") for sidecar in world.sidecars) >= 1)
    until(lambda: world.know("10.0.0.1", "10.0.0.2"))
    assert all(world.metric(sidecar, "changes_without_event_total") == 0 for sidecar in world.sidecars)
    assert all(world.metric(s, "polls_total") > n for s, n in zip(world.sidecars, polls, strict=True))


def test_without_its_queue_every_service_is_polled_all_the_time(world: World) -> None:
    world.sqs.delete_queue(QueueUrl=world.queue)
    sidecar = Sidecar(world.processes, world.folder, world.emulator.aws.environment())
    running = world.start_one(sidecar)
    until(sidecar.ready)
    until(lambda: world.metric(sidecar, "fast_services") == 2)
    assert world.metric(sidecar, "events_heard") == 0
    world.register("lessons", "10.0.0.2")
    until(lambda: set(sidecar.endpoints("lessons") or ()) == {"10.0.0.1", "10.0.0.2"})
    warnings = [line for line in running.out.read_text().splitlines() if "cannot be read" in line]
    assert len(warnings) == 1


def test_a_service_of_another_ecs_cluster_is_polled_all_the_time(world: World) -> None:
    world.register("lessons", "10.0.0.2", cluster="another")
    sidecar = Sidecar(world.processes, world.folder, world.emulator.aws.environment())
    world.start_one(sidecar)
    until(lambda: world.metric(sidecar, "events_heard") == 1)
    until(lambda: world.metric(sidecar, "fast_services") >= 1)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/changes", b'["the-lessons"]', 200, id="names"),
        pytest.param("/changes", b"{}", 400, id="no list"),
        pytest.param("/changes", b"[1]", 400, id="no names"),
        pytest.param("/changes", b"\xff", 400, id="no text"),
        pytest.param("/changes", b"[" * 60_000, 400, id="deep"),
        pytest.param("/changes", b" " * 70_000, 404, id="too much"),
        pytest.param("/else", b"[]", 404, id="another path"),
    ],
)
def test_only_names_are_taken_from_another_sidecar(
    alone: Sidecar, path: str, body: bytes, status: int
) -> None:
    connection = HTTPConnection(alone.address, 9902, timeout=FOREVER)
    with closing(connection):
        connection.request("POST", path, body=body)
        assert connection.getresponse().status == status


@pytest.fixture(scope="module")
def alone(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Generator[Sidecar]:
    folder = tmp_path_factory.mktemp("alone")
    with Processes(folder) as processes:
        sidecar = Sidecar(processes, folder, emulator.aws.environment())
        sidecar.start(["lessons"])
        until(sidecar.ready)
        yield sidecar
