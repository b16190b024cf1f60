"""A process of clients, and the calls that it has made so far."""

import json
import sys
from collections.abc import Sequence

from rehearsal.load.calls import Call, Target, plan_argument
from rehearsal.processes import Process, Processes


class Load:
    """Calls `targets` from a child process until `stop`.

    Args:
        processes: The group that the process belongs to, which ends it in any case.
        name: The name of its log.
        targets: What to call.
        program: The module that calls.

    """

    def __init__(
        self,
        processes: Processes,
        name: str,
        targets: Sequence[Target],
        program: str = "rehearsal.load.clients",
    ) -> None:
        command = [sys.executable, "-m", program, plan_argument(targets)]
        self._process: Process = processes.start(name, command)
        self._offset = 0
        self._calls: list[Call] = []

    def calls(self) -> list[Call]:
        """Return every call that has ended so far.

        Raises:
            StartFailedError: The process has ended by itself.

        """
        self._process.check()
        self._read_new_calls()
        return list(self._calls)

    def stop(self) -> list[Call]:
        """Make no new call, wait for the open ones, and return all."""
        self._process.terminate()
        self._process.wait(15)
        self._read_new_calls()
        return list(self._calls)

    def _read_new_calls(self) -> None:
        with self._process.out.open("rb") as lines:
            lines.seek(self._offset)
            text = lines.read()
        complete = text[: text.rfind(b"\n") + 1]  # the process may still be writing the last line
        self._offset += len(complete)
        self._calls += (Call(*json.loads(line)) for line in complete.splitlines())
