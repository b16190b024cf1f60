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
    """The CPU and memory of one process at one moment.

    Attributes:
        at: The moment, in seconds of the wall clock.
        cpu_seconds: Its CPU time since its start.
        memory_bytes: Its resident memory.

    """

    at: float
    cpu_seconds: float
    memory_bytes: int


class Sampler:
    """Samples the processes that `pids` returns, every second; leaving the context ends it.

    Args:
        pids: Returns the ids of the processes to sample, by name.

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
        """Return all samples so far, by name, in the order of time."""
        return {name: list(samples) for name, samples in list(self._samples.items())}

    def _run(self) -> None:
        due = time.monotonic()
        while not self._ending.wait(max(0.0, due - time.monotonic())):
            due += INTERVAL_SECONDS
            for name, pid in self._pids().items():
                try:
                    process = psutil.Process(pid)
                    cpu = process.cpu_times()
                    memory = process.memory_info().rss
                except psutil.Error:
                    continue  # the process has ended
                self._samples[name].append(Sample(time.time(), cpu.user + cpu.system, memory))


def mean_percent(samples: Sequence[Sample], begin: float, end: float) -> float | None:
    """Return the mean CPU from `begin` to `end`, in percent of one CPU; None if there are no two samples."""
    inside = [sample for sample in samples if begin <= sample.at <= end]
    if len(inside) < 2:
        return None
    first, last = inside[0], inside[-1]
    return 100 * (last.cpu_seconds - first.cpu_seconds) / (last.at - first.at)


def series(samples: Sequence[Sample], begin: float, end: float) -> tuple[list[float], list[float]]:
    """Return times in seconds since `begin`, and for each the CPU percent of the second before it."""
    inside = [sample for sample in samples if begin <= sample.at <= end]
    pairs = list(pairwise(inside))
    return (
        [later.at - begin for _, later in pairs],
        [100 * (later.cpu_seconds - first.cpu_seconds) / (later.at - first.at) for first, later in pairs],
    )


def peak_memory_mib(samples: Sequence[Sample]) -> float:
    """Return the highest memory in MiB; 0 without samples."""
    return max((sample.memory_bytes for sample in samples), default=0) / 1024 / 1024
