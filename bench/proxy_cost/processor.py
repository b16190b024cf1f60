"""The CPU time of processes in nanoseconds, their memory, and the CPUs that they run on."""

import os
from contextlib import suppress
from pathlib import Path

import psutil


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads of `pid` and its children, from the scheduler's own statistics."""
    total = 0
    for process in _family(pid):
        for thread in Path(f"/proc/{process}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def memory_mib(pid: int) -> float:
    """Return the resident memory of `pid` and its children."""
    return sum(psutil.Process(process).memory_info().rss for process in _family(pid)) / 1024 / 1024


def pin(pid: int, cpus: set[int]) -> None:
    """Pin `pid`, its threads and its children to `cpus`, if the machine has more than one CPU."""
    if (os.cpu_count() or 1) < 2:
        return
    for process in _family(pid):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), cpus)


def _family(pid: int) -> list[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
