"""A value that Cloud Map's control plane is asked for until it answers."""

import random
import threading
import time
from collections.abc import Callable

from discovery.aws.error import AwsError

MAX_WAIT_SECONDS = 5.0
"""The longest time between two questions, so that Envoy starts soon after an outage."""


class OnceKnown:
    """A value that is asked for until there is an answer, and then kept.

    Threads that want it share a question and its failure: the control plane allows few calls.

    Args:
        ask: Returns the value, or raises `AwsError`.
        clock: A monotonic clock in seconds.

    """

    def __init__(self, ask: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._value: str | None = None
        self._failed: AwsError | None = None
        self._failures = 0
        self._ask_again = 0.0

    def get(self) -> str:
        """Return the value.

        Raises:
            AwsError: There is no answer yet.

        """
        with self._lock:
            if self._value is None:
                if self._failed and self._clock() < self._ask_again:
                    raise AwsError(self._failed.kind, str(self._failed))
                try:
                    self._value = self._ask()
                except AwsError as error:
                    self._failures += 1
                    self._failed = error
                    wait = min(MAX_WAIT_SECONDS, 2.0 ** min(self._failures - 1, 16))
                    self._ask_again = self._clock() + wait * random.uniform(0.5, 1)
                    raise
            return self._value
