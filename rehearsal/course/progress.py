"""Shows the user the progress of a rehearsal: a live line on a terminal, plain lines elsewhere."""

import time

from rich.console import Console
from rich.status import Status

PLAIN_SECONDS = 3.0
"""The time between two lines of progress if the output is not a terminal."""

STEPS = {
    "deploy": "Deploy to the emulator with cdk deploy",
    "start": "Start the deployed tasks",
    "before": "Before: call through an L4 proxy",
    "cut over": "Move clients from the load balancers to the proxy",
    "after": "After: make the same calls through Envoy",
    "scale out": "Scale out during calls",
    "roll": "Deploy a new task definition during calls",
    "way back": "Move clients back to the load balancers",
    "report": "Write the report",
}


class ConsoleProgress:
    """Prints the progress of a rehearsal to `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()
        self._status: Status | None = None
        self._next_line = 0.0
        self._step = ""

    def __enter__(self) -> "ConsoleProgress":
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def say(self, text: str) -> None:
        """Print a line of text."""
        self._console.print(f"      {text}", soft_wrap=True, highlight=False, markup=False)

    def step(self, name: str) -> None:
        """Print that the step `name` begins."""
        seconds = time.monotonic() - self._begun
        number = list(STEPS).index(name) + 1
        self._step = STEPS[name]
        self._console.print(f"{number}/{len(STEPS)} {seconds:3.0f} s  {self._step}", highlight=False)
        self._next_line = time.monotonic() + PLAIN_SECONDS

    def status(self, text: str) -> None:
        """Show what the step does now; without a terminal, print it every few seconds."""
        if self._status:
            self._status.update(f"{self._step}: {text}")
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + PLAIN_SECONDS
            self.say(text)
