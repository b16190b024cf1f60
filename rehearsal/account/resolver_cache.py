"""How the VPC's resolver keeps what it has looked up: for the TTL, whatever changes meanwhile."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

from rehearsal.account.name_server import Lookup, Registry


class ResolverCache:
    """Looks names up, and gives the same answer until its TTL, which counts down, is over.

    That a name does not exist is not kept here, but by the name server, for the SOA's minimum TTL.

    Args:
        lookup: Asks the name's own servers.
        clock: Returns the time in seconds.

    """

    def __init__(self, lookup: Lookup, clock: Callable[[], float] = time.monotonic) -> None:
        self._lookup = lookup
        self._clock = clock
        self._kept: dict[str, tuple[float, Registry]] = {}

    def __call__(self, name: str) -> Registry | None:
        """Return the records of `name`."""
        now = self._clock()
        until, registry = self._kept.get(name, (-math.inf, None))
        if registry is None or now >= until:
            registry = self._lookup(name)
            if registry is None:
                self._kept.pop(name, None)
                return None
            until = now + registry.ttl
            self._kept[name] = (until, registry)
        return replace(registry, ttl=math.ceil(until - now))
