"""The command `ecs-envoy` as a process of its own."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest
import yaml

from ecs_envoy.configuration.schema import json_schema
from tests.conftest import BIN, ROOT, proxy_container, read_templates

pytestmark = pytest.mark.process

NO_ROOM = "ecs-envoy: standard output: No space left on device; send it to a place with free space\n"
EXAMPLE = str(ROOT / "config/example.yaml")


def run(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "ecs-envoy"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path or os.environ["PATH"]},
    )


def test_render_prints_the_bootstrap_that_is_deployed_to_the_byte(assembly: Path) -> None:
    templates = read_templates(assembly)
    done = run("render", "--format", "json", str(ROOT / f"config/{assembly.name}.yaml"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip("\n") == proxy_container(templates)["Command"][1]


def test_render_prints_the_same_as_yaml_by_default() -> None:
    as_yaml, as_json = run("render", EXAMPLE), run("render", "--format", "json", EXAMPLE)
    assert yaml.safe_load(as_yaml.stdout) == json.loads(as_json.stdout)


@pytest.mark.parametrize("name", ["example", "existing", "large", "telemetry"])
def test_validate_asks_the_real_envoy(name: str) -> None:
    config = str(ROOT / f"config/{name}.yaml")
    done = run("validate", config)
    assert (done.returncode, done.stdout.partition("\n")[0]) == (
        0,
        f"{config}: good; its bootstrap is accepted by Envoy 1.40.0",
    )


def test_validate_shows_how_full_the_stacks_are() -> None:
    lines = run("validate", str(ROOT / "config/example.yaml")).stdout.splitlines()
    assert lines[1:3] == [
        "stack dev-services: 3 services, 29 of 500 resources (6 %)",
        "stack dev-proxy: 3 services, 29 of 500 resources (6 %)",
    ]


def test_validate_shows_when_old_tasks_leave_in_a_deployment() -> None:
    lines = run("validate", str(ROOT / "config/existing.yaml")).stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines if line.startswith("  ")] == ["0s", "65s", "95s", "115s"]
    assert "1 at a time (2 of them, 100 to 150 %)" in next(line for line in lines if "stack " not in line)
    assert lines[-3:-1] == [
        "progress: an old task serves on for 4s; then its server gets SIGTERM, and after 30s SIGKILL",
        "Each task of the proxy makes 20 health checks a second with all services at their most tasks",
    ]


@pytest.mark.parametrize(
    ("events", "line"),
    [
        pytest.param(
            "true",
            "Discovery asks Cloud Map 0.8 and SQS 0.3 million times a month while nothing changes: 0.88 USD "
            "with ECS's events as its pace; 21.09 with events: false (prices of 2026-11-26: ecs-envoy cost)",
            id="with events",
        ),
        pytest.param(
            "false",
            "Discovery asks Cloud Map 21.1 and SQS 0.0 million times a month while nothing changes: 21.09 "
            "USD with ECS's events off; 0.88 with events: true (prices of 2026-11-26: ecs-envoy cost)",
            id="without",
        ),
    ],
)
def test_validate_says_what_discovery_costs(tmp_path: Path, events: str, line: str) -> None:
    file, text = tmp_path / "dev.yaml", (ROOT / "config/example.yaml").read_text()
    file.write_text(text.replace("  name: grpc ", f"  discovery: {{events: {events}}}\n  name: grpc ", 1))
    assert run("validate", str(file)).stdout.splitlines()[-1] == line


@pytest.mark.parametrize("command", ["validate", "render", "rehearse"])
def test_fails_with_status_2_and_every_mistake_on_bad_input(command: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("environment: dev\nregion: nowhere\n")
    done = run(command, str(bad))
    assert done.returncode == 2
    assert f"{bad}:2: region: 'nowhere' is not an AWS region" in done.stderr
    assert f"{bad}:1: account: missing" in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_fails_with_status_2_on_a_bootstrap_that_fits_no_task_definition(tmp_path: Path) -> None:
    noise = random.Random(17)
    hosts = ", ".join(f"h{noise.randbytes(30).hex()}.example.com" for _ in range(1500))
    large = tmp_path / "large.yaml"
    head = Path(EXAMPLE).read_text().partition("services:")[0]
    services = f"""services:
  lessons: {{image: 'example.com/s:1', hosts: [{hosts}]}}
  progress: {{image: 'example.com/s:1', grpc_services: [learning.v1.Progress]}}
"""
    large.write_text(f"{head}{services}")
    done = run("validate", str(large))
    assert done.returncode == 2
    assert f"{large}: the proxy's bootstrap takes " in done.stderr
    assert "route fewer services" in done.stderr


def test_schema_is_printed_or_written(tmp_path: Path) -> None:
    assert run("schema").stdout == json_schema()
    out = tmp_path / "schema.json"
    assert run("schema", "--output", str(out)).returncode == 0
    assert out.read_text() == json_schema()


def test_fails_in_one_line_as_a_process_too() -> None:
    done = shell("ecs-envoy schema > /dev/full")
    assert (done.returncode, done.stderr) == (1, NO_ROOM)


def test_a_reader_that_has_read_enough_ends_it_quietly() -> None:
    done = shell("set -o pipefail; ecs-envoy schema | head -1")
    assert (done.stdout, done.stderr) == ("{\n", "")
    done = shell("ecs-envoy schema | true")
    assert (done.stdout, done.stderr) == ("", "")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["/bin/bash", "-c", command], capture_output=True, text=True, check=False, env=environment
    )


@pytest.mark.parametrize("command", ["render", "validate", "schema", "rehearse"])
def test_help_has_examples(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"  ecs-envoy {command}" in done.stdout


def test_neither_the_configuration_nor_the_command_loads_the_cdk() -> None:
    program = "import sys, ecs_envoy.cli.main; sys.exit('aws_cdk' in sys.modules)"
    assert subprocess.run([BIN / "python", "-c", program], check=False).returncode == 0


def test_validate_warns_of_a_proxy_that_nobody_may_call_and_ends_with_0(tmp_path: Path) -> None:
    values = yaml.safe_load((ROOT / "config/example.yaml").read_text())
    del values["api"]
    values["proxy"].pop("clients", None)
    config = tmp_path / "closed.yaml"
    config.write_text(yaml.safe_dump(values))
    done = run("validate", str(config))
    assert done.returncode == 0
    assert done.stderr.startswith(f"{config}: warning: proxy.clients: nobody may call the proxy")
