"""Tasks for the tests here: well, sick, and in a process of their own."""

import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import grpc

from tests.conftest import ROOT
from tests.envoy_config.live_envoy.rig import task

GET = "/learning.v1.Lessons/Get"


def good(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b""


@contextmanager
def process(address: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a good task in a process of its own."""
    program = [sys.executable, "-m", "tests.envoy_config.live_envoy.sick_tasks.tasks", address]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        try:
            assert running.stdout
            assert running.stdout.readline() == b"begun\n"
            yield running
        finally:
            running.kill()


if __name__ == "__main__":
    with task(sys.argv[1], good):
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        threading.Event().wait()
