"""Tasks that ECS itself lists: which of them are endpoints, and how many calls that takes."""

import json
from collections.abc import Callable, Generator
from typing import Any

import pytest

from discovery.aws.api import AwsApi, Target
from discovery.ecs.source import EcsSource
from discovery.ecs.tasks import CALLS_PER_SECOND, READ_SECONDS, ClusterTasks
from discovery.endpoints import Endpoint
from discovery.metrics import Metrics
from discovery.poller import Poller
from tests.discovery.polling import GRACE, Clock, polls
from tests.discovery.stub import Handler, Stub, error

CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:task/shared/"


class Ecs:
    """The tasks of a cluster, which the stub lists in pages and describes as ECS does."""

    def __init__(self, stub: Stub) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.stub = stub
        stub.answers = {"ListTasks": self.list, "DescribeTasks": self.describe}

    def run(self, name: str, service: str = "lessons", **values: Any) -> None:  # noqa: ANN401
        number = len(self.tasks) + 1
        details = [{"name": "privateIPv4Address", "value": f"10.0.{number // 250}.{number % 250}"}]
        self.tasks[CLUSTER + name] = {
            "taskArn": CLUSTER + name,
            "group": f"service:{service}",
            "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING",
            "availabilityZone": "eu-west-1a",
            "attachments": [{"type": "ElasticNetworkInterface", "details": details}],
            **values,
        }

    def list(self, handler: Handler) -> None:
        wanted = handler.asked.get("serviceName")
        arns = [
            arn
            for arn, task in self.tasks.items()
            if wanted in (None, task["group"].removeprefix("service:"))
            and task["desiredStatus"] == handler.asked["desiredStatus"]
        ]
        begin, size = int(handler.asked.get("nextToken", 0)), handler.asked["maxResults"]
        token = {"nextToken": str(begin + size)} if begin + size < len(arns) else {}
        handler.send(json.dumps({"taskArns": arns[begin : begin + size], **token}).encode())

    def describe(self, handler: Handler) -> None:
        assert len(handler.asked["tasks"]) <= 100  # ECS refuses more
        tasks = [self.tasks[arn] for arn in handler.asked["tasks"] if arn in self.tasks]
        handler.send(json.dumps({"tasks": tasks, "failures": []}).encode())


@pytest.fixture
def ecs(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Ecs:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return Ecs(stub)


Cluster = Callable[..., ClusterTasks]


@pytest.fixture
def cluster(ecs: Ecs, clock: Clock) -> Generator[Cluster]:
    """Makes the reader of a cluster's services."""
    prefix = "AmazonEC2ContainerServiceV20141113"
    target = Target(endpoint=ecs.stub.url, service="ecs", prefix=prefix, region="eu-west-1")
    api = AwsApi(target)
    yield lambda *services: ClusterTasks(api, "shared", services, clock)
    api.close()


@pytest.fixture
def lessons(cluster: Cluster, clock: Clock) -> Poller:
    return Poller(
        source=EcsSource(tasks=cluster("lessons"), ecs_cluster="shared", service="lessons", port=50051),
        name="lessons",
        clock=clock,
        empty_grace=GRACE,
        metrics=Metrics(("lessons",), clock),
    )


def addresses(poller: Poller) -> list[str] | None:
    return None if poller.endpoints is None else [endpoint.address for endpoint in poller.endpoints]


def test_a_running_task_is_an_endpoint_in_its_zone(ecs: Ecs, lessons: Poller) -> None:
    ecs.run("a", availabilityZone="eu-west-1b")
    lessons.poll()
    assert lessons.endpoints == (Endpoint("eu-west-1b", "10.0.0.1", 50051),)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"lastStatus": "PENDING"}, id="starts"),
        pytest.param({"lastStatus": "DEACTIVATING"}, id="leaves"),
        pytest.param({"desiredStatus": "STOPPED"}, id="is told to stop"),
        pytest.param({"healthStatus": "UNHEALTHY"}, id="fails its health check"),
        pytest.param({"group": "family:lessons"}, id="was run by hand"),
        pytest.param({"group": "service:lessons-2"}, id="is of another service"),
    ],
)
def test_a_task_that_does_not_serve_is_no_endpoint(values: dict[str, Any], ecs: Ecs, lessons: Poller) -> None:
    ecs.run("good")
    ecs.run("bad", **values)
    lessons.poll()
    assert addresses(lessons) == ["10.0.0.1"]


