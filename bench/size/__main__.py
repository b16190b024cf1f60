"""`make bench-size`: measure, and write `bench/size.md`. It takes about a quarter of an hour."""

import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.proxy_cost.load import LoadFailedError
from bench.proxy_cost.world import missing_packages
from bench.size import proxy, synth
from bench.size.environment import SIZES, CompanyService, company
from bench.size.page import Results, write_page
from bench.size.tasks import Tasks
from rehearsal.machine import describe
from rehearsal.processes import Processes, StartFailedError

PAGE = Path(__file__).resolve().parent.parent / "size.md"
ROUNDS, PROXY_ROUNDS = 3, 2


def main() -> int:
    """Measure everything in one run; return 1 if a program is missing or did not start."""
    if packages := missing_packages():
        install = f"run apt-get install {' '.join(packages)}"
        print(f"bench-size: not installed: {', '.join(packages)}; {install}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-size-") as name:
        folder = Path(name)
        try:
            print("proxies", flush=True)
            *proxies, small, with_metrics = _proxies(folder)
            print("synthesis", flush=True)
            results = Results(
                machine=describe(),
                synthesis=synth.measure(folder, SIZES, ROUNDS),
                imports=synth.measure_imports(3 * ROUNDS),
                proxies=proxies,
                small=small,
                with_metrics=with_metrics,
            )
        except (StartFailedError, LoadFailedError, RuntimeError) as error:
            print(f"bench-size: {error}", file=sys.stderr)
            return 1
    write_page(results, PAGE)
    print(f"{PAGE} written")
    return 0


def _proxies(folder: Path) -> list[proxy.ProxySize]:
    """Return the proxies of all sizes, one with 2 tasks for each service, and one with metrics."""
    largest = company(max(SIZES))
    kinds: list[tuple[list[CompanyService], bool]] = [
        *((company(size), False) for size in SIZES),
        ([replace(service, tasks=2) for service in largest], False),
        (largest, True),
    ]
    first = random.randint(16, 90)
    with Processes(folder) as processes:
        running: list[proxy.SizedProxy] = []
        for number, (services, metrics) in enumerate(kinds):
            block = f"127.{first + 8 * number}"
            tasks = Tasks(folder / f"tasks-{number}", processes, block, services)
            address = f"{block}.200.1"
            running.append(
                proxy.SizedProxy(
                    folder / f"proxy-{number}", processes, address, services, tasks, metrics=metrics
                )
            )
        found = proxy.measure(running, PROXY_ROUNDS)
        for one in running:
            one.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
