"""CPU and memory of running processes, sampled each second."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import psutil

INTERVAL_SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """What one process had used by a moment of the wall clock.

    Attributes:
        at: The wall clock's seconds.
        cpu_seconds: CPU time since its start.
        memory_bytes: Its resident memory.

    """

    at: float
    cpu_seconds: float
    memory_bytes: int


class Sampler:
    """Samples the processes that `pids` names at the time; leaving the context ends it.

    Args:
        pids: Returns the process ids to look at, by name.

    """

    def __init__(self, pids: Callable[[], Mapping[str, int]]) -> None:
        self._pids = pids
        self._samples: defaultdict[str, list[Sample]] = defaultdict(list)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cpu-sampler", daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def samples(self) -> dict[str, list[Sample]]:
        """Return all samples so far, by name, each in the order of time."""
        return {name: list(samples) for name, samples in list(self._samples.items())}

    def _run(self) -> None:
        due = time.monotonic()
        while not self._ending.wait(max(0.0, due - time.monotonic())):
            due += INTERVAL_SECONDS
            for name, pid in self._pids().items():
                try:
                    process = psutil.Process(pid)
                    used = process.cpu_times()
                    memory = process.memory_info().rss
                except psutil.Error:
                    continue  # it ended
                self._samples[name].append(Sample(time.time(), used.user + used.system, memory))


def mean_percent(samples: Sequence[Sample], begin: float, end: float) -> float | None:
    """Return the mean CPU between two moments, in percent of one CPU; None without two samples there."""
    inside = [sample for sample in samples if begin <= sample.at <= end]
    if len(inside) < 2:
        return None
    first, last = inside[0], inside[-1]
    return 100 * (last.cpu_seconds - first.cpu_seconds) / (last.at - first.at)


def series(samples: Sequence[Sample], begin: float, end: float) -> tuple[list[float], list[float]]:
    """Return seconds since `begin`, and the CPU percent of the second before each."""
    inside = [sample for sample in samples if begin <= sample.at <= end]
    pairs = list(pairwise(inside))
    return (
        [later.at - begin for _, later in pairs],
        [100 * (later.cpu_seconds - one.cpu_seconds) / (later.at - one.at) for one, later in pairs],
    )


def peak_memory_mib(samples: Sequence[Sample]) -> float:
    """Return the most memory that was seen, in MiB; 0 without samples."""
    return max((sample.memory_bytes for sample in samples), default=0) / 1024 / 1024
