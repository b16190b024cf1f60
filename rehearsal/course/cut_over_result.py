"""The result of a cut-over: at each step, which share of the look-ups and of the calls the proxy got."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from rehearsal.load.calls import describe_errors

SIGMAS = 4.5
"""A share that is further from its percentage than chance explains once in 100,000 steps is wrong."""


@dataclass(frozen=True, kw_only=True)
class CutOverStep:
    """One step of a cut-over, in which the records had the same weights.

    Attributes:
        service: The service whose clients move.
        name: The name that they dial.
        percent: How many of 100 look-ups should get the proxy.
        dials: How many times clients dialled.
        by_proxy: How many of these connections went to the proxy.
        calls: The calls of these clients, and of those that were connected before.
        errors: The number of these calls that failed, by gRPC status.
        pinned: How many connections from before the first step the load balancer still had at the end.

    """

    service: str
    name: str
    percent: int
    dials: int
    by_proxy: int
    calls: int
    errors: dict[str, int]
    pinned: int

    @property
    def share(self) -> float:
        """The share of the dials that went to the proxy, in percent."""
        return 100 * self.by_proxy / self.dials if self.dials else 0.0

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the step."""
        if text := describe_errors(self.errors):
            yield f"{self.service}: {text} at {self.percent} % of the cut-over"
        if not self.dials:
            yield f"{self.service}: nobody dialled {self.name} at {self.percent} % of the cut-over"
        part = self.percent / 100
        expected, spread = self.dials * part, math.sqrt(self.dials * part * (1 - part))
        if abs(self.by_proxy - expected) > SIGMAS * spread:
            yield (
                f"{self.service}: the proxy got {self.by_proxy} of {self.dials} connections at "
                f"{self.percent} % of the cut-over"
            )
