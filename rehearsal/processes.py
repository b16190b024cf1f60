"""Processes that end when the rehearsal does, however it ends."""

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

_END_WITH_PARENT = Path(__file__).parent / "end_with_parent.py"


def own_environment() -> dict[str, str]:
    """Return this process's environment variables, fit for a rehearsal.

    The user's AWS settings are gone, so that nothing reaches a real account; so are proxies,
    which gRPC would ask even for loopback. Our own modules are found, wherever the child runs.
    """
    foreign = ("AWS_", "CDK_", "JSII_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nowhere, "PYTHONPATH": str(ROOT)}


class StartFailedError(Exception):
    """A process ended early or did not answer in time."""


class Process:
    """A running command and what it writes; `environment` comes on top of our own.

    Attributes:
        name: What the rehearsal calls it.
        pid: Its process id; it leads a process group of its own, so that Ctrl-C reaches only the
            rehearsal, which ends its children in order.
        out: What it writes to standard output.
        err: What it writes to standard error.

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
                # -I: as itself, whatever the environment below says of Python.
                [sys.executable, "-I", str(_END_WITH_PARENT), str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**own_environment(), **(environment or {})},
                cwd=folder,
                start_new_session=True,
            )
        self.pid = self._popen.pid

    def status(self) -> int | None:
        """Return the exit status; None while it runs."""
        return self._popen.poll()

    def terminate(self) -> None:
        """Ask it, and what it started, to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, and what it started, at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, which: signal.Signals) -> None:
        if self._popen.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, which)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, at most `seconds`; return whether it has."""
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

    def wait_for_port(self, address: str, port: int, *, seconds: float = 30) -> None:
        """Wait until it accepts connections.

        Raises:
            StartFailedError: It ended, or the time is over; the message names its log.

        """
        end = time.monotonic() + seconds
        while not listens(address, port):
            self.check()
            if time.monotonic() > end:
                raise self.failure(f"does not listen on {address}:{port}")
            time.sleep(0.05)

    def failure(self, what: str) -> StartFailedError:
        """Return the error that says `what` of it, and where its log is."""
        last = self.err.read_text(errors="replace").strip().splitlines()[-1:]
        return StartFailedError(f"{self.name} {what}; see {self.err}" + (f": {last[0]}" if last else ""))


def listens(address: str, port: int) -> bool:
    """Return whether something accepts connections there."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def end(processes: Sequence[Process], *, seconds: float = 5) -> None:
    """End `processes`: SIGTERM to all, then SIGKILL to those that are left after `seconds`."""
    for process in processes:
        process.terminate()
    last = time.monotonic() + seconds
    for process in processes:
        if not process.wait(max(0.0, last - time.monotonic())):
            process.kill()
            process.wait(seconds)


class Processes:
    """A group of processes; leaving the context ends them all.

    Args:
        logs: The folder for what each writes.

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
        """Start `command`; its output goes to `<name>.out` and `<name>.err` in the folder of logs."""
        process = Process(name, command, self._logs, environment=environment, folder=folder)
        self._running.append(process)
        return process

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end(self._running)
