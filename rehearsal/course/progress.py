"""How a person sees that the rehearsal goes on: a live line on a terminal, plain lines elsewhere."""

import time

from rich.console import Console
from rich.status import Status

PLAIN_SECONDS = 3.0
"""Between two lines of progress where the output is no terminal."""

STEPS = {
    "deploy": "cdk deploy to the emulator",
    "start": "Start what was deployed",
    "before": "Before: calls through an L4 proxy",
    "after": "After: the same calls through Envoy",
    "scale out": "Scale out while calls go on",
    "roll": "Deploy a new task definition while calls go on",
    "report": "Write the report",
}


class ConsoleProgress:
    """Tells `console` how the rehearsal goes."""

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
        """Tell something that happened."""
        self._console.print(f"      {text}", soft_wrap=True, highlight=False, markup=False)

    def step(self, name: str) -> None:
        """Tell that a step begins."""
        seconds = time.monotonic() - self._begun
        number = list(STEPS).index(name) + 1
        self._step = STEPS[name]
        self._console.print(f"{number}/{len(STEPS)} {seconds:3.0f} s  {self._step}", highlight=False)
        self._next_line = time.monotonic() + PLAIN_SECONDS

    def now(self, text: str) -> None:
        """Tell how the step goes; on no terminal, every few seconds."""
        if self._status:
            self._status.update(f"{self._step}: {text}")
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + PLAIN_SECONDS
            self.say(text)
