"""`make bench-proxy`: measure, and write `bench/proxy_cost.md`. It takes about ten minutes."""

import sys
import tempfile
from pathlib import Path

from bench.proxy_cost import cost, envoys, quota, series
from bench.proxy_cost.load import LoadFailedError
from bench.proxy_cost.page import Results, write_page
from bench.proxy_cost.world import Target, World, missing_packages
from rehearsal.machine import describe
from rehearsal.processes import StartFailedError

PAGE = Path(__file__).resolve().parent.parent / "proxy_cost.md"


def main() -> int:
    """Measure everything in one run; return 1 if a program is missing or did not start."""
    if packages := missing_packages():
        print(
            f"bench-proxy: not installed: {', '.join(packages)}; run apt-get install {' '.join(packages)}",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-proxy-") as folder:
        try:
            with World(Path(folder)) as world:
                results = _measure(world, Path(folder))
        except (StartFailedError, LoadFailedError) as error:
            print(f"bench-proxy: {error}", file=sys.stderr)
            return 1
    write_page(results, PAGE)
    print(f"{PAGE} written")
    return 0


def _measure(world: World, folder: Path) -> Results:
    envoy = {
        "none": world.envoy("envoy none", 10, envoys.without_telemetry(world.address(10), world.backends)),
        "all": world.envoy("envoy all", 11, envoys.with_telemetry(world.address(11), world.backends)),
        "before": world.envoy("envoy before", 12, envoys.before_tuning(world.address(12), world.backends)),
    }
    print("series", flush=True)
    large = world.envoy("envoy large", 13, envoys.with_telemetry(world.address(13), world.tasks))
    assert large.process  # noqa: S101  # an Envoy has a process
    series_result = series.measure(folder, world.address(13), large.process.pid)
    targets = [
        *envoy.values(),
        world.haproxy("HAProxy", 20, mode="http"),
        world.nginx("nginx", 21),
        world.haproxy("L4 (HAProxy, tcp)", 22, mode="tcp"),
        world.direct("no proxy, one task", world.backends[:1]),
        world.direct("client-side round_robin", world.backends),
    ]
    print("full load", flush=True)
    costs: dict[int | None, list[cost.Cost]] = {None: cost.measure(targets, None)}
    for rate in cost.RATES:
        print(f"{rate} calls a second", flush=True)
        costs[rate] = cost.measure(targets, rate)
    limited, knees, quota_error = _measure_quota([envoy["all"], envoy["before"]])
    return Results(
        machine=describe(),
        series=series_result,
        costs=costs,
        limited=limited,
        knees=knees,
        quota_error=quota_error,
    )


def _measure_quota(targets: list[Target]) -> tuple[list[quota.Limited], dict[str, int], str | None]:
    print("a quarter of a CPU", flush=True)
    try:
        limited = quota.measure(targets)
        return limited, quota.knees(limited), None
    except quota.NoQuotaError as error:
        return [], {}, str(error)


if __name__ == "__main__":
    sys.exit(main())
