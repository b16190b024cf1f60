"""The command `ecs-envoy` for a file with several proxies, in this process."""

import json
from pathlib import Path

import pytest

from tests.ecs_envoy.cli.test_cli import ended
from tests.ecs_envoy.configuration.test_proxies_configuration import TWO


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "two.yaml"
    file.write_text(TWO)
    return str(file)


def test_render_prints_the_bootstrap_of_the_proxy_that_was_asked_for(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "render", "--format", "json", "--proxy", "batch", config) == 0
    bootstrap = json.loads(capsys.readouterr().out)
    assert bootstrap["node"]["id"] == "batch"
    names = [cluster["name"] for cluster in bootstrap["static_resources"]["clusters"]]
    assert "reports" in names
    assert "lessons" not in names


def test_validate_lets_envoy_check_the_bootstrap_of_every_proxy(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "validate", config) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert [*lines[:2], next(line for line in lines[2:] if not line.startswith("stack "))] == [
        f"{config}: good; the bootstrap of grpc is accepted by Envoy 1.40.0",
        f"{config}: good; the bootstrap of batch is accepted by Envoy 1.40.0",
        "grpc:",
    ]
    assert [line.split(": ")[2] for line in printed.err.splitlines()] == [
        "proxies.grpc.clients",
        "proxies.batch.clients",
    ]


def test_validate_looks_at_one_proxy_alone_if_it_is_named(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "validate", "--proxy", "batch", config) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if "good" in line] == [
        f"{config}: good; the bootstrap of batch is accepted by Envoy 1.40.0"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["render"], "has several proxies; give --proxy and one of batch, grpc", id="render"),
        pytest.param(
            ["doctor", "--live"], "has several proxies; give --proxy and one of batch, grpc", id="doctor"
        ),
        pytest.param(
            ["render", "--proxy", "bach"],
            "has no proxy 'bach'; give --proxy and one of batch, grpc",
            id="render an unknown one",
        ),
        pytest.param(
            ["validate", "--proxy", "bach"],
            "has no proxy 'bach'; give --proxy and one of batch, grpc",
            id="validate an unknown one",
        ),
    ],
)
def test_fails_with_the_names_of_the_proxies(
    arguments: list[str],
    message: str,
    config: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ended(monkeypatch, *arguments, config) == 2
    assert capsys.readouterr().err == f"{config}: {message}\n"


def test_doctor_says_what_it_would_ask_without_the_name_of_a_proxy(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "doctor", config) == 0
    assert "Nothing was asked" in capsys.readouterr().out
