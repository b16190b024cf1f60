"""Versions, weights and zones of tasks, as the discovery sidecar writes them for the real Envoy."""

from collections.abc import Generator
from pathlib import Path

import grpc
import pytest

from discovery.endpoints import Endpoint
from discovery.zones.weights import Balance
from tests.conftest import random_block
from tests.envoy_config.live_envoy.policy.side_by_side import SideBySide, side_by_side
from tests.waiting import until

TYPES = ("round_robin", "least_request", "random", "ring_hash", "maglev")
HEADER = {"ring_hash": {"hash_header": "x-user"}, "maglev": {"hash_header": "x-user"}}
POLICIES = {
    "every": {},
    **{
        f"second-{kind}": {"load_balancing": {"type": kind, "version": "v2", **HEADER.get(kind, {})}}
        for kind in TYPES
    },
    "elsewhere": {"canary": {"to": "second-random", "percent": 100}},
    "third": {"load_balancing": {"version": "v3"}},
    "split": {"load_balancing": {"version": "v1"}, "canary": {"version": "v2", "percent": 50}},
    "heavy": {},
    **{f"near-{kind}": {"load_balancing": {"type": kind, **HEADER.get(kind, {})}} for kind in TYPES},
}
NEAR, FAR = "euw1-az1", "euw1-az2"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[SideBySide]:
    block = random_block()
    addresses = [f"{block}.{number}" for number in range(3, 7)]
    versions = [
        Endpoint(zone, address, 50051, version)
        for zone, address, version in zip(
            (NEAR, NEAR, FAR, FAR), addresses, ("v1", "v2", "v1", "v2"), strict=True
        )
    ]
    weights = [Endpoint(NEAR, addresses[0], 50051, "", 3), Endpoint(NEAR, addresses[1], 50051)]
    zones = {name: weights if name == "heavy" else versions for name in POLICIES}
    # As the sidecar of a proxy writes them whose zone gets most of its calls.
    balance = Balance({NEAR: 950, FAR: 50}, NEAR)
    with side_by_side(
        tmp_path_factory.mktemp("envoy"), block, POLICIES, zones=zones, balance=balance
    ) as world:
        until(lambda: all(world.endpoints(name) == len(zones[name]) for name in POLICIES))
        yield world


@pytest.mark.parametrize("kind", TYPES)
def test_only_tasks_of_a_version_get_calls(kind: str, world: SideBySide) -> None:
    # By lot, each twentieth call goes to the other zone.
    assert set(world.calls(f"second-{kind}", 200)) == {world.tasks[1], world.tasks[3]}


def test_a_canary_of_a_version_gets_its_share_of_the_calls(world: SideBySide) -> None:
    calls = world.calls("split", 200)
    assert set(calls) == set(world.tasks)
    # Six standard deviations of a share of one half.
    assert abs(calls[world.tasks[1]] + calls[world.tasks[3]] - 100) <= 43


def test_a_canary_sends_calls_to_the_version_of_its_service(world: SideBySide) -> None:
    assert set(world.calls("elsewhere", 200)) == {world.tasks[1], world.tasks[3]}


def test_without_a_version_every_task_gets_calls(world: SideBySide) -> None:
    assert set(world.calls("every", 200)) == set(world.tasks)


def test_calls_fail_if_no_task_has_the_version_until_one_has(world: SideBySide) -> None:
    with pytest.raises(grpc.RpcError) as error:
        world.calls("third", 1)
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE  # pyright: ignore[reportAttributeAccessIssue]
    assert error.value.details() == (  # pyright: ignore[reportAttributeAccessIssue]
        "no healthy upstream (Envoy proxy grpc: no healthy task of the service third, or none of the version "
        "that its policy names, load_balancing.version)"
    )
    address = world.tasks[0]
    world.files["third"].write([Endpoint(NEAR, address, 50051, "v3")], None)

    def answered() -> bool:
        try:
            return set(world.calls("third", 1)) == {address}
        except grpc.RpcError:
            return False

    until(answered)


def test_a_task_of_weight_3_gets_three_of_four_calls(world: SideBySide) -> None:
    assert world.calls("heavy", 40) == {world.tasks[0]: 30, world.tasks[1]: 10}


@pytest.mark.parametrize("kind", ["round_robin", "least_request", "random"])
def test_the_own_zone_is_preferred_by_every_type_without_a_hash(kind: str, world: SideBySide) -> None:
    calls = world.calls(f"near-{kind}", 200)
    assert calls[world.tasks[0]] + calls[world.tasks[1]] >= 170


@pytest.mark.parametrize("kind", ["ring_hash", "maglev"])
def test_the_zone_does_not_count_with_a_hash(kind: str, world: SideBySide) -> None:
    calls = world.calls(f"near-{kind}", 400)
    assert calls[world.tasks[2]] + calls[world.tasks[3]] >= 100


@pytest.mark.parametrize("kind", ["ring_hash", "maglev"])
def test_a_header_has_the_same_task_at_every_proxy(kind: str, tmp_path: Path, block: str) -> None:
    policy = {"load_balancing": {"type": kind, "hash_header": "x-user"}}
    endpoints = [
        Endpoint(zone, f"{block}.{number}", 50051)
        for number, zone in ((3, NEAR), (4, NEAR), (5, FAR), (6, FAR))
    ]
    found: list[list[set[str]]] = []
    for number, zone in enumerate((NEAR, FAR)):
        folder = tmp_path / str(number)
        folder.mkdir()
        balance = Balance({NEAR: 950, FAR: 50} if zone == NEAR else {NEAR: 50, FAR: 950}, zone)
        with side_by_side(
            folder, block, {"hashed": policy}, zones={"hashed": endpoints}, balance=balance
        ) as proxy:
            until(lambda proxy=proxy: proxy.endpoints("hashed") == len(endpoints))
            users = [[("x-user", f"user-{user}")] for user in range(24)]
            found.append([set(proxy.calls("hashed", 1, user)) for user in users])
    assert found[0] == found[1]
