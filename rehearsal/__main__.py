"""`python -m rehearsal CONFIG`: deploy to an emulator on this machine, call, change, and compare."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from rich.console import Console

from ecs_envoy.configuration import Configuration, load_configuration
from rehearsal.account.cdk import CdkFailedError
from rehearsal.course.progress import ConsoleProgress
from rehearsal.course.scenario import Scenario
from rehearsal.course.stage import Stage
from rehearsal.output_folder import fresh_folder
from rehearsal.processes import ROOT, StartFailedError, own_environment
from rehearsal.report.terminal import show
from rehearsal.system import System

SECONDS = 12.0
SECONDS_BOUNDS = (5, 600)


def main() -> int:
    """Rehearse; return 0 if no call failed and no task idled, 1 if not, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="rehearsal", description=__doc__)
    parser.add_argument("config", type=Path, help="the configuration file, such as config/example.yaml")
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help=f"how long to measure before, and how long after (default: {SECONDS:.0f})",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "rehearsal/out",
        help="the folder for the report and logs; replaced if a rehearsal made it (default: rehearsal/out)",
    )
    arguments = parser.parse_args()
    environment = own_environment()  # boto3 reads the user's profile, even where it is given credentials
    os.environ.clear()
    os.environ.update(environment)
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        # A flag and no exception: one that is raised inside a library's callback may be lost there.
        signal.signal(ending, lambda _signal, _frame: stop.set())
    try:
        _check_seconds(arguments.seconds)
        configuration = load_configuration(arguments.config)
        if not arguments.config.is_file():
            raise ValueError(f"{arguments.config}: is read more than once; give the path of a YAML file")
        out = fresh_folder(arguments.out, arguments.config)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return _rehearse(arguments.config, configuration, out, stop, arguments.seconds)
    except (StartFailedError, CdkFailedError) as error:
        print(f"rehearsal: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("rehearsal: interrupted; every process that it started has ended", file=sys.stderr)
        return 130


def _check_seconds(seconds: float) -> None:
    least, most = SECONDS_BOUNDS
    if not least <= seconds <= most:
        raise ValueError(
            f"--seconds: {seconds:g} is not a time to measure; give a number from {least} to {most}"
        )


def _rehearse(
    config: Path, configuration: Configuration, out: Path, stop: threading.Event, seconds: float
) -> int:
    console = Console()
    console.print(f"Rehearsing {config}; report and logs in {out}", soft_wrap=True, highlight=False)
    with ConsoleProgress(console) as progress:
        folder = config.resolve().parent
        with System(configuration, folder, out, progress.say, stop) as system:
            stage = Stage(system=system, progress=progress, stop=stop)
            scenario = Scenario(config, stage, out, seconds=seconds)
            scenario.run()
            progress.step("report")
            # Not before: matplotlib takes two seconds to come, and the first steps are the busiest.
            from rehearsal.report.write import write_report

            write_report(scenario, system, out, progress.say)
    show(console, scenario.outcome)
    console.print(f"Report: {out / 'report.html'}", soft_wrap=True, highlight=False)
    return 1 if scenario.outcome.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
