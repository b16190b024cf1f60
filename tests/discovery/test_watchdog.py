"""A sidecar that hangs ends, because ECS restarts only what exits."""

import subprocess
import sys

import pytest

from discovery.watchdog import Watchdog
from tests.discovery.polling import Clock
from tests.waiting import FOREVER


def test_a_thread_hangs_if_it_is_silent_for_longer_than_the_limit() -> None:
    clock = Clock()
    watchdog = Watchdog(120, clock)
    for name in ("lessons", "grading"):
        watchdog.heard(name)
    clock.now += 100
    watchdog.heard("grading")
    clock.now += 100
    assert watchdog.silent() == ["lessons"]
    assert not watchdog.keep_running()


HANGING = """
import ctypes
from discovery.watchdog import Watchdog

assert Watchdog(0.5).keep_running()
ctypes.PyDLL(None).sleep(600)  # holds the interpreter's lock, so no thread runs
"""


@pytest.mark.process
def test_a_hung_interpreter_ends_and_says_where_it_was() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=FOREVER, check=False
    )
    assert done.returncode == 1
    assert "most recent call first" in done.stderr
