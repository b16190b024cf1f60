"""How the real Envoy limits calls by the policy, and that it does not without one."""

from collections import Counter
from collections.abc import Generator

import pytest

from tests.envoy_config.live_envoy.policy.side_servers import SideServers, side_servers

L, C, G = "learning.v1.Lessons", "learning.v1.Courses", "learning.v1.Grading"
POLICIES = {
    "lessons": {
        "methods": {
            f"{L}/Limited": {"rate_limit": {"calls_per_second": 1, "burst": 5}},
            f"{L}/Tenants": {"rate_limit": {"header": "x-tenant", "header_calls_per_second": 1, "burst": 3}},
            f"{L}/Named": {
                "rate_limit": {
                    "client_calls_per_second": 1_000_000,
                    "header": "remote_address",
                    "header_calls_per_second": 1,
                }
            },
            f"{L}/Small": {"max_message_bytes": 65_536},
        }
    },
    "courses": {
        "rate_limit": {"calls_per_second": 1, "burst": 20},
        "methods": {f"{C}/Get": {"timeout": "1h"}, f"{C}/Own": {"rate_limit": {"burst": 7}}},
    },
    "grading": {
        "admission_control": {"min_calls_per_second": 1, "max_refused_percent": 90},
        "adaptive_concurrency": {"min_open_calls": 3, "max_open_calls": 1000},
    },
}
SHEDS = "Envoy proxy grpc sheds calls of "
TOO_MANY = "more of them come in a second than its policy allows (rate_limit)"
FLOOD = 40


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[SideServers]:
    with side_servers(tmp_path_factory.mktemp("envoy"), POLICIES) as running:
        yield running


def test_calls_above_the_rate_end_with_resource_exhausted_and_when_to_try_again(servers: SideServers) -> None:
    seen = servers.flood(f"{L}/Limited", FLOOD)
    refused = [each for each in seen if each.status != "OK"]
    # It takes 35 s until the bucket would have had a token for each of them.
    assert 5 <= len(seen) - len(refused) < FLOOD
    assert {(each.status, each.message) for each in refused} == {
        ("RESOURCE_EXHAUSTED", f"{SHEDS}127.0.0.1 to the service lessons: {TOO_MANY}")
    }
    assert {each.metadata["grpc-retry-pushback-ms"] for each in refused} == {"1000"}


def test_a_method_without_a_limit_of_its_service_gets_every_call(servers: SideServers) -> None:
    assert {each.status for each in servers.flood(f"{L}/Free", FLOOD)} == {"OK"}


def test_each_value_of_a_header_has_a_bucket_of_its_own(servers: SideServers) -> None:
    flood = servers.flood(f"{L}/Tenants", FLOOD, [("x-tenant", "noisy")])
    assert "RESOURCE_EXHAUSTED" in {each.status for each in flood}
    other = servers.flood(f"{L}/Tenants", 3, [("x-tenant", "quiet")])
    without = servers.flood(f"{L}/Tenants", FLOOD)
    assert {each.status for each in (*other, *without)} == {"OK"}


def test_a_header_may_have_the_name_that_envoy_gives_to_addresses(servers: SideServers) -> None:
    assert {each.status for each in servers.flood(f"{L}/Named", FLOOD)} == {"OK"}
    flood = servers.flood(f"{L}/Named", FLOOD, [("remote_address", "one")])
    assert {each.status for each in flood} == {"OK", "RESOURCE_EXHAUSTED"}


def test_the_routes_of_a_service_share_its_bucket_and_a_method_with_its_own_limit_has_another(
    servers: SideServers,
) -> None:
    both = [*servers.flood(f"{C}/Get", FLOOD), *servers.flood(f"{C}/List", FLOOD)]
    # With a bucket for each route, there would be twenty each at once.
    assert 20 <= Counter(each.status for each in both)["OK"] < 40
    assert Counter(each.status for each in servers.flood(f"{C}/Own", FLOOD))["OK"] >= 7


@pytest.mark.parametrize(
    ("method", "size", "status"),
    [
        pytest.param("Small", 65_536, "OK", id="as large as allowed"),
        pytest.param("Small", 65_537, "RESOURCE_EXHAUSTED", id="one byte more"),
        pytest.param("Small", 300_000, "RESOURCE_EXHAUSTED", id="far more"),
        pytest.param("Free", 300_000, "OK", id="without a limit"),
    ],
)
def test_a_message_larger_than_allowed_never_gets_to_a_task(
    method: str, size: int, status: str, servers: SideServers
) -> None:
    before = len(servers.got)
    seen = servers.call(f"{L}/{method}", request=b"x" * size)
    assert seen.status == status
    assert len(servers.got) == before + (status == "OK")
    if status != "OK":
        assert seen.message == (
            "Envoy proxy grpc refuses this call to the service lessons: its message is larger than its "
            "policy allows (max_message_bytes)"
        )


def test_open_calls_are_bounded_while_envoy_measures_idle_tasks(servers: SideServers) -> None:
    servers.go.clear()
    free = [servers.start(f"{L}/Free") for _ in range(10)]
    bounded = [servers.start(f"{G}/Get") for _ in range(10)]
    refused = [servers.end(each) for each in bounded[3:]]
    servers.go.set()
    assert {(each.status, each.message) for each in refused} == {
        (
            "UNAVAILABLE",
            (
                f"{SHEDS}the service grading: as many are open as its tasks answer without a queue "
                "(adaptive_concurrency)"
            ),
        )
    }
    assert {servers.end(each).status for each in (*bounded[:3], *free)} == {"OK"}


def test_calls_are_refused_once_too_few_of_them_succeed_and_only_of_that_service(
    servers: SideServers,
) -> None:
    servers.fails.update({"grading", "lessons"})
    try:
        texts: set[str] = set()
        while not any("admission_control" in text for text in texts):
            texts.add(servers.call(f"{G}/Get").message)
        assert texts == {
            "the task fails",
            f"{SHEDS}the service grading: too few of them succeed (admission_control)",
        }
        assert {servers.call(f"{L}/Free").message for _ in range(50)} == {"the task fails"}
    finally:
        servers.fails.clear()
