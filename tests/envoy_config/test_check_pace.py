"""How often a proxy checks the tasks of each service."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from envoy_config import TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.check_pace import (
    CHECKS_PER_SECOND,
    INTERVALS,
    check_intervals,
    checks_per_second,
)
from envoy_config.model import Proxy, Service
from envoy_config.policy.health import HealthCheck
from envoy_config.values import HealthCheckType


def service(name: str, max_tasks: int | None, health_check: HealthCheckType = "http2") -> Service:
    """Return a service with so many tasks."""
    upstream = Upstream(grpc_services=[f"a.{name.upper()}"])
    policy = TrafficPolicy(health_check=HealthCheck(type=health_check))
    return Service(name=name, address=f"{name}.local", upstream=upstream, policy=policy, max_tasks=max_tasks)


def seconds(tasks: Mapping[str, int | None], cpu: int = 256) -> dict[str, float]:
    """Return the interval of each service in seconds."""
    found = check_intervals(
        Proxy(name="grpc", cpu=cpu), [service(name, most) for name, most in tasks.items()]
    )
    return {name: interval.total_seconds() for name, interval in found.items()}


@pytest.mark.parametrize(
    ("tasks", "cpu", "expected"),
    [
        pytest.param({"a": 20, "b": 180}, 256, {"a": 1, "b": 1}, id="all that fit are checked each second"),
        pytest.param({"a": 2, "b": 400}, 256, {"a": 1, "b": 5}, id="a small service keeps its second"),
        pytest.param({"a": 200, "b": 400}, 256, {"a": 2, "b": 5}, id="two large ones have equal shares"),
        pytest.param({"a": 2, "b": 400}, 512, {"a": 1, "b": 2}, id="twice the CPU checks twice as often"),
        pytest.param({"a": None}, 256, {"a": 1}, id="an unknown number is taken for a few"),
        pytest.param({"a": 5000}, 256, {"a": 30}, id="one service of the most tasks that ECS allows"),
    ],
)
def test_a_service_with_few_tasks_is_checked_more_often(
    tasks: Mapping[str, int | None], cpu: int, expected: Mapping[str, float]
) -> None:
    assert seconds(tasks, cpu) == expected


def test_two_hundred_services_of_any_size_stay_within_the_bound() -> None:
    sizes = random.Random(17)
    for _turn in range(50):
        most = [sizes.choice([None, 1, 2, 2, 4, 10, 50]) for _ in range(sizes.randint(1, 200))]
        services = [service(f"s{number}", tasks) for number, tasks in enumerate(most)]
        assert checks_per_second(Proxy(name="grpc"), services) <= CHECKS_PER_SECOND


def test_beyond_the_longest_interval_each_task_is_still_checked() -> None:
    many = {f"s{number}": 5000 for number in range(20)}
    assert set(seconds(many).values()) == {INTERVALS[-1].total_seconds()}


def test_a_service_without_checks_takes_no_share() -> None:
    services = [service("a", 100_000, "none"), service("b", 200)]
    assert {
        name: str(interval) for name, interval in check_intervals(Proxy(name="grpc"), services).items()
    } == {"b": "0:00:01"}


def test_an_interval_that_a_policy_gives_is_kept_and_the_others_share_what_it_leaves() -> None:
    given = service("a", 100)
    often = replace(
        given, policy=TrafficPolicy(health_check=HealthCheck(interval=timedelta(milliseconds=500)))
    )
    others = [service("b", 100), service("c", 2)]
    proxy = Proxy(name="grpc", cpu=512)  # 400 checks a second, of which the first service takes 200
    found = check_intervals(proxy, [often, *others])
    assert {name: interval.total_seconds() for name, interval in found.items()} == {"a": 0.5, "b": 1, "c": 1}
    assert checks_per_second(proxy, [often, *others]) == 302
    small = Proxy(name="grpc")  # nothing is left of its 200
    assert check_intervals(small, [often, *others])["c"] == INTERVALS[-1]


def test_the_bootstrap_has_the_intervals() -> None:
    clusters = bootstrap(
        Proxy(name="grpc"), [service("few", 2), service("many", 2000), service("unknown", None)]
    ).static_resources
    assert clusters
    found = {
        cluster.name: (check.interval, check.no_traffic_interval, check.unhealthy_interval)
        for cluster in clusters.clusters
        for check in cluster.health_checks
    }
    second, twenty, five = (INTERVALS[0], INTERVALS[4], INTERVALS[2])
    assert found == {
        "few": (second, second, second),
        "many": (twenty, twenty, five),
        "unknown": (second, second, second),
    }
