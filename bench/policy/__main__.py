"""`make bench-policy`: measure, and write `bench/policy.md`. It takes about eight minutes."""

import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.markdown import write_markdown
from bench.policy.load import LOW_RATE, RATE, Load, load
from bench.policy.task import AT_ONCE, MEAN_SECONDS
from bench.policy.world import World
from envoy_config import TrafficPolicy
from envoy_config.policy.load_balancing import LoadBalancing, SlowStart
from envoy_config.policy.retries import Hedging
from rehearsal.machine import describe
from rehearsal.processes import StartFailedError

PAGE = Path(__file__).resolve().parent.parent / "policy.md"
WELL, SLOWER, COLDER = (1.0, 0.0), 10.0, 4.0
SLOW_SECONDS, COLD_SECONDS = 20.0, 30.0
# One call in twenty of a good task takes longer.
HEDGED_AFTER = timedelta(milliseconds=60)
WINDOW = timedelta(seconds=120)

LEAST = LoadBalancing(type="least_request")
SLOW_TASK = {
    "round-robin": TrafficPolicy(),
    "least-request": TrafficPolicy(load_balancing=LEAST),
    "hedging": TrafficPolicy(idempotent=True, hedging=Hedging(after=HEDGED_AFTER)),
    "both": TrafficPolicy(idempotent=True, hedging=Hedging(after=HEDGED_AFTER), load_balancing=LEAST),
}
COLD_TASK = {
    "without": TrafficPolicy(),
    "slow-start": TrafficPolicy(load_balancing=LoadBalancing(slow_start=SlowStart(window=WINDOW))),
    "least-request": TrafficPolicy(
        load_balancing=LoadBalancing(type="least_request", slow_start=SlowStart(window=WINDOW))
    ),
}


def _show(name: str, found: Load) -> None:
    print(
        f"{name}: {len(found.milliseconds)} calls, {found.failed} failed, p99 {found.p99:.0f} ms", flush=True
    )


def one_slow_task(folder: Path) -> dict[int, dict[str, Load]]:
    """Return the calls by rate and policy while one of four tasks is ten times slower."""
    with World(folder, SLOW_TASK) as world:
        for name in SLOW_TASK:
            world.run_tasks(name, [(SLOWER, 1e9), WELL, WELL, WELL])
        world.start_envoy()
        # The low rate is first: the high one leaves calls in the slow task of round robin.
        found = {
            rate: {name: load(world.target, f"{name}.test", SLOW_SECONDS, rate) for name in SLOW_TASK}
            for rate in (LOW_RATE, RATE)
        }
    for rate, by_name in found.items():
        for name, calls in by_name.items():
            _show(f"one slow task, {rate} calls a second, {name}", calls)
    return found


def one_cold_task(folder: Path) -> dict[str, tuple[Load, Load]]:
    """Return the calls by policy with three warm tasks, and while a cold fourth one is there."""
    found: dict[str, tuple[Load, Load]] = {}
    with World(folder, COLD_TASK) as world:
        for name in COLD_TASK:
            world.run_tasks(name, [WELL] * 3)
        world.start_envoy()
        # Envoy takes every task for new that it meets when it starts.
        time.sleep(WINDOW.total_seconds())
        for name in COLD_TASK:
            warm = load(world.target, f"{name}.test", COLD_SECONDS, RATE)
            world.run_tasks(name, [(COLDER, COLD_SECONDS)])
            world.wait_for_tasks()
            found[name] = warm, load(world.target, f"{name}.test", COLD_SECONDS, RATE)
            _show(f"warm, {name}", found[name][0])
            _show(f"one cold task, {name}", found[name][1])
    return found


def main() -> int:
    """Measure, and write the page; return 1 if a program did not start."""
    with tempfile.TemporaryDirectory(prefix="bench-policy-") as name:
        try:
            slow, cold = one_slow_task(Path(name)), one_cold_task(Path(name))
        except StartFailedError as error:
            print(f"bench-policy: {error}", file=sys.stderr)
            return 1
    write_markdown(
        Path(__file__).with_name("page.md.jinja"),
        PAGE,
        machine=describe(),
        slow=slow[RATE],
        slow_at_rest=slow[LOW_RATE],
        low_rate=LOW_RATE,
        cold=cold,
        rate=RATE,
        at_once=AT_ONCE,
        mean_ms=1000 * MEAN_SECONDS,
        hedged_ms=1000 * HEDGED_AFTER.total_seconds(),
        slower=SLOWER,
        colder=COLDER,
        cold_seconds=COLD_SECONDS,
        window=WINDOW.total_seconds(),
    )
    print(f"{PAGE} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
