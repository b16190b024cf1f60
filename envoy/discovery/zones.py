"""How a proxy spreads calls over zones: its own first, while every task of the service gets the same."""

from collections.abc import Mapping
from dataclasses import dataclass

SCALE = 1000
"""The sum of the weights, but for rounding: Envoy wants integers."""

ELSEWHERE = 0.05
"""
The share of calls that goes to all zones alike, whatever is preferred. A retry takes the next endpoint in
turn, and passes by those of its own zone: with a smaller share it would not come to another one within the
endpoints that it may look at (`host_selection_retry_max_attempts`), and a zone whose tasks all go down would
fail calls.
"""

LEAST_WEIGHT = 1
"""A zone without weight gets no call even when all other zones are down."""

TASKS_PER_ZONE = 2
"""Fewer are no service in every zone (Service Connect's own rule for its zone-aware routing)."""


@dataclass(frozen=True)
class Balance:
    """How calls are spread over zones.

    Attributes:
        weights: The weight of each zone.
        preferred: The zone that is preferred, and that retries pass by; None for none.

    """

    weights: Mapping[str, int]
    preferred: str | None = None

    def differs(self, other: "Balance", *, least: int) -> bool:
        """Return whether `other` is worth a new file: another zone, or a weight with `least` more or less."""
        if self.preferred != other.preferred or self.weights.keys() != other.weights.keys():
            return True
        return any(abs(weight - other.weights[zone]) >= least for zone, weight in self.weights.items())


def even(tasks: Mapping[str, int]) -> Balance:
    """Return the balance by which every task gets the same, whatever its zone."""
    return Balance(_scaled({zone: float(count) for zone, count in tasks.items()}))


def prefers_own_zone(tasks: Mapping[str, int]) -> bool:
    """Return whether there are tasks enough to prefer a zone: twice as many as zones, in two or more."""
    return len(tasks) > 1 and sum(tasks.values()) >= TASKS_PER_ZONE * len(tasks)


def preferring(own: str, tasks: Mapping[str, int], traffic: Mapping[str, float]) -> Balance:
    """Return the balance of a proxy in the zone `own`.

    A zone's tasks can take as large a share of all calls as they are of all tasks. Calls that
    arrive in a zone stay there up to that share; the rest goes where tasks have room. So every
    task gets the same, however unevenly clients chose among the proxies.

    Args:
        own: The proxy's zone.
        tasks: How many tasks each zone has.
        traffic: The calls a second that arrive at the proxies of each zone.

    """
    everything = sum(traffic.values())
    if everything <= 0:
        return even(tasks)
    total = sum(tasks.values())
    room = {zone: count / total for zone, count in tasks.items()}
    arriving = {zone: calls / everything for zone, calls in traffic.items()}
    here = arriving.get(own, 0.0)
    stays = min(1.0, room.get(own, 0.0) / here) if here else 1.0
    spare = {zone: max(0.0, room[zone] - arriving.get(zone, 0.0)) for zone in tasks if zone != own}
    all_spare = sum(spare.values())
    if own not in tasks or (stays < 1 and not all_spare):
        stays = 0.0 if all_spare else 1.0
    preferred = {
        zone: stays if zone == own else (1 - stays) * spare[zone] / (all_spare or 1.0) for zone in tasks
    }
    shares = {zone: ELSEWHERE * room[zone] + (1 - ELSEWHERE) * preferred[zone] for zone in tasks}
    return Balance(_scaled(shares), own if own in tasks else None)


def _scaled(shares: Mapping[str, float]) -> dict[str, int]:
    whole = sum(shares.values())
    return {zone: max(LEAST_WEIGHT, round(SCALE * share / whole)) for zone, share in shares.items()}
