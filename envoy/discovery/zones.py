"""How a proxy spreads calls over zones: its own first, while every task of the service gets the same."""

from collections.abc import Mapping

SCALE = 1000
"""The sum of the weights, but for rounding: Envoy wants integers."""

LEAST_WEIGHT = 1
"""A zone without weight gets no call even when all other zones are down."""

TASKS_PER_ZONE = 2
"""Fewer are no service in every zone (Service Connect's own rule for its zone-aware routing)."""


def even(tasks: Mapping[str, int]) -> dict[str, int]:
    """Return the weights by which every task gets the same, whatever its zone."""
    return _scaled({zone: float(count) for zone, count in tasks.items()})


def prefers_own_zone(tasks: Mapping[str, int]) -> bool:
    """Return whether there are tasks enough to prefer a zone: twice as many as zones, in two or more."""
    return len(tasks) > 1 and sum(tasks.values()) >= TASKS_PER_ZONE * len(tasks)


def preferring(own: str, tasks: Mapping[str, int], traffic: Mapping[str, float]) -> dict[str, int]:
    """Return the weights of a proxy in the zone `own`.

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
    if here <= room.get(own, 0.0):
        return _scaled({zone: float(zone == own) for zone in tasks})
    spare = {zone: max(0.0, room[zone] - arriving.get(zone, 0.0)) for zone in tasks if zone != own}
    all_spare = sum(spare.values())
    if not all_spare:  # by a rounding error
        return even(tasks)
    stays = room.get(own, 0.0) / here
    shares = {zone: (1 - stays) * part / all_spare for zone, part in spare.items()}
    return _scaled({zone: shares.get(zone, stays) for zone in tasks})


def _scaled(shares: Mapping[str, float]) -> dict[str, int]:
    whole = sum(shares.values())
    return {zone: max(LEAST_WEIGHT, round(SCALE * share / whole)) for zone, share in shares.items()}


def differ(one: Mapping[str, int], other: Mapping[str, int], *, least: int) -> bool:
    """Return whether two sets of weights are worth a new file: another zone, or `least` more or less."""
    return one.keys() != other.keys() or any(abs(one[zone] - other[zone]) >= least for zone in one)
