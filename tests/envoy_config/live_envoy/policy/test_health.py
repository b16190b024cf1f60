"""Which tasks are fit for calls: ejections and health checks by policy, with the real Envoy."""

from collections.abc import Generator, Iterator
from concurrent import futures
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer

from discovery.endpoints import Endpoint
from tests.envoy_config.live_envoy.policy.side_by_side import SideBySide, named, side_by_side
from tests.envoy_config.live_envoy.rig import EveryMethod, Handler, task
from tests.waiting import until

CHECKED_PORT = 50052


def until_healthy(world: SideBySide, tasks: int) -> None:
    until(lambda: all(world.endpoints(name) == tasks for name in world.policies))


def failures(world: SideBySide, policy: str, number: int) -> int:
    """Return how many of so many calls fail, one after the other."""
    failed = 0
    with world.client(policy) as client:
        for _ in range(number):
            try:
                client.call()
            except grpc.RpcError:
                failed += 1
    return failed


class Sick:
    """Tasks that fail, while `addresses` has them."""

    def __init__(self) -> None:
        self.addresses: set[str] = set()

    def serve(self, address: str) -> AbstractContextManager[Any]:
        def answer(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            if address in self.addresses:
                context.abort(grpc.StatusCode.UNAVAILABLE, "sick")
            yield address.encode()

        return task(address, answer)


def test_a_task_is_ejected_after_as_many_failures_as_the_policy_says(tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {
        "default": {},
        "five": {"outlier_detection": {"failures": 5}},
        "never": {"outlier_detection": "none"},
    }
    sick = Sick()
    with side_by_side(tmp_path, block, policies, tasks=2, serve=sick.serve) as world:
        until_healthy(world, 2)
        sick.addresses.add(world.tasks[0])
        assert {name: failures(world, name, 40) for name in policies} == {
            "default": 2,
            "five": 5,
            "never": 20,
        }


def test_an_ejection_lasts_as_long_as_the_policy_says(tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {
        "short": {"outlier_detection": {"ejection_time": "1s"}},
        "default": {},
    }
    sick = Sick()
    with side_by_side(tmp_path, block, policies, tasks=2, serve=sick.serve) as world:
        until_healthy(world, 2)
        sick.addresses.add(world.tasks[0])
        for name in policies:
            assert failures(world, name, 10) == 2
        sick.addresses.clear()
        until(lambda: world.tasks[0] in world.calls("short", 4))
        assert world.stat("cluster.default.outlier_detection.ejections_active") == 1


def test_no_more_tasks_are_ejected_than_the_policy_says(tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {
        "default": {},
        "all": {"outlier_detection": {"max_ejected_percent": 100}},
    }
    sick = Sick()
    with side_by_side(tmp_path, block, policies, serve=sick.serve) as world:
        until_healthy(world, 4)
        sick.addresses.update(world.tasks[:3])
        for name in policies:
            failures(world, name, 40)
        ejected = {
            name: world.stat(f"cluster.{name}.outlier_detection.ejections_active") for name in policies
        }
        assert ejected == {"default": 1, "all": 3}


@contextmanager
def with_health(
    address: str, health: HealthServicer, *, port: int = 50051, answer: Handler | None = None
) -> Generator[None]:
    """Serve grpc.health.v1, and calls unless it has a port of its own."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    if answer:
        server.add_generic_rpc_handlers((EveryMethod(answer),))
    server.add_insecure_port(f"{address}:{port}")
    server.start()
    try:
        yield
    finally:
        server.stop(None).wait()


def test_a_check_asks_for_the_service_that_the_policy_names(tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {
        "named": {"health_check": {"type": "grpc", "service": "learning.v1.Lessons"}},
        "whole": {"health_check": "grpc"},
        "panics": {
            "health_check": {"type": "grpc", "service": "learning.v1.Lessons"},
            "load_balancing": {"panic_threshold": 60},
        },
    }
    sick = f"{block}.3"

    def serve(address: str) -> AbstractContextManager[None]:
        serving, not_serving = (
            health_pb2.HealthCheckResponse.SERVING,
            health_pb2.HealthCheckResponse.NOT_SERVING,
        )
        health = HealthServicer()
        health.set("", serving)
        health.set("learning.v1.Lessons", not_serving if address == sick else serving)
        return with_health(address, health, answer=named(address))

    with side_by_side(tmp_path, block, policies, tasks=2, serve=serve) as world:
        well = world.tasks[1]
        until(lambda: [world.endpoints(name) for name in policies] == [1, 2, 1])
        until(lambda: set(world.calls("named", 20)) == {well})
        assert world.calls("whole", 20) == {sick: 10, well: 10}
        # Half of the tasks are well, which is less than the policy asks for.
        assert world.calls("panics", 20) == {sick: 10, well: 10}


@pytest.mark.parametrize("listed_by", ["DNS", "the sidecar"])
def test_a_check_goes_to_the_port_that_the_policy_says(listed_by: str, tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {
        "port": {"health_check": {"type": "grpc", "port": CHECKED_PORT}},
        "default": {},
    }
    addresses = [f"{block}.3", f"{block}.4"]
    endpoints = [Endpoint("", address, 50051) for address in addresses]
    health = {address: HealthServicer() for address in addresses}
    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    health[addresses[0]].set("", not_serving)
    health[addresses[1]].set("", serving)
    zones = dict.fromkeys(policies, endpoints) if listed_by == "the sidecar" else None
    with ExitStack() as stack:
        for address in addresses:
            stack.enter_context(with_health(address, health[address], port=CHECKED_PORT))
        world = stack.enter_context(side_by_side(tmp_path, block, policies, tasks=2, zones=zones))
        until(lambda: set(world.calls("port", 10)) == {addresses[1]})
        assert world.calls("default", 10) == dict.fromkeys(addresses, 5)
        health[addresses[0]].set("", serving)
        until(lambda: set(world.calls("port", 10)) == set(addresses))


def test_a_check_comes_as_often_as_the_policy_says(tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {"often": {"health_check": {"interval": "100ms"}}, "default": {}}
    with side_by_side(tmp_path, block, policies, tasks=1) as world:
        until_healthy(world, 1)
        until(lambda: world.stat("cluster.often.health_check.attempt") >= 40)
        assert world.stat("cluster.default.health_check.attempt") <= 20


def test_a_task_is_down_and_up_after_as_many_checks_as_the_policy_says(tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {
        "default": {},
        "patient": {"health_check": {"unhealthy_threshold": 20}},
        "careful": {"health_check": {"healthy_threshold": 20}},
    }
    with ExitStack() as outer:
        first = outer.enter_context(ExitStack())

        def serve(address: str) -> ExitStack:
            first.enter_context(task(address, named(address)))
            return ExitStack()

        world = outer.enter_context(side_by_side(tmp_path, block, policies, tasks=1, serve=serve))
        until_healthy(world, 1)
        first.close()
        until(lambda: world.endpoints("default") == world.endpoints("careful") == 0)
        assert world.endpoints("patient") == 1
        outer.enter_context(task(world.tasks[0], named(world.tasks[0])))
        until(lambda: world.endpoints("default") == 1)
        assert world.endpoints("careful") == 0
