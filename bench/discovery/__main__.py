"""`make bench-discovery`: measure, and write `bench/discovery.md`. It takes about a quarter of an hour."""

import os
import sys
import tempfile
from pathlib import Path

from bench.discovery import changes, cost, evenness, outages, three_kinds
from bench.discovery.at_size import measure as at_size
from bench.discovery.at_size.section import section
from bench.discovery.page import Results, write_page
from bench.discovery.world import SIZES, World
from rehearsal.machine import describe
from rehearsal.processes import StartFailedError, clean_environment

PAGE = Path(__file__).resolve().parent.parent / "discovery.md"


def main() -> int:
    """Measure everything in one run; return 1 if a process did not start."""
    environment = clean_environment()
    os.environ.clear()
    os.environ.update(environment)
    with tempfile.TemporaryDirectory(prefix="bench-discovery-") as folder:
        try:
            with World(Path(folder)) as world:
                results = _measure(world)
        except StartFailedError as error:
            print(f"bench-discovery: {error}", file=sys.stderr)
            return 1
    write_page(results, PAGE)
    print(f"{PAGE} written")
    return 0


def _measure(world: World) -> Results:
    # The sidecar comes first, because no call disturbs its figures yet.
    print("the sidecar's CPU and memory", flush=True)
    sidecar_cost = cost.measure(world)
    print("a sidecar with 20 services over three kinds of discovery", flush=True)
    kinds_cost = three_kinds.measure(world)
    print("a sidecar with 200 services of 50 tasks", flush=True)
    sidecar_at_size = at_size.measure()
    rows: list[evenness.Evenness] = []
    for size in SIZES:
        for discovery in world.proxies:
            print(f"{size} endpoints by {discovery}", flush=True)
            rows.append(evenness.measure(world, discovery, size))
    print("zones", flush=True)
    zones = evenness.measure_zones(world)
    turns: list[changes.Turns] = []
    for discovery in changes.TURNS:
        print(f"tasks come and go by {discovery}", flush=True)
        turns.append(changes.measure(world, discovery))
    print("a minute without Cloud Map", flush=True)
    without_cloud_map = outages.measure(
        world, "cloud_map", begin=world.cut_cloud_map_off, end=world.connect_cloud_map
    )
    print("a minute without DNS", flush=True)
    without_dns = outages.measure(
        world, "dns", begin=lambda: world.silence_names(True), end=lambda: world.silence_names(False)
    )
    return Results(
        machine=describe(),
        evenness=rows,
        zones=zones,
        turns=turns,
        outages=[without_cloud_map, without_dns],
        cost=sidecar_cost,
        kinds=kinds_cost,
        at_size=section(sidecar_at_size),
    )


if __name__ == "__main__":
    sys.exit(main())
