"""Where the real Envoy sends calls by canaries and mirrors, and which headers it changes."""

from collections import Counter
from collections.abc import Generator

import pytest

from tests.envoy_config.live_envoy.policy.side_servers import SideServers, side_servers
from tests.envoy_config.live_envoy.rig import scrape
from tests.waiting import until

L = "learning.v1.Lessons"
CANARY = {"to": "courses", "percent": 50}
POLICIES = {
    "lessons": {
        "methods": {
            f"{L}/Split": {"canary": CANARY},
            f"{L}/Several": {"canary": [CANARY, {"to": "grading", "percent": 50}]},
            f"{L}/Chosen": {"canary": {"to": "courses", "header": {"name": "x-canary", "value": "always"}}},
            f"{L}/Any": {"canary": {"to": "courses", "header": "x-canary"}},
            f"{L}/Copied": {"mirror": {"to": "grading"}},
            f"{L}/Half": {"mirror": {"to": "grading", "percent": 50}},
            f"{L}/Changed": {
                "headers": {
                    "request": {"set": {"x-set": "100%"}, "add": {"x-added": "more"}, "remove": ["x-secret"]},
                    "response": {
                        "set": {"x-kept": "no"}, "add": {"x-added": "envoy"}, "remove": ["x-inner"]
                    },
                }
            },
        }
    }
}  # fmt: skip
CALLS = 200


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Generator[SideServers]:
    with side_servers(tmp_path_factory.mktemp("envoy"), POLICIES) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "among"),
    [
        pytest.param("Split", {"lessons", "courses"}, id="one canary"),
        pytest.param("Several", {"courses", "grading"}, id="two that take all"),
        pytest.param("Plain", {"lessons"}, id="no canary"),
    ],
)
def test_calls_go_to_canaries_by_lot_in_their_shares(
    method: str, among: set[str], servers: SideServers
) -> None:
    answers = Counter(each.answer.decode() for each in servers.flood(f"{L}/{method}", CALLS))
    assert set(answers) == among
    # Six standard deviations of a share of one half.
    assert all(abs(count - CALLS / len(among)) <= 6 * 7.1 for count in answers.values())


@pytest.mark.parametrize(
    ("method", "metadata", "answer"),
    [
        pytest.param("Chosen", [("x-canary", "always")], b"courses", id="its value"),
        pytest.param("Chosen", [("x-canary", "other")], b"lessons", id="another value"),
        pytest.param("Chosen", [], b"lessons", id="no header"),
        pytest.param("Any", [("x-canary", "whatever")], b"courses", id="any value"),
        pytest.param("Plain", [("x-canary", "always")], b"lessons", id="no canary"),
    ],
)
def test_calls_with_the_header_go_to_the_canary(
    method: str, metadata: list[tuple[str, str]], answer: bytes, servers: SideServers
) -> None:
    assert {each.answer for each in servers.flood(f"{L}/{method}", 10, metadata)} == {answer}


def test_log_and_metrics_say_which_service_got_a_call_of_a_canary(servers: SideServers) -> None:
    servers.flood(f"{L}/Split", CALLS)
    until(lambda: any(line.get("upstream_service") == "courses" for line in servers.live.lines()))
    fields = {
        (line["service"], line["upstream_service"])
        for line in servers.live.lines()
        if line["grpc_method"] == f"/{L}/Split"
    }
    assert fields == {("lessons", "lessons"), ("lessons", "courses")}
    wanted = f'service="lessons",upstream_service="courses",grpc_method="/{L}/Split",grpc_status="OK"'
    until(lambda: wanted in scrape(servers.live))


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        pytest.param("Copied", CALLS, CALLS, id="every call"),
        pytest.param("Half", 57, 143, id="half of them"),
        pytest.param("Plain", 0, 0, id="no mirror"),
    ],
)
def test_copies_of_calls_go_to_the_mirror_and_the_client_reads_the_services_answer(
    method: str, low: int, high: int, servers: SideServers
) -> None:
    def got(service: str) -> int:
        return sum(call.service == service and call.method == f"{L}/{method}" for call in servers.got)

    before, copied_before = got("lessons"), got("grading")
    assert {each.answer for each in servers.flood(f"{L}/{method}", CALLS)} == {b"lessons"}
    assert got("lessons") == before + CALLS
    if low == high:
        until(lambda: got("grading") == copied_before + low)
    else:
        until(lambda: low <= got("grading") - copied_before)
        assert got("grading") - copied_before <= high


def test_headers_are_set_added_and_removed_in_both_directions(servers: SideServers) -> None:
    sent = [("x-set", "mine"), ("x-added", "mine"), ("x-secret", "key"), ("x-other", "stays")]
    changed, plain = servers.call(f"{L}/Changed", sent), servers.call(f"{L}/Plain", sent)
    got = {call.method: call.metadata for call in servers.got}
    task_got, task_got_plain = got[f"{L}/Changed"], got[f"{L}/Plain"]
    assert (task_got["x-set"], task_got["x-added"], task_got["x-other"]) == ("100%", "more", "stays")
    assert "x-secret" not in task_got
    assert (changed.metadata["x-kept"], changed.metadata["x-added"]) == ("no", "envoy")
    assert "x-inner" not in changed.metadata
    assert {name: task_got_plain[name] for name, _ in sent} == dict(sent)
    assert plain.metadata.items() >= {"x-kept": "yes", "x-inner": "secret"}.items()
    assert "x-added" not in plain.metadata
