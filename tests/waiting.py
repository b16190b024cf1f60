"""How tests wait: for an event, and no test fails because a machine is slow."""

import time
from collections.abc import Callable

FOREVER = 300.0
"""Seconds after which a wait is taken for one that never ends; no promise of ours is about this time."""


def until(done: Callable[[], object]) -> None:
    """Wait until `done` returns something true."""
    end = time.monotonic() + FOREVER
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