def test_where_no_task_is_healthy_all_are_endpoints_and_envoy_judges(ecs: Ecs, lessons: Poller) -> None:
    ecs.run("a", healthStatus="UNHEALTHY")
    lessons.poll()
    assert addresses(lessons) == ["10.0.0.1"]


def test_no_task_is_believed_after_the_grace_period(ecs: Ecs, lessons: Poller, clock: Clock) -> None:
    ecs.run("a")
    lessons.poll()
    ecs.tasks.clear()
    polls(lessons, clock, int(GRACE))
    assert addresses(lessons) == ["10.0.0.1"]
    polls(lessons, clock, int(GRACE))
    assert addresses(lessons) == []


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "ClusterNotFoundException"])
def test_after_a_failure_the_last_endpoints_stay(code: str, ecs: Ecs, lessons: Poller, clock: Clock) -> None:
    ecs.run("a")
    lessons.poll()
    ecs.stub.answers["ListTasks"] = error(code)
    polls(lessons, clock, 60)
    assert addresses(lessons) == ["10.0.0.1"]


def test_fails_for_tasks_without_an_address_of_their_own(ecs: Ecs, lessons: Poller) -> None:
    ecs.run("a", attachments=[])  # network mode bridge or host
    lessons.poll()
    assert lessons.endpoints is None
    assert 'errors_total{kind="malformed",service="lessons"} 1.0' in lessons.metrics.text().decode()


def test_one_reading_serves_all_services_of_a_cluster(ecs: Ecs, cluster: Cluster) -> None:
    services = [f"s{number}" for number in range(30)]
    for service in services:
        for number in range(4):
            ecs.run(f"{service}-{number}", service)
    tasks = cluster(*services)
    assert [len(tasks.of(service)) for service in services] == [4] * 30
    assert (ecs.stub.count("ListTasks"), ecs.stub.count("DescribeTasks")) == (2, 2)  # pages of 100 tasks


def test_tasks_of_other_services_are_described_once(ecs: Ecs, cluster: Cluster, clock: Clock) -> None:
    for number in range(150):
        ecs.run(f"other-{number}", "other")
    ecs.run("a")
    ecs.run("b", "grading")
    tasks = cluster("lessons", "grading")
    assert [len(tasks.of("lessons")), len(tasks.of("grading"))] == [1, 1]
    assert (ecs.stub.count("ListTasks"), ecs.stub.count("DescribeTasks")) == (2, 2)
    clock.now += 60
    tasks.of("lessons")
    assert (ecs.stub.count("ListTasks"), ecs.stub.count("DescribeTasks")) == (4, 3)


def test_one_service_of_a_large_cluster_is_asked_for_alone(ecs: Ecs, cluster: Cluster) -> None:
    for number in range(500):
        ecs.run(f"other-{number}", "other")
    ecs.run("a")
    assert len(cluster("lessons").of("lessons")) == 1
    assert (ecs.stub.count("ListTasks"), ecs.stub.count("DescribeTasks")) == (1, 1)


def test_the_calls_of_a_sidecar_stay_below_its_share_of_ecss_limit(
    ecs: Ecs, cluster: Cluster, clock: Clock
) -> None:
    for number in range(1000):
        ecs.run(f"a-{number}", f"s{number % 20}")
    tasks = cluster(*(f"s{number}" for number in range(20)))
    seconds = 200
    for _ in range(seconds):
        for number in range(20):
            tasks.of(f"s{number}")
        clock.now += 1
    assert len(ecs.stub.asked) <= seconds * CALLS_PER_SECOND + 20  # the first reading is free


def test_a_small_cluster_is_read_every_two_seconds(ecs: Ecs, cluster: Cluster, clock: Clock) -> None:
    ecs.run("a")
    tasks = cluster("lessons")
    for _ in range(10):
        tasks.of("lessons")
        clock.now += READ_SECONDS / 2
    assert ecs.stub.count("ListTasks") == 5


def test_a_failure_is_shared_and_not_asked_for_again_at_once(ecs: Ecs, cluster: Cluster) -> None:
    services = [f"s{number}" for number in range(20)]
    tasks = cluster(*services)
    ecs.stub.answers["ListTasks"] = error("ThrottlingException")
    for service in services:
        with pytest.raises(Exception, match="ThrottlingException"):
            tasks.of(service)
    assert ecs.stub.count("ListTasks") == 1
