"""The load: Debian's h2load with a gRPC call's headers and body, as fast as it goes or at a rate."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 4
STREAMS = 8
"""Calls under way on each connection where the load goes as fast as it can."""


class LoadFailedError(Exception):
    """Calls failed, so that there is nothing to compare; the message has h2load's own."""


@dataclass(frozen=True)
class Loaded:
    """What came of a load.

    Attributes:
        calls: How many calls were answered, all of them well.
        seconds: How long it took.
        milliseconds: The time of each call, in order; empty where it was not asked for.

    """

    calls: int
    seconds: float
    milliseconds: list[float]

    def percentile(self, percent: float) -> float:
        """Return the time in milliseconds that `percent` of the calls stayed within."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(len(self.milliseconds) * percent / 100))]


class Caller:
    """Calls one method at several targets at once, each with its part of the calls.

    Args:
        folder: Where the body of a call and the logs are kept.
        targets: Each target's `address:port`; one for a proxy, several for a client that balances.
        path: The method's path.

    """

    def __init__(self, folder: Path, targets: Sequence[str], path: str) -> None:
        self._folder = folder
        self._targets = targets
        self._path = path
        self._body = folder / "body"
        # gRPC's frame: not compressed, five bytes long.
        self._body.write_bytes(b"\x00\x00\x00\x00\x05hello")

    def as_fast_as_it_goes(self, calls: int) -> Loaded:
        """Make `calls` calls, always some of them under way."""
        return self._run(calls, ["-m", str(STREAMS)], log=False)

    def at_a_rate(self, rate: int, seconds: float) -> Loaded:
        """Make `rate` calls a second, whatever becomes of those before, for `seconds`."""
        each = rate / len(self._targets) / self._connections
        return self._run(round(rate * seconds), ["-m", "1024", "--rps", f"{each:g}"], log=True)

    @property
    def _connections(self) -> int:
        return max(1, CONNECTIONS // len(self._targets))

    def _run(self, calls: int, options: list[str], *, log: bool) -> Loaded:
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
        answered, seconds, milliseconds = 0, 0.0, list[float]()
        for process, times in running:
            said, _ = process.communicate(timeout=120)
            answered += _answered(said)
            seconds = max(seconds, _seconds(said))
            if log:
                rows = times.read_text().splitlines()
                milliseconds += [int(row.split("\t")[2]) / 1000 for row in rows]
        return Loaded(answered, seconds, sorted(milliseconds))


def _answered(said: str) -> int:
    counts = re.search(r"(\d+) total, .* (\d+) succeeded", said)
    good = re.search(r"status codes: (\d+) 2xx", said)
    if counts is None or good is None or not counts[1] == counts[2] == good[1]:
        raise LoadFailedError(f"calls failed:\n{said}")
    return int(counts[2])


def _seconds(said: str) -> float:
    found = re.search(r"finished in ([\d.]+)(us|ms|s)\b", said)
    if found is None:
        raise LoadFailedError(f"h2load tells no time:\n{said}")
    return float(found[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[found[2]]
