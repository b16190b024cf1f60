import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.output_folder import fresh_folder
from tests.conftest import BIN, ROOT

CONFIG = ROOT / "config/example.yaml"
CURE = "give a folder that is new or empty, such as /tmp/rehearsal"


def refusal(out: Path, config: Path = CONFIG) -> str:
    with pytest.raises(ValueError, match="give a folder") as error:
        fresh_folder(out, config)
    return str(error.value)


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_that_is_new_or_empty_is_taken(there: bool, tmp_path: Path) -> None:
    out = tmp_path / "a/b"
    if there:
        out.mkdir(parents=True)
    assert fresh_folder(out, CONFIG) == out
    assert out.is_dir()


def test_the_last_rehearsal_is_removed_and_a_link_to_its_folder_kept(tmp_path: Path) -> None:
    link, precious = tmp_path / "link", tmp_path / "precious"
    precious.mkdir()
    (precious / "mine").touch()
    link.symlink_to(tmp_path / "out")
    out = fresh_folder(link, CONFIG)
    (out / "logs").mkdir()
    (out / "logs/a.err").touch()
    (out / "elsewhere").symlink_to(precious)
    assert fresh_folder(link, CONFIG) == out == link.resolve()
    assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == []
    assert link.is_symlink()
    assert (precious / "mine").exists()


def test_fails_where_a_file_stands_in_the_place_of_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "afile"
    file.write_text("mine")
    assert refusal(file) == f"{file}: {file} is not a folder; {CURE}"
    assert refusal(file / "x/y") == f"{file}/x/y: {file} is not a folder; {CURE}"
    assert file.read_text() == "mine"


def test_fails_where_no_folder_can_be_made() -> None:
    why = "cannot be created or written to: No such file or directory"
    assert refusal(Path("/proc/nope")) == f"/proc/nope: {why}; {CURE}"


def test_fails_on_a_link_to_itself(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    assert refusal(link).startswith(f"{link}: cannot be created or written to: ")


def test_fails_where_something_else_is_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    assert refusal(tmp_path) == f"{tmp_path}: not a folder that a rehearsal made; {CURE}"
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_fails_where_the_configuration_would_be_removed(tmp_path: Path) -> None:
    out = fresh_folder(tmp_path / "out", CONFIG)
    config = out / "mine.yaml"
    config.write_text(CONFIG.read_text())
    assert refusal(out, config).startswith(f"{out}: contains {config}, which would be deleted")
    assert config.exists()


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["--out", "/proc/nope"], "/proc/nope: cannot be created or written to", id="output folder"
        ),
        pytest.param(["--seconds", "nan"], "--seconds: nan is out of range; give a number", id="nan"),
        pytest.param(["--seconds", "0"], "--seconds: 0 is out of range; give a number", id="zero"),
    ],
)
def test_fails_with_status_2_and_one_line_before_anything_starts(arguments: list[str], message: str) -> None:
    done = subprocess.run(
        [BIN / "ecs-envoy", "rehearse", CONFIG, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.process
def test_fails_on_a_configuration_that_can_be_read_only_once() -> None:
    # The CDK app reads it again, in a process of its own.
    command = f"exec {sys.executable} -m rehearsal <(cat {CONFIG})"
    done = subprocess.run(["/bin/bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a rehearsal reads it more than once; give the path of a YAML file" in done.stderr


@pytest.mark.process
def test_fails_on_a_bad_configuration_and_makes_no_folder(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("environment: dev\n")
    command = [BIN / "ecs-envoy", "rehearse", bad, "--out", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{bad}:1: account: missing" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]
