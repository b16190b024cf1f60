"""The drain container's process."""

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ecs_envoy.proxy.drain_container import drain_script
from tests.waiting import FOREVER, until

GONE = "Envoy does not answer, so there is nothing to drain"

WHOLE = [
    "ECS stops this task: Envoy serves on for 1 s, until no DNS answer lists it",
    "Envoy sends GOAWAY with each answer; in 1 s every gRPC client has looked up again",
    "Envoy takes no new connection, and waits up to 60 s for open calls",
    "Envoy may end: 0 open calls are cut",
]
"""What it logs with 60 s for open calls, if Envoy answers."""


class Drain:
    """The drain container's process beside an Envoy."""

    def __init__(self, folder: Path, address: str, **seconds: int) -> None:
        self._log = folder / "drain.log"
        times = {"SERVE_ON_SECONDS": 1, "LOOK_UP_SECONDS": 1, "DRAIN_SECONDS": 1, **seconds}
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                ["/bin/bash", "-c", drain_script()],
                env={
                    "PATH": os.environ["PATH"],
                    "ADMIN_ADDRESS": address,
                    "ADMIN_PORT": "9901",
                    **{name: str(time) for name, time in times.items()},
                },
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Do what ECS does: send SIGTERM to the container's first process alone."""
        # Its first child sleeps, so the script has begun to listen to the signal.
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        until(lambda: self._process.poll() is not None or children.read_text())
        self._process.terminate()

    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in self._log.read_text().splitlines()]

    def ended(self) -> int:
        """Wait for its end, and return its exit status."""
        return self._process.wait(FOREVER)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def draining(folder: Path, address: str, **seconds: int) -> Generator[Drain]:
    drain = Drain(folder, address, **seconds)
    try:
        yield drain
    finally:
        drain.kill()
