"""The history of every call: what clients sent and saw, what tasks began, and which faults were raised.

Each process appends to a file of its own; times are CLOCK_MONOTONIC in seconds, which all processes of a
machine share. Nothing is judged here: `checker` does that, after the run.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

OK = "OK"
LOST = "LOST"
"""The status of a call whose client never noted an end."""

ENDING = ".history"


class Journal:
    """Appends records to one file, each at once, so that a process that is killed loses none.

    Args:
        path: The file; it is created.

    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def sent(self, call: str, client: str, method: str) -> None:
        """Note that `client` sends the call with this id."""
        self._write("sent", call, client, method)

    def ended(self, call: str, status: str, task: str | None, details: str) -> None:
        """Note the end of a call, as its client sees it, and the task that answered."""
        self._write("ended", call, status, task, details)

    def began(self, call: str, task: str) -> None:
        """Note that `task` begins a call."""
        self._write("began", call, task)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, kind: str, call: str, *values: str | None) -> None:
        self._file.write(json.dumps([kind, call, round(time.monotonic(), 4), *values]) + "\n")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call.

    Attributes:
        id: Its id, which it carries as metadata.
        client: Who called, as `<load>/<client>`.
        method: Its method, without package and service.
        sent: When the client sent it.
        ended: When the client saw its end; None if it never did.
        status: Its gRPC status; `LOST` if the client saw no end.
        task: The task that answered, by its address; None if none did.
        details: gRPC's message of a call that failed.
        begun: The tasks that began it, in order: one, unless it was repeated or never arrived.
        begun_at: When the first of them began it.

    """

    id: str
    client: str
    method: str
    sent: float
    ended: float | None = None
    status: str = LOST
    task: str | None = None
    details: str = ""
    begun: tuple[str, ...] = ()
    begun_at: float | None = None

    @property
    def seconds(self) -> float:
        """How long it took; infinite if it never ended."""
        return float("inf") if self.ended is None else self.ended - self.sent


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A fault that was raised.

    Attributes:
        name: Its name, as in the page.
        load: The name of the load that met it.
        begin: When it began.
        end: When its cause was gone: tasks replaced, servers answering again.
        until: Calls that were sent until then belong to it.
        compared: Times without the fault, by beginning and end; the p99 of calls that were sent then is
            compared with that during the fault. Empty for no comparison.
        victims: The addresses of the tasks, of a service or of the proxy, that it hit.

    """

    name: str
    load: str
    begin: float
    end: float
    until: float
    compared: tuple[tuple[float, float], ...] = ()
    victims: frozenset[str] = frozenset()


_FAULTS = "faults.jsonl"


def note_raised(folder: Path, raised: Raised) -> None:
    """Add `raised` to the history in `folder`."""
    with (folder / _FAULTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps({**asdict(raised), "victims": sorted(raised.victims)}) + "\n")


def read_raised(folder: Path) -> list[Raised]:
    """Return the faults in the history in `folder`, in the order in which they began."""
    lines = (folder / _FAULTS).read_text(encoding="utf-8").splitlines()
    read: list[dict[str, Any]] = [json.loads(line) for line in lines]
    raised = [
        Raised(
            victims=frozenset(values.pop("victims")),
            compared=tuple((begin, end) for begin, end in values.pop("compared")),
            **values,
        )
        for values in read
    ]
    return sorted(raised, key=lambda one: one.begin)


def read_calls(folder: Path) -> list[Call]:
    """Return the calls in every journal of `folder`, in the order in which they were sent.

    A line that its process did not finish is left out: its process was killed while it wrote.
    """
    records = [record for path in sorted(folder.glob(f"*{ENDING}")) for record in _records(path)]
    calls = {
        call: Call(id=call, sent=at, client=client, method=method)
        for _, call, at, client, method in (r for r in records if r[0] == "sent")
    }
    begun: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for kind, call, at, *values in records:
        if kind == "began":
            begun[call].append((at, values[0]))
        elif kind == "ended" and call in calls:
            status, task, details = values
            calls[call] = replace(calls[call], ended=at, status=status, task=task, details=details)
    for call, begins in begun.items():
        if call in calls:
            begins.sort()
            calls[call] = replace(calls[call], begun=tuple(task for _, task in begins), begun_at=begins[0][0])
    return sorted(calls.values(), key=lambda call: call.sent)


def _records(path: Path) -> Iterable[list[Any]]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)
