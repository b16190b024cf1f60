"""A running load, and the calls that it has made so far."""

import json
import sys
from collections.abc import Sequence

from rehearsal.load.calls import Call, Target, plan_argument
from rehearsal.processes import Process, Processes


class Load:
    """Calls `targets` from a process of its own until it is stopped.

    Args:
        processes: Ends it, whatever happens.
        name: Names its log.
        targets: What to call.

    """

    def __init__(self, processes: Processes, name: str, targets: Sequence[Target]) -> None:
        command = [sys.executable, "-m", "rehearsal.load.clients", plan_argument(targets)]
        self._process: Process = processes.start(name, command)
        self._read = 0
        self._calls: list[Call] = []

    def calls(self) -> list[Call]:
        """Return every call so far that has come back.

        Raises:
            StartFailedError: The process has ended by itself.

        """
        self._process.check()
        self._read_on()
        return list(self._calls)

    def stop(self) -> list[Call]:
        """Begin no further call, wait for those under way, and return all."""
        self._process.terminate()
        self._process.wait(15)
        self._read_on()
        return list(self._calls)

    def _read_on(self) -> None:
        with self._process.out.open("rb") as lines:
            lines.seek(self._read)
            text = lines.read()
        whole = text[: text.rfind(b"\n") + 1]  # the last line may be half written
        self._read += len(whole)
        self._calls += (Call(*json.loads(line)) for line in whole.splitlines())
