"""`python -m rehearsal CONFIG`: deploy to this machine, call, and compare."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rehearsal.load import CONNECTIONS, Result, call
from rehearsal.processes import StartFailedError
from rehearsal.report import table, verdict
from rehearsal.synthesis import SynthesisFailedError, synthesize
from rehearsal.system import System, Upstream
from rehearsal.templates import read_templates


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Rehearse; return 0 if every call came back and no task idled, 1 if not, 2 for a bad configuration."""
    parser = argparse.ArgumentParser(prog="rehearsal", description=__doc__)
    parser.add_argument("config", type=Path, help="the configuration file, such as config/example.yaml")
    parser.add_argument("--calls", type=int, default=200, help="calls for each connection (default: 200)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupted)
    console = Console()
    try:
        return _rehearse(console, arguments.config, arguments.calls)
    except SynthesisFailedError as error:
        print(error, file=sys.stderr)
        return 2 if error.exit_status == 2 else 1
    except StartFailedError as error:
        print(f"rehearsal: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("rehearsal: interrupted; every process that it started has ended", file=sys.stderr)
        return 130


def _rehearse(console: Console, config: Path, calls: int) -> int:
    out = Path(tempfile.mkdtemp(prefix="ecs-envoy-rehearsal-"))
    console.print(f"1/3 Synthesizing {config}; templates and logs in {out}", soft_wrap=True)
    synthesize(config, out / "cdk.out")
    services = read_templates(out / "cdk.out")
    tasks = sum(service.tasks for service in services)
    console.print(f"2/3 Starting what the templates say: {len(services)} ECS services, {tasks} tasks")
    with System(services, out) as system:
        console.print(
            f"3/3 Calling over {CONNECTIONS} pinned connections: L4 first, then Envoy {system.target}"
        )
        results = _call_all(console, system, calls)
    good = True
    for upstream, before, after in results:
        console.print(table(upstream.route.cluster, before, after))
        good &= verdict(console, upstream.route.cluster, before, after)
    return 0 if good else 1


def _call_all(console: Console, system: System, calls: int) -> list[tuple[Upstream, Result, Result]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    results: list[tuple[Upstream, Result, Result]] = []
    with Progress(*columns, console=console) as progress:
        for upstream in system.upstreams:
            row = progress.add_task(upstream.route.cluster, total=2 * calls * CONNECTIONS)
            before, after = (
                call(
                    target,
                    upstream.route.grpc_services,
                    upstream.tasks,
                    calls=calls,
                    progress=lambda row=row: progress.advance(row),
                )
                for target in (upstream.l4_target, system.target)
            )
            results.append((upstream, before, after))
    return results


if __name__ == "__main__":
    sys.exit(main())
