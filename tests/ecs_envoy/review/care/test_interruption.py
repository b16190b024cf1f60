"""What cuts calls: each rule raised, and not raised."""

from typing import Any

import pytest

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.comparison import Comparison
from tests.ecs_envoy.review.deployed import bootstrap, container, proxy, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

ALL_AT_ONCE = {"MinimumHealthyPercent": 0}
FIRST, SECOND = [container(image="lessons:1")], [container(image="lessons:2")]


def app(*parts: dict[str, dict[str, Any]]) -> Stacks:
    return {"app": {name: definition for part in parts for name, definition in part.items()}}


def dials(address: str) -> dict[str, dict[str, Any]]:
    return service("api", containers=[container(Environment=[{"Name": "GRPC", "Value": address}])])


def stops(seconds: int | None) -> Stacks:
    return app(service(containers=[container(StopTimeout=seconds) if seconds else container()]))


def drains(seconds: int) -> Stacks:
    variable = {"Name": "DRAIN_SECONDS", "Value": str(seconds)}
    return app(proxy(more=[container("drain", Environment=[variable], StopTimeout=120)]))


def waits(seconds: int, found_by: str) -> Stacks:
    pre_stop = container("pre-stop", Command=[f"trap 'sleep {seconds}; exit 0' TERM"], StopTimeout=90)
    text = bootstrap(found_by={"lessons": found_by})
    return app(proxy(text), service(containers=[container(), pre_stop]))


def target_group(seconds: str) -> Stacks:
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": seconds}
    return app({"T": resource("ElasticLoadBalancingV2::TargetGroup", TargetGroupAttributes=[attribute])})


def renamed(old: str, new: str) -> tuple[Stacks, Stacks]:
    """Return a service in a stack before that of the proxy, which is there under another name then."""
    before = {old: ["learning.v1.Grading"]}
    after = {new: ["learning.v1.Grading"]}
    return (
        {"a-services": service(old), "b-proxy": proxy(bootstrap(services=before))},
        {"a-services": service(new), "b-proxy": proxy(bootstrap(services=after))},
    )


CASES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
    "a service of two rolls": (app(service(containers=FIRST)), app(service(containers=SECOND)), []),
    "a service of one rolls": (
        app(service(tasks=1, containers=FIRST)),
        app(service(tasks=1, containers=SECOND)),
        [
            (
                "`lessons` rolls and has one task only: all of its calls are there, and calls that "
                "last longer than its time to stop are cut; if the new task fails, nothing takes over"
            ),
        ],
    ),
    "a proxy of one rolls": (
        app(proxy(tasks=1)),
        app(proxy(tasks=1, image="envoy:v2")),
        [
            (
                "the proxy `grpc` rolls and has one task only: every client is connected to it, and "
                "calls that last longer than its time to stop are cut; if the new task fails, "
                "nothing takes over"
            ),
        ],
    ),
    "a service of one is not touched": (app(service(tasks=1)), app(service(tasks=1)), []),
    "all at once": (
        app(service(containers=FIRST, deployment=ALL_AT_ONCE)),
        app(service(containers=SECOND, deployment=ALL_AT_ONCE)),
        [
            (
                "`lessons` rolls with `MinimumHealthyPercent` 0: all of its tasks may stop before "
                "new ones run, and calls fail until they do"
            ),
        ],
    ),
    "half at once": (
        app(service(tasks=4, containers=FIRST, deployment={"MinimumHealthyPercent": 50})),
        app(service(tasks=4, containers=SECOND, deployment={"MinimumHealthyPercent": 50})),
        [],
    ),
    "less time to stop": (
        stops(60),
        stops(20),
        [
            (
                "container `server` of `lessons` has 20 s instead of 60 s for its end: calls that "
                "need longer are cut at each roll"
            ),
        ],
    ),
    "less time than by default": (
        stops(None),
        stops(10),
        [
            (
                "container `server` of `lessons` has 10 s instead of 30 s for its end: calls that "
                "need longer are cut at each roll"
            ),
        ],
    ),
    "more time to stop": (stops(20), stops(60), []),
    "less drain": (
        drains(60),
        drains(20),
        [
            (
                "container `drain` of the proxy `grpc` has 20 s instead of 60 s for open calls: "
                "calls that need longer are cut at each roll"
            ),
        ],
    ),
    "more drain": (drains(20), drains(60), []),
    "a shorter wait before the stop": (
        waits(72, "dns"),
        waits(4, "dns"),
        [
            (
                "container `pre-stop` of `lessons` has 4 s instead of 72 s for serving on after it "
                "is told to stop: a proxy may still call it when it has stopped"
            ),
        ],
    ),
    "a shorter wait, since the proxy learns sooner": (waits(72, "dns"), waits(4, "cloud_map"), []),
    "a shorter delay of a target group": (
        target_group("300"),
        target_group("30"),
        [
            (
                "the load balancer waits 30 s instead of 300 s for open requests of a task that "
                "goes: longer ones are cut"
            ),
        ],
    ),
    "a longer delay of a target group": (target_group("30"), target_group("300"), []),
    "clients dial another name": (
        app(proxy(), dials("grpc.prod.local:50051")),
        app(proxy(name="edge"), dials("edge.prod.local:50051")),
        [
            (
                "clients that dial `grpc.prod.local:50051` have to dial `edge.prod.local:50051` from "
                "now on: calls to the old name fail once it is gone; `api` of this app dials the new "
                "one; clients elsewhere do not know the new one yet"
            ),
        ],
    ),
    "a client of the app is forgotten": (
        app(proxy(), dials("grpc.prod.local:50051")),
        app(proxy(name="edge"), dials("grpc.prod.local:50051")),
        [
            (
                "clients that dial `grpc.prod.local:50051` have to dial `edge.prod.local:50051` from "
                "now on: calls to the old name fail once it is gone; **`api` of this app still dials "
                "the old one**; clients elsewhere do not know the new one yet"
            ),
        ],
    ),
    "a client of the app is told later": (
        {"a-proxy": proxy(), "b-api": dials("grpc.prod.local:50051")},
        {"a-proxy": proxy(name="edge"), "b-api": dials("edge.prod.local:50051")},
        [
            (
                "clients that dial `grpc.prod.local:50051` have to dial `edge.prod.local:50051` from "
                "now on: calls to the old name fail once it is gone; `api` of this app dials the new "
                "one, but only once `b-api` is deployed, which is after `a-proxy`: until then its "
                "calls fail; clients elsewhere do not know the new one yet"
            ),
        ],
    ),
    "clients need TLS": (
        app(proxy()),
        app(proxy(bootstrap(tls=True))),
        [
            (
                "clients of the proxy `grpc` have to use TLS at the moment it rolls: while old and "
                "new tasks run side by side, some calls of either kind fail"
            ),
        ],
    ),
    "the same service by another name": (
        *renamed("grading", "scoring"),
        [
            (
                "calls of `learning.v1.Grading` fail for minutes: `a-services` deletes `grading` "
                "before `b-proxy` tells the proxy `grpc` of `scoring`; add the new service in one "
                "deployment, and remove the old one in the next"
            ),
        ],
    ),
    "a service stays": (*renamed("grading", "grading"), []),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases = {name: (base, head) for name, (base, head, _) in CASES.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", CASES)
def test_what_cuts_calls_is_said_and_nothing_else(case: str, found: dict[str, Comparison]) -> None:
    told = [item.text for item in care(found[case]) if item.kind.value == "interruption"]
    assert told == CASES[case][2]
