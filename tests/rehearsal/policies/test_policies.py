"""A rehearsal of policies: the real Envoy with the deployed bootstrap, with the policies and without."""

import io
import threading

import pytest
from rich.console import Console

from ecs_envoy.configuration import load_configuration
from rehearsal.policies.probe import Probe, Seen
from rehearsal.policies.run import Row, rehearse_policies, show_policies
from rehearsal.system import Addresses
from tests.conftest import ROOT

FILE = """\
environment: dev
region: eu-west-1
account: "111122223333"
network: {vpc_id: vpc-0123456789abcdef0}
namespace: {name: learning.local}
policy:
  connect_timeout: 500ms
services:
  lessons:
    image: example.com/lessons:1
    grpc_services: [learning.v1.Lessons]
    policy:
      outlier_detection: {failures: 4}
      methods:
        learning.v1.Lessons/Slow: {timeout: 300ms}
        learning.v1.Lessons/Search:
          idempotent: true
          retries: {on: [aborted], attempts: 3, per_try_timeout: 200ms}
        learning.v1.Lessons/Hour: {timeout: 1h}
  grading:
    image: example.com/grading:1
    grpc_services: [learning.v1.Grading]
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("policies")
    (folder / "config.yaml").write_text(FILE)
    configuration = load_configuration(folder / "config.yaml")
    return rehearse_policies(configuration, folder, Addresses().next, lambda _text: None, threading.Event())


def test_each_policy_of_the_file_is_probed_once(rows: list[Row]) -> None:
    assert sorted((row.service, row.method.rpartition("/")[2], row.probe.setting) for row in rows) == [
        ("lessons", "(all others)", "connect_timeout"),
        ("lessons", "(all others)", "outlier_detection"),
        ("lessons", "Hour", "timeout"),
        ("lessons", "Search", "retries.attempts"),
        ("lessons", "Search", "retries.on aborted"),
        ("lessons", "Search", "retries.per_try_timeout"),
        ("lessons", "Slow", "timeout"),
    ]


@pytest.mark.parametrize(
    ("method", "setting"),
    [
        pytest.param("(all others)", "outlier_detection", id="a failing task"),
        pytest.param("learning.v1.Lessons/Slow", "timeout", id="a silent task"),
        pytest.param("learning.v1.Lessons/Search", "retries.on aborted", id="a call that fails once"),
        pytest.param("learning.v1.Lessons/Search", "retries.attempts", id="a call that always fails"),
        pytest.param("learning.v1.Lessons/Search", "retries.per_try_timeout", id="a silent attempt"),
    ],
)
def test_what_is_expected_is_seen_with_the_policy_and_not_without_it(
    method: str, setting: str, rows: list[Row]
) -> None:
    (row,) = (row for row in rows if (row.method, row.probe.setting) == (method, setting))
    assert row.seen
    assert row.without
    assert row.seen.good, row.seen.text
    assert row.without.text != row.seen.text
    assert not row.without.good, row.without.text


def test_a_policy_that_cannot_be_driven_says_why(rows: list[Row]) -> None:
    undriven = {row.probe.setting: row.probe.expected for row in rows if row.seen is None}
    assert undriven == {
        "connect_timeout": "on one machine every connection opens at once",
        "timeout": "1h is more than a rehearsal waits for",
    }


def _shown(*rows: Row) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=150)
    good = show_policies(console, rows, 3.0)
    assert isinstance(console.file, io.StringIO)
    return good, console.file.getvalue()


def _row(*, good: bool) -> Row:
    seen = Seen(text="OK, 1 begun", good=good)
    probe = Probe(setting="retries.attempts", expected="3 attempts")
    return Row(service="lessons", method="(all others)", probe=probe, seen=seen, without=seen)


def test_fails_if_something_else_is_seen_than_the_file_says() -> None:
    good, text = _shown(_row(good=True), _row(good=False))
    assert not good
    assert "differs" in text
    assert "2 of 2 policies were rehearsed in 3 s; 1 of them differ from the file" in text


def test_a_rehearsal_passes_if_all_is_as_expected_or_nothing_is_given() -> None:
    assert _shown(_row(good=True))[0]
    assert _shown() == (True, "The file gives no policy, so none was rehearsed.\n")


def test_the_sample_of_policies_has_every_kind() -> None:
    policies = load_configuration(ROOT / "config/policy.yaml").services.values()
    given = {
        key
        for service in policies
        for part in (service.policy, *service.policy.methods.values())
        for key in part.model_fields_set
    }
    assert {
        *("timeout", "idle_timeout", "retries", "hedging", "fault", "rate_limit", "canary", "mirror"),
        *("headers", "max_message_bytes", "admission_control", "circuit_breakers", "load_balancing"),
    } <= given
