import os
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.conftest import BIN

Rehearse = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def rehearse() -> Generator[Rehearse]:
    """Starts a rehearsal for a user whose AWS settings must not matter, in a home of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(
        config: Path, *, home: Path, out: Path, propagation: float | None = None
    ) -> subprocess.Popen[str]:
        delays = [] if propagation is None else ["--propagation", str(propagation)]
        running = subprocess.Popen(
            [BIN / "ecs-envoy", "rehearse", config, "--seconds", "5", *delays, "--out", out],
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "HOME": str(home),
                "AWS_PROFILE": "no-such-profile",
                "AWS_ACCESS_KEY_ID": "not-to-be-read",
                "http_proxy": "http://127.0.0.1:9",
                "COLUMNS": "120",
            },
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.terminate()
        with running:  # waits, and closes its pipes
            pass
