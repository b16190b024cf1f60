"""Child processes that end together with the rehearsal, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent

PATIENCE_SECONDS = 300.0
"""
How long to wait for what should happen soon. A slow or busy machine is no reason to give up: a process that
ends is noticed at once, a person sees what is waited for, and Ctrl-C ends a wait too.
"""

_END_WITH_PARENT = Path(__file__).parent / "end_with_parent.py"


def clean_environment() -> dict[str, str]:
    """Return this process's environment variables with these changes.

    The user's AWS settings are removed, so that nothing reaches a real account. HTTP proxies are removed,
    because gRPC would use them even for loopback. PYTHONPATH lets children import our modules.
    """
    removed = ("AWS_", "CDK_", "JSII_")
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(removed) and not name.lower().endswith("_proxy")
    }
    no_profiles = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**inherited, **no_profiles, "PYTHONPATH": str(ROOT)}


class StartFailedError(Exception):
    """A process ended early or did not answer in time."""


class Process:
    """A running command and its logs; `environment` is added to `clean_environment`.

    Attributes:
        name: The rehearsal's name for it.
        pid: Its process id. It leads its own process group, so that Ctrl-C reaches only the
            rehearsal, which then ends its children in order.
        out: The file with its standard output.
        err: The file with its standard error.

    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        logs: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.out, self.err = logs / f"{name}.out", logs / f"{name}.err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self._popen = subprocess.Popen(
                # -I makes this script ignore PYTHONPATH and the like of the environment below.
                [sys.executable, "-I", str(_END_WITH_PARENT), str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**clean_environment(), **(environment or {})},
                cwd=folder,
                start_new_session=True,
            )
        self.pid = self._popen.pid

    def status(self) -> int | None:
        """Return the exit status; None if it still runs."""
        return self._popen.poll()

    def terminate(self) -> None:
        """Send SIGTERM to it and to its children."""
        self.signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to it and to its children."""
        self.signal(signal.SIGKILL)

    def signal(self, which: signal.Signals) -> None:
        """Send a signal to it and to its children, if it still runs."""
        if self._popen.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, which)

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` until it has ended; return whether it has."""
        try:
            self._popen.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def check(self) -> None:
        """Check that it still runs.

        Raises:
            StartFailedError: It has ended; the message names its log.

        """
        status = self.status()
        if status is not None:
            raise self.failure(f"ended with status {status}")

    def wait_for_port(self, address: str, port: int) -> None:
        """Wait until it accepts connections at `address` and `port`.

        Raises:
            StartFailedError: It has ended, or `PATIENCE_SECONDS` are over; the message names its log.

        """
        end = time.monotonic() + PATIENCE_SECONDS
        while not listens(address, port):
            self.check()
            if time.monotonic() > end:
                raise self.failure(f"does not listen on {address}:{port}")
            time.sleep(0.05)

    def failure(self, what: str) -> StartFailedError:
        """Return an error that says `what` happened to it, and where its log is."""
        last = self.err.read_text(errors="replace").strip().splitlines()[-1:]
        return StartFailedError(f"{self.name} {what}; see {self.err}" + (f": {last[0]}" if last else ""))


def listens(address: str, port: int) -> bool:
    """Return whether something accepts connections at `address` and `port`."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def end(processes: Sequence[Process], *, seconds: float = 5) -> None:
    """End `processes`: send SIGTERM to all, then SIGKILL to those that still run after `seconds`."""
    for process in processes:
        process.terminate()
    last = time.monotonic() + seconds
    for process in processes:
        if not process.wait(max(0.0, last - time.monotonic())):
            process.kill()
            process.wait(PATIENCE_SECONDS)


class Processes:
    """A group of processes; leaving the context ends them all.

    Args:
        logs: The folder for their output.

    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[Process] = []

    def __enter__(self) -> "Processes":
        return self

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Process:
        """Start `command`; its output goes to `<name>.out` and `<name>.err` in the folder for logs."""
        process = Process(name, command, self._logs, environment=environment, folder=folder)
        self._running.append(process)
        return process

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end(self._running)
