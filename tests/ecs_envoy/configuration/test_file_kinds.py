"""Which files are read as a configuration: regular ones of a sensible size, and what a shell pipes."""

import os
import socket
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ecs_envoy.configuration import ConfigurationError, load_configuration
from tests.conftest import ROOT


def refusal(path: Path) -> str:
    """Return the one line that refuses the file at `path`, without the path."""
    with pytest.raises(ConfigurationError) as error:
        load_configuration(path)
    return str(error.value).removeprefix(str(path))


TOO_LARGE = ": is larger than 256 KiB; give the YAML file of one environment"


def nothing(_path: Path) -> None:
    pass


def a_socket(path: Path) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.close()


def a_gigabyte(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def a_link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            Path.mkdir, ": is a folder; give the path of a YAML file in it", id="folder"
        ),
        pytest.param(os.mkfifo, ": is a named pipe; give the path of a YAML file", id="named pipe"),
        pytest.param(a_socket, ": is a socket; give the path of a YAML file", id="socket"),
        pytest.param(a_link_to("/dev/zero"), ": is a device; give the path of a YAML file", id="device"),
        pytest.param(
            a_gigabyte, TOO_LARGE, id="1 GB"
        ),
        pytest.param(
            nothing,
            ": no such file; give the path of a YAML file, such as config/example.yaml",
            id="missing",
        ),
        pytest.param(
            a_link_to("bad.yaml"),
            ": cannot be read: Too many levels of symbolic links; give a YAML file that this user may read",
            id="link to itself",
        ),
    ],
)  # fmt: skip
def test_fails_on_what_is_not_a_file_of_text(
    make: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    make(path)
    assert refusal(path) == message


@pytest.fixture
def piped() -> Generator[Callable[..., Path]]:
    """Gives what `<(command)` is to a program that a shell starts with it."""
    with ExitStack() as stack:

        def start(*command: str | Path) -> Path:
            running = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
            assert running.stdout
            stack.callback(running.terminate)
            return Path(f"/dev/fd/{running.stdout.fileno()}")

        yield start


def test_what_a_shell_pipes_is_read(piped: Callable[..., Path]) -> None:
    path = ROOT / "config/example.yaml"
    assert load_configuration(piped("cat", path)) == load_configuration(path)


def test_fails_on_a_pipe_without_an_end(piped: Callable[..., Path]) -> None:
    assert refusal(piped("cat", "/dev/zero")) == TOO_LARGE
