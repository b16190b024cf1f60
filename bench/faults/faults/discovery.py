"""Faults of what discovery asks: DNS, Cloud Map, the region's API."""

from collections.abc import Iterable, Sequence

from bench.faults.checker import Allowed
from bench.faults.course import Fault
from bench.faults.services import NAMESPACE
from bench.faults.world import World
from rehearsal.account.name_server import Outage
from rehearsal.account.throttle import throttle

KEPT = Allowed(why="0: no answer, or an empty one, does not end a task that serves")
THROTTLED_SHARE = 0.8


def names_down(service: str, outage: Outage, seconds: float) -> Fault:
    """Let the name server fail for the name of `service`, which is discovered by DNS."""

    def raise_it(world: World) -> Iterable[str]:
        name, names = f"{service}.{NAMESPACE}", world.system.name_server
        names.fail(name, outage)
        world.pause(seconds)
        names.fail(name, None)
        return []

    names = {
        Outage.SILENT: "DNS silent",
        Outage.SERVFAIL: "DNS answers SERVFAIL",
        Outage.EMPTY: "DNS answers nothing",
        Outage.NXDOMAIN: "DNS answers NXDOMAIN",
    }
    return Fault(name=f"{names[outage]} for {seconds:.0f} s", raise_it=raise_it, allowed=KEPT)


def cloud_map_down(seconds: float) -> Fault:
    """Cut the sidecars off from Cloud Map: for half of the time it hangs, then it refuses connections."""

    def raise_it(world: World) -> Iterable[str]:
        world.hang_cloud_map()
        world.pause(seconds / 2)
        world.cut_cloud_map_off()
        world.pause(seconds / 2)
        world.connect_cloud_map()
        return []

    return Fault(name=f"Cloud Map down for {seconds:.0f} s", raise_it=raise_it, allowed=KEPT)


def throttled(seconds: float) -> Fault:
    """Let the region refuse most calls to Cloud Map and ECS with ThrottlingException."""

    def raise_it(world: World) -> Iterable[str]:
        throttle(world.aws, THROTTLED_SHARE)
        world.pause(seconds)
        throttle(world.aws, 0.0)
        return []

    return Fault(
        name=f"the region's API throttled for {seconds:.0f} s ({THROTTLED_SHARE:.0%} refused)",
        raise_it=raise_it,
        allowed=KEPT,
    )


def nothing(name: str, seconds: float, why: str) -> Fault:
    """Raise nothing: what is deployed does it by itself all the time (GOAWAYs, rotation)."""

    def raise_it(world: World) -> Sequence[str]:
        world.pause(seconds)
        return []

    return Fault(name=name, raise_it=raise_it, allowed=Allowed(why=why))
