"""`ecs-envoy render --policy`: the policy of each method, with where each value comes from."""

import json
from pathlib import Path

import pytest

from tests.ecs_envoy.cli.test_cli import EXAMPLE, ended
from tests.ecs_envoy.configuration.test_proxies_configuration import TWO

FILE = """\
environment: dev
region: eu-west-1
account: "111122223333"
network: {vpc_id: vpc-0123456789abcdef0}
namespace: {name: learning.local, id: ns-0123456789abcdef}
policy:
  timeout: 5s
  retries: {attempts: 3, on: [unavailable]}
  health_check: grpc
services:
  lessons:
    image: example.com/lessons:1
    grpc_services: [learning.v1.Lessons]
    streaming_methods: [learning.v1.Lessons/Watch]
    policy:
      rate_limit: {calls_per_second: 100}
      headers: {request: {set: {x-source: "1"}}}
      methods:
        learning.v1.Lessons/Search:
          idempotent: true
          rate_limit: null
          retries: {attempts: 4, on: [unavailable, aborted]}
          canary:
            - {to: grading, percent: 5, header: x-canary}
            - {to: grading, percent: 1}
        learning.v1.Lessons/Get: {idempotent: true}
      max_message_bytes: 100000
existing_services:
  grading:
    cloud_map_service: grading
    grpc_services: [learning.v1.Grading]
    policy: {timeout: 2s, hedging: null}
"""
SEARCH = "services.lessons.policy.methods.learning.v1.Lessons/Search"


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "config.yaml"
    file.write_text(FILE)
    return str(file)


@pytest.fixture
def rows(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[tuple[str, str, str], tuple[str, str]]:
    assert ended(monkeypatch, "render", "--policy", "--format", "json", config) == 0
    return {
        (row["service"], row["method"], row["setting"]): (row["value"], row["from"])
        for row in json.loads(capsys.readouterr().out)
    }


@pytest.mark.parametrize(
    ("service", "method", "setting", "value", "source"),
    [
        pytest.param("lessons", "", "timeout", "5s", "policy.timeout (line 7)", id="of the file"),
        pytest.param(
            "grading",
            "",
            "timeout",
            "2s",
            "existing_services.grading.policy.timeout (line 32)",
            id="of a service over the file",
        ),
        pytest.param(
            "lessons",
            "Search",
            "retries.attempts",
            "4",
            f"{SEARCH}.retries.attempts (line 22)",
            id="method",
        ),
        pytest.param(
            "lessons", "Search", "timeout", "5s", "policy.timeout (line 7)", id="of the file, for a method"
        ),
        pytest.param("lessons", "Search", "retries.back_off.max", "1s", "default", id="default"),
        pytest.param(
            "lessons",
            "",
            "health_check.type",
            "grpc",
            "policy.health_check (line 9)",
            id="short form",
        ),
        pytest.param(
            "lessons",
            "Search",
            "retries.on",
            "[unavailable, aborted]",
            f"{SEARCH}.retries.on (line 22)",
            id="list",
        ),
        pytest.param(
            "lessons",
            "Search",
            "canary",
            "[{to: grading, percent: 5, header: {name: x-canary}}, {to: grading, percent: 1}]",
            f"{SEARCH}.canary (line 23)",
            id="block in a list",
        ),
        pytest.param(
            "lessons", "Search", "rate_limit", "null", f"{SEARCH}.rate_limit (line 21)", id="block turned off"
        ),
        pytest.param(
            "lessons",
            "",
            "headers.request.set.x-source",
            "'1'",
            "services.lessons.policy.headers.request.set.x-source (line 17)",
            id="entry of a mapping",
        ),
        pytest.param(
            "grading",
            "",
            "hedging",
            "null",
            "existing_services.grading.policy.hedging (line 32)",
            id="off, because the file says so",
        ),
        pytest.param(
            "lessons",
            "Watch",
            "timeout",
            "null",
            "a streaming method has only its own, not policy.timeout (line 7)",
            id="not for a stream",
        ),
        pytest.param(
            "lessons",
            "Watch",
            "max_message_bytes",
            "null",
            "a streaming method has only its own, not services.lessons.policy.max_message_bytes (line 27)",
            id="not for a stream, of a service",
        ),
        pytest.param(
            "lessons",
            "",
            "retries.on",
            "[unavailable]",
            "policy.retries.on (line 8); not used, because idempotent is false",
            id="not for a method that may not run twice",
        ),
    ],
)
def test_each_value_is_shown_with_the_line_that_gives_it(
    service: str,
    method: str,
    setting: str,
    value: str,
    source: str,
    rows: dict[tuple[str, str, str], tuple[str, str]],
) -> None:
    full = f"learning.v1.Lessons/{method}" if method else "(all others)"
    assert rows[service, full, setting] == (value, source)


def test_what_is_off_and_not_given_is_left_out(rows: dict[tuple[str, str, str], tuple[str, str]]) -> None:
    assert ("lessons", "(all others)", "idempotent") not in rows
    assert ("lessons", "(all others)", "hedging") not in rows
    assert ("grading", "(all others)", "rate_limit") not in rows


def test_the_table_has_a_heading_for_each_method_and_lines_that_fit_a_terminal(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "render", "--policy", config) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "grading  (all others)",
        "lessons  (all others)",
        "lessons  learning.v1.Lessons/Get",
        "lessons  learning.v1.Lessons/Search",
        "lessons  learning.v1.Lessons/Watch",
    ]
    assert max(map(len, lines)) <= 110


def test_a_file_without_a_policy_shows_the_defaults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "render", "--policy", "--format", "json", EXAMPLE) == 0
    listed = json.loads(capsys.readouterr().out)
    assert ("retries.attempts", "6", "default") in {(r["setting"], r["value"], r["from"]) for r in listed}


def test_of_several_proxies_the_services_of_one_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(TWO)
    assert ended(monkeypatch, "render", "--policy", "--proxy", "batch", str(file)) == 0
    printed = capsys.readouterr().out
    assert "reports  (all others)" in printed
    assert "lessons" not in printed
