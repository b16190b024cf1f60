"""The load: h2load, which sends the headers and body of a gRPC call, at full load or at a steady rate."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 4
STREAMS = 8
"""The number of open calls on each connection at full load."""


class LoadFailedError(Exception):
    """Calls failed, so that there is nothing to compare; the message holds h2load's output."""


@dataclass(frozen=True)
class LoadResult:
    """The result of a load.

    Attributes:
        calls: The number of calls; all of them succeeded.
        seconds: How long the load took.
        milliseconds: The duration of each call, sorted; empty at full load.

    """

    calls: int
    seconds: float
    milliseconds: list[float]

    def percentile(self, percent: float) -> float:
        """Return the duration in milliseconds that `percent` of the calls did not exceed."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(len(self.milliseconds) * percent / 100))]


class Caller:
    """Calls one method at several targets at the same time; each gets an equal part of the calls.

    Args:
        folder: The folder for logs and for the body of a call.
        targets: The `address:port` of each target: one for a proxy, several for client-side balancing.
        path: The method's path.

    """

    def __init__(self, folder: Path, targets: Sequence[str], path: str) -> None:
        self._folder = folder
        self._targets = targets
        self._path = path
        self._body = folder / "body"
        # A gRPC frame: no compression, five bytes long.
        self._body.write_bytes(b"\x00\x00\x00\x00\x05hello")

    def full_load(self, calls: int) -> LoadResult:
        """Make `calls` calls as fast as possible, with `STREAMS` open calls on each connection."""
        return self._run(calls, ["-m", str(STREAMS)], log=False)

    def steady_rate(self, rate: int, seconds: float) -> LoadResult:
        """Make `rate` calls a second for `seconds`, even if earlier calls are still open."""
        connection_rate = rate / len(self._targets) / self._connections
        return self._run(round(rate * seconds), ["-m", "1024", "--rps", f"{connection_rate:g}"], log=True)

    @property
    def _connections(self) -> int:
        return max(1, CONNECTIONS // len(self._targets))

    def _run(self, calls: int, options: list[str], *, log: bool) -> LoadResult:
        running: list[tuple[subprocess.Popen[str], Path]] = []
        for number, target in enumerate(self._targets):
            times = self._folder / f"times-{number}"
            times.unlink(missing_ok=True)
            command = [
                *("h2load", "-n", str(calls // len(self._targets)), "-c", str(self._connections)),
                *("-d", str(self._body), "-H", "content-type: application/grpc", "-H", "te: trailers"),
                *(["--log-file", str(times)] if log else []),
                *(*options, f"http://{target}{self._path}"),
            ]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            running.append((process, times))
        calls_answered, seconds, milliseconds = 0, 0.0, list[float]()
        for process, times in running:
            output, _ = process.communicate(timeout=120)
            calls_answered += answered(output)
            seconds = max(seconds, _seconds(output))
            if log:
                rows = times.read_text().splitlines()
                milliseconds += [int(row.split("\t")[2]) / 1000 for row in rows]
        return LoadResult(calls_answered, seconds, sorted(milliseconds))


def answered(output: str) -> int:
    """Return how many calls h2load made, as its `output` says.

    Raises:
        LoadFailedError: Some of them failed.

    """
    counts = re.search(r"(\d+) total, .* (\d+) succeeded", output)
    status = re.search(r"status codes: (\d+) 2xx", output)
    if counts is None or status is None or not counts[1] == counts[2] == status[1]:
        raise LoadFailedError(f"calls failed:\n{output}")
    return int(counts[2])


def _seconds(output: str) -> float:
    duration = re.search(r"finished in ([\d.]+)(us|ms|s)\b", output)
    if duration is None:
        raise LoadFailedError(f"h2load reports no duration:\n{output}")
    return float(duration[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[duration[2]]
