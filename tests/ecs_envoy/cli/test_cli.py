"""The command `ecs-envoy` in this process, which is faster."""

import resource
import signal
from pathlib import Path

import pytest

from ecs_envoy.cli.main import main
from ecs_envoy.cli.whole_file import write_whole
from ecs_envoy.review.checks.envoy_binary import EnvoyRefusedError, validate_bootstrap
from tests.conftest import ROOT
from tests.ecs_envoy.cli.test_command import NO_ROOM

EXAMPLE = str(ROOT / "config/example.yaml")


def test_fails_with_envoys_own_words_on_a_bootstrap_that_it_refuses() -> None:
    with pytest.raises(EnvoyRefusedError, match=r"Envoy refuses the bootstrap: .*nude"):
        validate_bootstrap('{"nude": {}}')


def test_without_an_envoy_only_the_model_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    assert validate_bootstrap('{"nude": {}}') is None


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """Return the exit status of the command."""
    monkeypatch.setattr("sys.argv", ["ecs-envoy", *arguments])
    with pytest.raises(SystemExit) as status:
        main()
    return status.value.code


@pytest.mark.parametrize("arguments", [["render", EXAMPLE], ["validate", EXAMPLE], ["schema"], ["--help"]])
def test_fails_with_one_line_if_the_output_has_no_space(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        status = ended(monkeypatch, *arguments)
    assert (status, capsys.readouterr().err) == (1, NO_ROOM)


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
