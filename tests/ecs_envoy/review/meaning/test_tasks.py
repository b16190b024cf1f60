"""What differs in tasks, in proxies and in the whole environment, and what follows."""

from typing import Any

import pytest

from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.meaning.finding import meaning
from tests.ecs_envoy.review.deployed import bootstrap, container, proxy, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

DRAIN = container(
    "drain",
    "envoy:v1.40.0",
    Environment=[{"Name": "DRAIN_SECONDS", "Value": "20"}],
    StopTimeout=120,
    DependsOn=[{"ContainerName": "envoy", "Condition": "START"}],
)


def app(*parts: dict[str, dict[str, Any]], **more: dict[str, Any]) -> Stacks:
    return {"app": {**{name: found for part in parts for name, found in part.items()}, **more}}


def with_server(**properties: object) -> Stacks:
    return app(service(containers=[container(**properties)]))  # pyright: ignore[reportArgumentType]


def variable(value: str) -> Stacks:
    return with_server(Environment=[{"Name": "LOG_LEVEL", "Value": value}])


def secret(source: str) -> Stacks:
    return with_server(Secrets=[{"Name": "DATABASE_URL", "ValueFrom": source}])


def namespace(name: str) -> Stacks:
    found = resource("ServiceDiscovery::PrivateDnsNamespace", Name=name, Vpc="vpc-1")
    return app({**proxy(), "Namespace": found})


DASHBOARD = resource("CloudWatch::Dashboard", DashboardBody="{}")
ALARM = resource("CloudWatch::Alarm", AlarmName="errors", Namespace="grpc", MetricName="errors")

CASES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
    "a proxy is larger": (
        app(proxy()),
        app(proxy(bootstrap(heap_mib=800, connections=3000), cpu=512, memory=1024)),
        [
            "each task of the proxy `grpc`: CPU 256 → 512 units, memory 512 → 1024 MiB",
            "- each task takes 3,000 connections of clients (was 1,000)",
            ("- Envoy may use 800 MiB in each task before it refuses calls (was 300)"),
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "a proxy is renamed": (
        app(proxy()),
        app(proxy(name="edge")),
        [
            "the proxy `grpc` is now called `edge`",
            "- clients dial `edge.prod.local:50051` instead of `grpc.prod.local:50051`",
            ("- its metrics, alarms and log queries have other names: their past stays under the old"),
            "**the deployment**",
            (
                "- the proxy `edge` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "another Envoy": (
        app(proxy(more=[DRAIN])),
        app(proxy(image="envoy:v1.40.1", more=[{**DRAIN, "Image": "envoy:v1.40.1"}])),
        [
            "the proxy `grpc` runs another Envoy: `envoy:v1.40.0` → `envoy:v1.40.1`",
            "- Envoy's behaviour may differ between versions: its release notes say how",
            "- the image has to be where the tasks can pull it",
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 150 s at most to end; its clients are told to go to another task, and a call "
                "still open 20 s later is cut"
            ),
        ],
    ),
    "TLS": (
        app(proxy()),
        app(proxy(bootstrap(tls=True))),
        [
            "the proxy `grpc` wants TLS from its clients",
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "another image": (
        with_server(image="registry/lessons:1"),
        with_server(image="registry/lessons:2"),
        [
            "container `server` of `lessons`: another image: `1` → `2` of `registry/lessons`",
            "**the deployment**",
            (
                "- `lessons` rolls: its 2 tasks are replaced, new ones first; an old one takes 30 "
                "s at most to end, and calls still open then are cut"
            ),
        ],
    ),
    "another repository": (
        with_server(image="a/lessons:1"),
        with_server(image="b/lessons:1"),
        [
            "container `server` of `lessons`: another image: `a/lessons:1` → `b/lessons:1`",
            "**the deployment**",
            (
                "- `lessons` rolls: its 2 tasks are replaced, new ones first; an old one takes 30 "
                "s at most to end, and calls still open then are cut"
            ),
        ],
    ),
    "a container is added": (
        app(service()),
        app(service(containers=[container(), container("agent", "agent:7", Essential=False)])),
        [
            "`lessons`: the tasks get the container `agent` (`agent:7`)",
            (
                "- it runs beside the others and takes a part of the task's memory; the task goes "
                "on without it"
            ),
            "**the deployment**",
            (
                "- `lessons` rolls: its 2 tasks are replaced, new ones first; an old one takes 30 "
                "s at most to end, and calls still open then are cut"
            ),
        ],
    ),
    "a variable": (
        variable("info"),
        variable("debug"),
        [
            "container `server` of `lessons`: environment: `LOG_LEVEL`: `info` → `debug`",
            "**the deployment**",
            (
                "- `lessons` rolls: its 2 tasks are replaced, new ones first; an old one takes 30 "
                "s at most to end, and calls still open then are cut"
            ),
        ],
    ),
    "a secret is added": (
        with_server(),
        secret("arn:a"),
        [
            "container `server` of `lessons`: secrets: `DATABASE_URL` is new",
            "- a task does not start unless `DATABASE_URL` can be read",
            "**the deployment**",
            (
                "- `lessons` rolls: its 2 tasks are replaced, new ones first; an old one takes 30 "
                "s at most to end, and calls still open then are cut"
            ),
        ],
    ),
    "a secret has another source": (
        secret("arn:a"),
        secret("arn:b"),
        [
            "container `server` of `lessons`: secrets: `DATABASE_URL` has another source",
            "- a task does not start unless `DATABASE_URL` can be read",
            "**the deployment**",
            (
                "- `lessons` rolls: its 2 tasks are replaced, new ones first; an old one takes 30 "
                "s at most to end, and calls still open then are cut"
            ),
        ],
    ),
    "the namespace is renamed": (
        namespace("prod.local"),
        namespace("learning.local"),
        [
            "the namespace `prod.local` is now called `learning.local`",
            "- AWS cannot rename one: it makes a new one, and everything registers there anew",
            "- clients dial `grpc.learning.local:50051` instead of `grpc.prod.local:50051`",
            "- every service with a name in it gets a new one, and rolls",
            (
                "- to move without an interruption, deploy a second environment beside this one, "
                "move the clients, and delete this one"
            ),
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "monitoring comes": (
        app(proxy()),
        app(proxy(), Dashboard=DASHBOARD, Alarm=ALARM),
        [
            "1 dashboard and 1 alarm come",
            "**the deployment**",
            "- no running task restarts",
        ],
    ),
    "monitoring goes": (
        app(proxy(), Dashboard=DASHBOARD, Alarm=ALARM),
        app(proxy()),
        [
            "1 dashboard and 1 alarm leave the app",
            "- nobody sees or hears of the proxy by them any more",
            "**the deployment**",
            "- no running task restarts",
        ],
    ),
    "a new environment": (
        None,
        app(proxy(), service()),
        [
            "the environment is new: the proxy `grpc` and `lessons`",
            "- clients dial `grpc.prod.local:50051`",
        ],
    ),
    "an environment goes": (app(proxy()), None, []),
}


def told(comparison: Comparison) -> list[str]:
    """Return each cause, and its consequences as items below it."""
    return [
        line
        for found in meaning(comparison)
        for line in (found.cause, *(f"- {c}" for c in found.consequences))
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases = {name: (base, head) for name, (base, head, _) in CASES.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_said_with_what_follows_from_it(case: str, found: dict[str, Comparison]) -> None:
    assert told(found[case]) == CASES[case][2]
