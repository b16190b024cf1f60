"""Processes that end when the rehearsal does, however it ends."""

import ctypes
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class StartFailedError(Exception):
    """A process ended early or did not answer in time."""


def _end_with_parent() -> None:
    # Also where the rehearsal is killed and can end nothing itself.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Processes:
    """The rehearsal's child processes; leaving the context ends them all.

    Args:
        logs: The folder for what each writes.

    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Processes":
        return self

    def start(self, name: str, command: list[str]) -> None:
        """Start `command`; its output goes to `<name>.out` and `<name>.err` in the folder of logs."""
        with (self._logs / f"{name}.out").open("wb") as out, (self._logs / f"{name}.err").open("wb") as err:
            self._running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                # Ctrl-C goes to the rehearsal, which ends its children in order.
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def wait_for_port(self, name: str, address: str, port: int, *, seconds: float = 30) -> None:
        """Wait until the process `name` accepts connections.

        Raises:
            StartFailedError: It ended, or the time is over; the message names its log.

        """
        end = time.monotonic() + seconds
        while True:
            self.check(name)
            try:
                with socket.create_connection((address, port), timeout=1):
                    return
            except OSError:
                if time.monotonic() > end:
                    raise self._failure(name, f"does not listen on {address}:{port}") from None
                time.sleep(0.05)

    def check(self, name: str) -> None:
        """Check that the process `name` still runs.

        Raises:
            StartFailedError: It has ended; the message names its log.

        """
        status = self._running[name].poll()
        if status is not None:
            raise self._failure(name, f"ended with status {status}")

    def _failure(self, name: str, what: str) -> StartFailedError:
        log = self._logs / f"{name}.err"
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        return StartFailedError(f"{name} {what}; see {log}" + (f": {last[0]}" if last else ""))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
