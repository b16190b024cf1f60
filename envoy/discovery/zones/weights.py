"""How a proxy spreads calls over zones: it prefers its own, but loads all tasks evenly."""

from collections.abc import Mapping
from dataclasses import dataclass

SCALE = 1000
"""The weights add up to this number, apart from rounding. Envoy's weights are integers."""

EVEN_SHARE = 0.05
"""
This share of the calls goes to all zones, whichever zone is preferred. A retry takes the next endpoints in
turn and skips those of its own zone, but looks at a limited number of them
(`host_selection_retry_max_attempts`). With a smaller share it might find no endpoint of another zone, and
calls would fail while all tasks of a zone are down.
"""

MIN_WEIGHT = 1
"""A zone with the weight 0 gets no call even when all other zones are down."""

TASKS_PER_ZONE = 2
"""With fewer tasks a zone may have none. Service Connect uses the same rule for zone-aware routing."""


@dataclass(frozen=True)
class Balance:
    """How calls are spread over zones.

    Attributes:
        weights: The weight of each zone.
        preferred: The zone that is preferred, and that retries skip; None if there is none.

    """

    weights: Mapping[str, int]
    preferred: str | None = None

    def differs(self, other: "Balance", *, minimum: int) -> bool:
        """Return whether the zones differ, or any weight differs by `minimum` or more."""
        if self.preferred != other.preferred or self.weights.keys() != other.weights.keys():
            return True
        return any(abs(weight - other.weights[zone]) >= minimum for zone, weight in self.weights.items())


def even_balance(tasks: Mapping[str, int]) -> Balance:
    """Return the balance that gives every task the same number of calls, whatever its zone."""
    return Balance(_scaled({zone: float(count) for zone, count in tasks.items()}))


def can_prefer_a_zone(tasks: Mapping[str, int]) -> bool:
    """Return whether there are two zones or more, and on average at least `TASKS_PER_ZONE` tasks in each."""
    return len(tasks) > 1 and sum(tasks.values()) >= TASKS_PER_ZONE * len(tasks)


def own_zone_balance(own: str, tasks: Mapping[str, int], traffic: Mapping[str, float]) -> Balance:
    """Return the balance of a proxy in the zone `own`.

    A zone with a fifth of the tasks can take a fifth of all calls. Calls that arrive in a zone stay
    there up to that share; the rest goes to zones whose tasks have room. So every task gets the same
    number of calls, however unevenly the clients are spread over the proxies.

    Args:
        own: The proxy's zone.
        tasks: How many tasks each zone has.
        traffic: The calls a second that arrive at the proxies of each zone.

    """
    all_calls = sum(traffic.values())
    if all_calls <= 0:
        return even_balance(tasks)
    all_tasks = sum(tasks.values())
    room = {zone: count / all_tasks for zone, count in tasks.items()}
    arriving = {zone: calls / all_calls for zone, calls in traffic.items()}
    here = arriving.get(own, 0.0)
    stays = min(1.0, room.get(own, 0.0) / here) if here else 1.0
    spare = {zone: max(0.0, room[zone] - arriving.get(zone, 0.0)) for zone in tasks if zone != own}
    all_spare = sum(spare.values())
    if own not in tasks or (stays < 1 and not all_spare):
        stays = 0.0 if all_spare else 1.0
    preferred = {
        zone: stays if zone == own else (1 - stays) * spare[zone] / (all_spare or 1.0) for zone in tasks
    }
    shares = {zone: EVEN_SHARE * room[zone] + (1 - EVEN_SHARE) * preferred[zone] for zone in tasks}
    return Balance(_scaled(shares), own if own in tasks else None)


def _scaled(shares: Mapping[str, float]) -> dict[str, int]:
    whole = sum(shares.values())
    return {zone: max(MIN_WEIGHT, round(SCALE * share / whole)) for zone, share in shares.items()}
