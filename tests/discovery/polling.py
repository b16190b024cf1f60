"""A clock and a loop of polls, for the tests of the poller."""

from discovery.endpoints import Endpoint
from discovery.poller import Poller

ONE, TWO = Endpoint("", "10.0.0.1", 50051), Endpoint("", "10.0.0.2", 50051)
GRACE = 10.0


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def polls(poller: Poller, clock: Clock, seconds: int) -> None:
    """Poll once a second of `clock` for `seconds`."""
    for _ in range(seconds):
        poller.poll()
        clock.now += 1
