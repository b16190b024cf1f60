"""Services that come, go, scale or are found in another way, and what follows."""

from typing import Any

import pytest

from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.meaning.finding import meaning
from tests.ecs_envoy.review.deployed import bootstrap, container, get, policy, proxy, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

SIDECAR = container(
    "discovery", "discovery:1", Command=['{"services": [{"name": "lessons"}]}'], Essential=False
)
LISTS = policy("proxyRole", ["servicediscovery:DiscoverInstances"], "*")
BY_API = bootstrap(found_by={"lessons": "cloud_map"})
GRADING = {"grading": ["learning.v1.Grading"]}
SCORING = {"scoring": ["learning.v1.Grading"]}
LESSONS = {"lessons": ["learning.v1.Lessons"]}


def app(*parts: dict[str, dict[str, Any]], **more: dict[str, Any]) -> Stacks:
    return {"app": {**{name: found for part in parts for name, found in part.items()}, **more}}


def scaling(least: int, most: int) -> dict[str, Any]:
    return resource(
        "ApplicationAutoScaling::ScalableTarget",
        MinCapacity=least,
        MaxCapacity=most,
        ResourceId={"Fn::Join": ["", ["service/a/", get("lessonsService", "Name")]]},
    )


CASES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
    "nothing": (app(service()), app(service()), []),
    "more tasks": (
        app(service(tasks=2)),
        app(service(tasks=3)),
        [
            "`lessons`: tasks 2 → 3",
            "**the deployment**",
            "- 1 more task starts for `lessons`",
            "- no other running task restarts",
        ],
    ),
    "fewer tasks": (
        app(service(tasks=3)),
        app(service(tasks=2)),
        [
            "`lessons`: tasks 3 → 2",
            "**the deployment**",
            "- 1 of the 3 tasks of `lessons` ends, within 30 s",
            "- no other running task restarts",
        ],
    ),
    "a service scales": (
        app(service(tasks=4)),
        app(service(), Target=scaling(4, 12)),
        [
            "`lessons`: tasks 4 → 4 to 12",
            "- it scales by itself between these numbers",
            "**the deployment**",
            "- no running task restarts",
        ],
    ),
    "a service scales no more": (
        app(service(), Target=scaling(4, 12)),
        app(service(tasks=4)),
        [
            "`lessons`: tasks 4 to 12 → 4",
            "- it no longer scales by itself",
            "**the deployment**",
            "- no running task restarts",
        ],
    ),
    "larger tasks": (
        app(service(cpu=256)),
        app(service(cpu=512, memory=1024)),
        [
            "`lessons`: CPU 256 → 512 units, memory 512 → 1024 MiB",
            "- its tasks are started anew, since a task cannot be resized",
            "**the deployment**",
            (
                "- `lessons` rolls: its 2 tasks are replaced, new ones first; an old one takes 30 s "
                "at most to end, and calls still open then are cut"
            ),
        ],
    ),
    "discovery by a sidecar": (
        app(proxy(), service(tasks=4)),
        app(proxy(BY_API, more=[SIDECAR]), service(), Target=scaling(4, 12), Policy=LISTS),
        [
            "`lessons`: tasks 4 → 4 to 12",
            "- the proxy finds its tasks by Cloud Map's API instead of DNS",
            "- the proxy learns of new and gone tasks within 2 s",
            (
                "- each task of the proxy `grpc` gets the container `discovery`, which asks AWS for "
                "the tasks' addresses, and without which Envoy does not start"
            ),
            "- its image is `discovery:1`",
            "- the proxy gets the rights `servicediscovery:DiscoverInstances`",
            "- it scales by itself between these numbers",
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "discovery by DNS": (
        app(proxy(BY_API, more=[SIDECAR]), service()),
        app(proxy(), service()),
        [
            "`lessons`: the proxy finds its tasks by DNS instead of Cloud Map's API",
            (
                "- the proxy learns of new and gone tasks within some 70 s, since Route 53 shows a "
                "change within 60 s"
            ),
            "- the tasks of the proxy `grpc` no longer have the container `discovery`",
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "a service is added": (
        app(proxy(bootstrap(services=LESSONS))),
        app(proxy(bootstrap(services={**LESSONS, **GRADING})), service("grading")),
        [
            "`grading` is added",
            "- it runs 2 tasks of 256 CPU units and 512 MiB",
            ("- the proxy `grpc` forwards calls of `learning.v1.Grading` to it, and finds its tasks by DNS"),
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "a service is removed": (
        app(proxy(bootstrap(services={**LESSONS, **GRADING})), service("grading")),
        app(proxy(bootstrap(services=LESSONS))),
        [
            "`grading` is removed",
            "- calls of `learning.v1.Grading` get the error UNIMPLEMENTED from the proxy",
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "the calls of a removed service go to another one": (
        app(proxy(bootstrap(services={**LESSONS, **GRADING})), service("grading"), service()),
        app(
            proxy(bootstrap(services={"lessons": ["learning.v1.Lessons", "learning.v1.Grading"]})), service()
        ),
        [
            "`grading` is removed",
            "- calls of `learning.v1.Grading` go to `lessons`",
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "a service is renamed": (
        app(proxy(bootstrap(services=GRADING)), service("grading")),
        app(proxy(bootstrap(services=SCORING)), service("scoring")),
        [
            "`grading` is now called `scoring`: it has the same image and takes the same calls",
            "- AWS makes `scoring` and deletes `grading`: new tasks, logs, rights and names",
            "- it runs 2 tasks of 256 CPU units and 512 MiB",
            "- the proxy `grpc` forwards calls of `learning.v1.Grading` to `scoring`",
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "the sidecar's stream takes the place of files": (
        app(proxy(bootstrap(services=LESSONS))),
        app(proxy(bootstrap(services={**LESSONS, "discovery_sidecar": []}))),
        [
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
    "a service moves to another stack": (
        {"one": app(service())["app"], **app(proxy(bootstrap(services=LESSONS)))},
        app(proxy(bootstrap(services=LESSONS)), service()),
        [
            "`lessons` moves from the stack `one` to `app`",
            "- AWS makes it anew: new tasks, logs, rights and names",
            "- it runs 2 tasks of 256 CPU units and 512 MiB",
            "- its old tasks run on until somebody deletes their stack",
            "- the proxy `grpc` forwards calls of `learning.v1.Lessons` to `lessons`",
            "**the deployment**",
            "- no running task restarts",
        ],
    ),
    "an existing service is added": (
        app(proxy(bootstrap(services=LESSONS))),
        app(proxy(bootstrap(services={**LESSONS, **GRADING}))),
        [
            "the proxy `grpc` forwards to `grading`",
            "- its tasks are found by DNS",
            "**the deployment**",
            (
                "- the proxy `grpc` rolls: its 2 tasks are replaced, new ones first; an old one "
                "takes 30 s at most to end"
            ),
        ],
    ),
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
