"""Tasks whose gRPC servers share a process."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import grpc
import pytest

from rehearsal.load import hosted_task
from rehearsal.processes import Process, Processes
from tests.conftest import random_block
from tests.waiting import FOREVER, until

pytestmark = pytest.mark.process

PROTO = "learning.v1.Lessons"


@pytest.fixture
def processes(tmp_path: Path) -> Generator[Processes]:
    with Processes(tmp_path) as processes:
        yield processes


@pytest.fixture
def host(processes: Processes, tmp_path: Path) -> tuple[Process, Path]:
    path = tmp_path / "host"
    host = processes.start("host", [sys.executable, "-m", "rehearsal.load.task_host", str(path)])
    until(path.exists)
    return host, path


def task(processes: Processes, path: Path, address: str, serve_on: str = "0") -> Process:
    script = str(Path(hosted_task.__file__))
    command = [sys.executable, "-S", script, str(path), serve_on, "0", address, "50051", PROTO]
    started = processes.start(f"task-{address}", command)
    started.wait_for_port(address, 50051)
    return started


def call(address: str) -> str:
    """Call a task; return its name for itself, or nothing if it cannot be reached."""
    with grpc.insecure_channel(f"{address}:50051") as channel:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{PROTO}/Get")
        try:
            _, done = method.with_call(b"", timeout=FOREVER)
        except grpc.RpcError:
            return ""
    return str(dict(done.initial_metadata() or ())["task"])


def test_each_task_serves_until_it_is_stopped(processes: Processes, host: tuple[Process, Path]) -> None:
    block = random_block()
    first, second = (task(processes, host[1], f"{block}.{number}") for number in (1, 2))
    assert [call(f"{block}.{number}") for number in (1, 2)] == [f"{block}.1:50051", f"{block}.2:50051"]
    first.terminate()
    first.wait(FOREVER)
    assert first.status() == 0
    assert call(f"{block}.1") == ""
    assert call(f"{block}.2") == f"{block}.2:50051"
    second.kill()
    until(lambda: not call(f"{block}.2"))


def test_a_task_ends_with_its_host(processes: Processes, host: tuple[Process, Path]) -> None:
    running = task(processes, host[1], f"{random_block()}.1")
    host[0].kill()
    running.wait(FOREVER)
    assert running.status() == 1


def test_fails_with_one_line_if_the_address_is_taken(
    processes: Processes, host: tuple[Process, Path]
) -> None:
    address = f"{random_block()}.1"
    task(processes, host[1], address)
    script = str(Path(hosted_task.__file__))
    done = subprocess.run(
        [sys.executable, "-S", script, str(host[1]), "0", "0", address, "50051", PROTO],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, f"rehearsal: {address}:50051 is already in use\n")
