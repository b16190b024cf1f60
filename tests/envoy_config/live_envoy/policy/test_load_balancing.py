"""Which task gets a call: the types of load balancing, with the real Envoy and real gRPC tasks."""

from collections.abc import Generator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import grpc
import pytest

from tests.conftest import random_block
from tests.envoy_config.live_envoy.policy.side_by_side import SideBySide, named, side_by_side
from tests.envoy_config.live_envoy.rig import task
from tests.waiting import until

HASH = {"type": "ring_hash", "hash_header": "x-user"}
POLICIES = {
    "round-robin": {},
    "least-request": {"load_balancing": {"type": "least_request"}},
    "random": {"load_balancing": {"type": "random"}},
    "ring-hash": {"load_balancing": HASH},
    "maglev": {"load_balancing": {**HASH, "type": "maglev"}},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[SideBySide]:
    with side_by_side(tmp_path_factory.mktemp("envoy"), random_block(), POLICIES) as world:
        until(lambda: all(world.endpoints(name) == len(world.tasks) for name in POLICIES))
        yield world


def test_round_robin_gives_each_task_as_many_calls(world: SideBySide) -> None:
    assert set(world.calls("round-robin", 40).values()) == {10}


@pytest.mark.parametrize(("policy", "calls"), [("least-request", 0), ("round-robin", 4)])
def test_only_least_request_spares_a_task_with_an_open_call(
    policy: str, calls: int, world: SideBySide
) -> None:
    with world.client(policy) as client:
        busy, held = client.open()
        assert world.calls(policy, 16)[busy] == calls
        held.cancel()


def test_random_follows_no_turns(world: SideBySide) -> None:
    with world.client("random") as client:
        assert any(a == b for a, b in pairwise(client.call() for _ in range(100)))
    with world.client("round-robin") as client:
        assert not any(a == b for a, b in pairwise(client.call() for _ in range(100)))


@pytest.mark.parametrize(("policy", "same"), [("ring-hash", True), ("maglev", True), ("round-robin", False)])
def test_a_header_decides_the_task_with_a_hash_only(policy: str, same: bool, world: SideBySide) -> None:
    users = [world.calls(policy, 8, [("x-user", f"user-{number}")]) for number in range(24)]
    assert all(len(tasks) == 1 for tasks in users) is same
    assert {task for tasks in users for task in tasks} == set(world.tasks)


@pytest.mark.parametrize("policy", ["ring-hash", "maglev"])
def test_calls_without_the_header_go_to_any_task(policy: str, world: SideBySide) -> None:
    assert set(world.calls(policy, 100)) == set(world.tasks)


@pytest.mark.parametrize("kind", ["ring_hash", "maglev"])
def test_a_retry_goes_to_another_task_also_with_a_hash(kind: str, tmp_path: Path, block: str) -> None:
    # Without health checks, so that Envoy does not know that a task is gone.
    unaware = {"health_check": "none", "outlier_detection": "none"}
    balancing = {"type": kind, "hash_header": "x-user"}
    policies = {
        "retried": {"load_balancing": balancing, **unaware},
        "once": {"load_balancing": balancing, "retries": {"attempts": 1}, **unaware},
    }
    with ExitStack() as stack:
        servers: dict[str, grpc.Server] = {}

        def serve(address: str) -> ExitStack:
            servers[address] = stack.enter_context(task(address, named(address)))
            return ExitStack()

        world = stack.enter_context(side_by_side(tmp_path, block, policies, serve=serve))
        until(lambda: all(world.endpoints(name) == 4 for name in policies))
        users = [[("x-user", f"user-{number}")] for number in range(24)]
        with world.client("retried") as client:
            before = [client.call(user) for user in users]
        gone = servers.pop(before[0])
        gone.stop(None).wait()
        lost = [user for user, of in zip(users, before, strict=True) if of == before[0]]
        with world.client("retried") as client, world.client("once") as once:
            assert before[0] not in {client.call(user) for user in lost}
            with pytest.raises(grpc.RpcError, match="UNAVAILABLE"):
                once.call(lost[0])
            # The others stay where they were.
            kept = [(user, of) for user, of in zip(users, before, strict=True) if of != before[0]]
            assert all(client.call(user) == of for user, of in kept)


def test_a_new_task_gets_fewer_calls_at_first_with_slow_start_only(tmp_path: Path, block: str) -> None:
    slow = {"window": "5s"}
    policies = {
        "slow": {"load_balancing": {"slow_start": slow}},
        "slow-least": {"load_balancing": {"type": "least_request", "slow_start": slow}},
        "even": {},
    }
    listed = [f"{block}.3", f"{block}.4"]
    with side_by_side(tmp_path, block, policies, tasks=3, listed=listed) as world:
        new = world.tasks[2]
        # Tasks that all begin together share the calls evenly: they have to be out of the window.
        until(lambda: world.stat("server.uptime") > 5 and world.endpoints("slow") == 2)
        listed.append(new)
        for name in policies:
            until(lambda name=name: new in world.calls(name, 20))
        found = {name: world.calls(name, 30) for name in policies}
    assert found["even"][new] == 10
    for name in ("slow", "slow-least"):
        assert found[name][new] < 10, name
