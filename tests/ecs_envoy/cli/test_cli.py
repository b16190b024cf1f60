import json
import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from ecs_envoy.cli.envoy_binary import EnvoyRefusedError, validate_bootstrap
from ecs_envoy.cli.main import main
from ecs_envoy.cli.whole_file import write_whole
from ecs_envoy.configuration.schema import json_schema
from tests.conftest import BIN, ROOT, proxy_container, read_templates

EXAMPLE = str(ROOT / "config/example.yaml")


def run(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "ecs-envoy"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path or os.environ["PATH"]},
    )


def test_render_prints_exactly_the_bootstrap_that_is_deployed(assembly: Path) -> None:
    templates = read_templates(assembly)
    environment = next(iter(templates)).partition("-")[0]
    name = {"dev": "example", "stage": "existing", "observed": "telemetry"}.get(environment, environment)
    done = run("render", "--format", "json", str(ROOT / f"config/{name}.yaml"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip("\n") == proxy_container(templates)["Command"][1]


def test_render_prints_the_same_as_yaml_by_default() -> None:
    as_yaml, as_json = run("render", EXAMPLE), run("render", "--format", "json", EXAMPLE)
    assert yaml.safe_load(as_yaml.stdout) == json.loads(as_json.stdout)


@pytest.mark.parametrize("name", ["example", "existing", "large", "telemetry"])
def test_validate_asks_the_real_envoy(name: str) -> None:
    config = str(ROOT / f"config/{name}.yaml")
    done = run("validate", config)
    assert (done.returncode, done.stdout) == (
        0,
        f"{config}: good; its bootstrap is accepted by Envoy 1.40.0\n",
    )


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


def test_fails_with_status_2_on_a_bootstrap_that_does_not_fit_a_task_definition(tmp_path: Path) -> None:
    services = "".join(f"  s{n}: {{image: 'example.com/s:1', grpc_services: [a.S{n}]}}\n" for n in range(40))
    large = tmp_path / "large.yaml"
    head = Path(EXAMPLE).read_text().partition("services:")[0]
    large.write_text(f"{head}services:\n{services}")
    done = run("validate", str(large))
    assert done.returncode == 2
    assert f"{large}: the proxy's bootstrap is " in done.stderr
    assert "route fewer services" in done.stderr


def test_fails_with_envoys_message_on_a_bootstrap_that_envoy_refuses() -> None:
    with pytest.raises(EnvoyRefusedError, match=r"Envoy refuses the bootstrap: .*nude"):
        validate_bootstrap('{"nude": {}}')


def test_without_an_envoy_only_the_model_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    assert validate_bootstrap('{"nude": {}}') is None


def test_schema_is_printed_or_written(tmp_path: Path) -> None:
    assert run("schema").stdout == json_schema()
    out = tmp_path / "schema.json"
    assert run("schema", "--output", str(out)).returncode == 0
    assert out.read_text() == json_schema()


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """Return the exit status of the command in this process, which is faster."""
    monkeypatch.setattr("sys.argv", ["ecs-envoy", *arguments])
    with pytest.raises(SystemExit) as status:
        main()
    return status.value.code


FULL = "ecs-envoy: standard output: No space left on device; send it to a place with free space\n"


@pytest.mark.parametrize("arguments", [["render", EXAMPLE], ["validate", EXAMPLE], ["schema"], ["--help"]])
def test_fails_with_one_line_if_the_output_has_no_space(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        status = ended(monkeypatch, *arguments)
    assert (status, capsys.readouterr().err) == (1, FULL)


def test_fails_with_one_line_also_as_a_process() -> None:
    done = shell("ecs-envoy schema > /dev/full")
    assert (done.returncode, done.stderr) == (1, FULL)


def test_the_command_prints_no_error_if_its_reader_stops_reading() -> None:
    done = shell("set -o pipefail; ecs-envoy schema | head -1")
    assert (done.stdout, done.stderr) == ("{\n", "")
    done = shell("ecs-envoy schema | true")
    assert (done.stdout, done.stderr) == ("", "")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["/bin/bash", "-c", command], capture_output=True, text=True, check=False, env=environment
    )


@pytest.mark.parametrize(
    ("output", "why"),
    [
        pytest.param("/dev/full", "No space left on device", id="full"),
        pytest.param("no/folder.json", "No such file or directory", id="no folder"),
        pytest.param("file/schema.json", "Not a directory", id="a file instead of a folder"),
        pytest.param("/proc/schema.json", "No such file or directory", id="no folder for files"),
    ],
)
def test_fails_with_status_2_if_the_schema_cannot_be_written(
    output: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert ended(monkeypatch, "schema", "--output", output) == 2
    cure = "give a file in a folder that exists and has free space"
    assert capsys.readouterr().err == f"{output}: cannot be written: {why}; {cure}\n"


def test_a_file_keeps_its_content_if_it_cannot_be_written_completely(tmp_path: Path) -> None:
    target = tmp_path / "schema.json"
    target.write_text("before")
    # A limit on file sizes stands for a full disk.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_whole(target, "after" * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["schema.json"]


def test_a_written_file_keeps_its_mode_and_the_link_to_it(tmp_path: Path) -> None:
    target, link = tmp_path / "schema.json", tmp_path / "link.json"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, "after")
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("after", 0o640)
    assert link.is_symlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "Usage: ecs-envoy [OPTIONS] COMMAND [ARGS]...", id="nothing"),
        pytest.param(["--nope"], "Error: No such option '--nope'.", id="unknown option"),
        pytest.param(["valdate"], "Error: No such command 'valdate'.", id="unknown command"),
        pytest.param(["validate"], "Error: Missing argument 'CONFIG'.", id="no file"),
        pytest.param(["validate", "a", "b"], "Error: Got unexpected extra argument (b)", id="two files"),
        pytest.param(["render", "--format", "xml", "a"], "Error: Invalid value for '--format'", id="format"),
        pytest.param(
            ["rehearse", "--seconds", "x", "a"], "Error: Invalid value for '--seconds'", id="seconds"
        ),
    ],
)
def test_fails_with_status_2_on_a_wrong_command_line(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ended(monkeypatch, *arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["render", "validate", "schema", "rehearse"])
def test_help_has_examples(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"  ecs-envoy {command}" in done.stdout


def test_neither_the_configuration_nor_the_command_loads_the_cdk() -> None:
    program = "import sys, ecs_envoy.cli.main; sys.exit('aws_cdk' in sys.modules)"
    assert subprocess.run([BIN / "python", "-c", program], check=False).returncode == 0
