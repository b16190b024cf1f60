"""How much the proxy has open, and its connections to tasks, with the real Envoy."""

import signal
from collections.abc import Generator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.conftest import random_block
from tests.envoy_config.live_envoy.policy.side_by_side import SideBySide, named, side_by_side
from tests.envoy_config.live_envoy.rig import task
from tests.envoy_config.live_envoy.sick_tasks.tasks import process
from tests.waiting import FOREVER, until

ONE = {"max_concurrent_streams": 1}
POLICIES: dict[str, dict[str, Any]] = {
    "default": {},
    "few-calls": {"circuit_breakers": {"max_open_calls": 2}},
    "few-pending": {"circuit_breakers": {"max_connections": 1, "max_pending_calls": 1}, "connections": ONE},
    "one-connection": {"circuit_breakers": {"max_connections": 1}, "connections": ONE},
    "one-stream": {"connections": ONE},
    "short": {"connections": {"max_duration": "1s"}},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[SideBySide]:
    with side_by_side(tmp_path_factory.mktemp("envoy"), random_block(), POLICIES, tasks=1) as world:
        until(lambda: all(world.endpoints(name) == 1 for name in POLICIES))
        yield world


def ended(call: Any) -> str | None:  # noqa: ANN401  # grpcio's calls have no common type
    """Return the message of a call that ended at once with UNAVAILABLE; None if it was answered."""
    try:
        next(call)
    except grpc.RpcError:
        assert call.code() is grpc.StatusCode.UNAVAILABLE
        return call.details()
    return None


def test_a_call_beyond_max_open_calls_is_refused(world: SideBySide) -> None:
    with world.client("few-calls") as client, world.client("default") as others:
        calls = [client.stub(b"stay", timeout=FOREVER) for _ in range(2)]
        assert [ended(call) for call in calls] == [None, None]
        assert ended(client.stub(b"")) == (
            "Envoy proxy grpc sheds calls of the service few-calls: as many are open here as it holds at "
            "once (max_open_calls, or max_pending_calls)"
        )
        assert [ended(others.stub(b"stay", timeout=FOREVER)) for _ in range(3)] == [None] * 3


def test_a_call_waits_for_a_connection_and_one_beyond_max_pending_calls_is_refused(
    world: SideBySide,
) -> None:
    pending = "cluster.few-pending.upstream_rq_pending_active"
    with world.client("few-pending") as client:
        _, first = client.open()
        second = client.stub(b"", timeout=FOREVER)
        until(lambda: world.stat(pending) == 1)
        assert ended(client.stub(b"")) is not None
        first.cancel()
        assert ended(second) is None
    with world.client("one-connection") as client:
        _, first = client.open()
        waiting = [client.stub(b"", timeout=FOREVER) for _ in range(3)]
        until(lambda: world.stat("cluster.one-connection.upstream_rq_pending_active") == 3)
        first.cancel()
        assert [ended(call) for call in waiting] == [None] * 3


def test_connections_hold_as_many_calls_as_the_policy_says(world: SideBySide) -> None:
    for policy, connections in (("default", 1), ("one-stream", 5)):
        before = world.stat(f"cluster.{policy}.upstream_cx_total")
        with world.client(policy) as client:
            held = [client.open()[1] for _ in range(5)]
            assert max(1, world.stat(f"cluster.{policy}.upstream_cx_total") - before) == connections
            for call in held:
                call.cancel()


def test_no_call_is_lost_when_a_connection_has_had_its_time(world: SideBySide) -> None:
    replaced = {name: f"cluster.{name}.upstream_cx_max_duration_reached" for name in ("short", "default")}
    with world.client("short") as client:
        _, stream = client.open()
        for _ in count():
            client.call()
            if world.stat(replaced["short"]) >= 2:
                break
        assert stream.is_active()
    assert world.stat(replaced["default"]) == 0


def test_each_task_has_a_connection_whatever_max_connections_says(tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {"one": POLICIES["one-connection"]}
    with side_by_side(tmp_path, block, policies, tasks=3) as world:
        until(lambda: world.endpoints("one") == 3)
        with world.client("one") as client:
            assert {client.open()[0] for _ in range(3)} == set(world.tasks)
            assert world.stat("cluster.one.upstream_cx_active") == 3


def test_retries_beyond_max_retries_are_not_made(tmp_path: Path, block: str) -> None:
    unaware: dict[str, Any] = {"health_check": "none", "outlier_detection": "none"}
    slowly = {"back_off": {"base": "1s", "max": "1s"}}
    policies = {
        "one": {"circuit_breakers": {"max_retries": 1}, "retries": slowly, **unaware},
        "default": {"retries": slowly, **unaware},
    }
    with ExitStack() as stack:
        addresses = [f"{block}.3", f"{block}.4"]

        def serve(address: str) -> Any:  # noqa: ANN401
            # Nobody listens at the first address.
            return task(address, named(address)) if address != addresses[0] else ExitStack()

        world = stack.enter_context(side_by_side(tmp_path, block, policies, tasks=2, serve=serve))
        until(lambda: all(world.endpoints(name) == 2 for name in policies))
        refused = dict.fromkeys(policies, 0)
        for name in policies:
            client = stack.enter_context(world.client(name))
            calls = [client.stub(b"", timeout=FOREVER) for _ in range(40)]
            refused[name] = sum(ended(call) is not None for call in calls)
        assert refused["one"] > 0
        assert refused["default"] == 0


def test_a_ping_finds_a_task_that_is_frozen_while_a_stream_is_silent(tmp_path: Path, block: str) -> None:
    policies: dict[str, dict[str, Any]] = {
        # Without health checks: one of TCP would not see it, and the others would take no stream from it.
        "pinged": {"connections": {"keepalive_interval": "1s", "keepalive_timeout": "1s"}},
        "default": {},
    }
    with side_by_side(tmp_path, block, policies, tasks=1, serve=process) as world:
        until(lambda: all(world.endpoints(name) == 1 for name in policies))
        (running,) = world.served
        with world.client("pinged") as client, world.client("default") as other:
            client.call()
            other.call()
            running.send_signal(signal.SIGSTOP)
            ends, stays = client.stub(b"", timeout=FOREVER), other.stub(b"", timeout=FOREVER)
            assert ended(ends) is not None
            assert stays.is_active()
            running.send_signal(signal.SIGCONT)


def test_a_grpc_server_closes_a_connection_that_is_pinged_more_often_than_it_allows(
    tmp_path: Path, block: str
) -> None:
    policies: dict[str, dict[str, Any]] = {
        "pinged": {"connections": {"keepalive_interval": "1s"}},
        "default": {},
    }
    with side_by_side(tmp_path, block, policies, tasks=1) as world:
        until(lambda: world.endpoints("pinged") == world.endpoints("default") == 1)
        with world.client("pinged") as client, world.client("default") as other:
            _, stays = other.open()
            _, stream = client.open()
            with pytest.raises(grpc.RpcError):
                next(stream)
            assert stays.is_active()
