"""`python -m rehearsal CONFIG`: deploy to an AWS emulator on this machine, call the services, compare."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from rich.console import Console

from ecs_envoy.configuration import Configuration, load_configuration
from rehearsal.account.cdk import CdkFailedError
from rehearsal.account.health_lag import HEALTH_LAG_SECONDS
from rehearsal.account.propagation import PROPAGATION_SECONDS
from rehearsal.course.progress import ConsoleProgress
from rehearsal.course.reach import UnreachableError
from rehearsal.course.scenario import Scenario
from rehearsal.course.stage import Stage
from rehearsal.one_proxy import chosen_view, rehearsed_file
from rehearsal.output_folder import fresh_folder
from rehearsal.processes import ROOT, StartFailedError, clean_environment
from rehearsal.report.terminal import show
from rehearsal.system import Delays, System

SECONDS = 12.0
SECONDS_BOUNDS = (5, 600)
DELAY_BOUNDS = (0, 120)


def main() -> int:
    """Rehearse; return 0 if no call failed and no task idled, 1 if one did, 2 for bad input."""
    arguments = _parser().parse_args()
    environment = clean_environment()  # boto3 would read the user's profile, even if it is given credentials
    os.environ.clear()
    os.environ.update(environment)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # The handler sets a flag. An exception could be lost if it is raised inside a library's callback.
        signal.signal(number, lambda _signal, _frame: stop.set())
    try:
        _check_seconds("--seconds", arguments.seconds, SECONDS_BOUNDS)
        _check_seconds("--health-lag", arguments.health_lag, DELAY_BOUNDS)
        _check_seconds("--propagation", arguments.propagation, DELAY_BOUNDS)
        configuration = load_configuration(arguments.config)
        if not arguments.config.is_file():
            raise ValueError(
                f"{arguments.config}: not a regular file, but a rehearsal reads it more than once; "
                "give the path of a YAML file"
            )
        proxy = arguments.proxy
        view = None if proxy is None else chosen_view(arguments.config, configuration, proxy)
        out = fresh_folder(arguments.out, arguments.config)
        config = rehearsed_file(arguments.config, view, out) if view else arguments.config
        configuration = load_configuration(config)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        delays = Delays(health_lag=arguments.health_lag, propagation=arguments.propagation)
        folder = arguments.config.resolve().parent
        return _rehearse(config, configuration, folder, out, stop, arguments.seconds, delays)
    except (StartFailedError, CdkFailedError, UnreachableError) as error:
        print("\n".join(f"rehearsal: {line}" for line in str(error).splitlines()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("rehearsal: interrupted; every process that it started has ended", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rehearsal", description=__doc__)
    parser.add_argument("config", type=Path, help="the configuration file, such as config/example.yaml")
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help=f"how long to measure each of the two states, in seconds (default: {SECONDS:.0f})",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "rehearsal/out",
        help="the folder for report and logs; new, empty, or of an earlier rehearsal, which is then deleted "
        "(default: rehearsal/out)",
    )
    parser.add_argument("--proxy", help="rehearse this proxy alone, if the file has several (proxies)")
    parser.add_argument(
        "--health-lag",
        type=float,
        default=HEALTH_LAG_SECONDS,
        help="how long Cloud Map takes to show a change of health, in seconds "
        f"(default: {HEALTH_LAG_SECONDS:.0f}, as on AWS)",
    )
    parser.add_argument(
        "--propagation",
        type=float,
        default=PROPAGATION_SECONDS,
        help="the longest time that Route 53 takes to show a change of a record, in seconds "
        f"(default: {PROPAGATION_SECONDS:.0f}, as on AWS)",
    )
    return parser


def _check_seconds(option: str, seconds: float, bounds: tuple[int, int]) -> None:
    minimum, maximum = bounds
    if not minimum <= seconds <= maximum:
        raise ValueError(
            f"{option}: {seconds:g} is out of range; give a number of seconds from {minimum} to {maximum}"
        )


def _rehearse(
    config: Path,
    configuration: Configuration,
    folder: Path,
    out: Path,
    stop: threading.Event,
    seconds: float,
    delays: Delays,
) -> int:
    console = Console()
    console.print(f"Rehearsing {config}; report and logs in {out}", soft_wrap=True, highlight=False)
    with (
        ConsoleProgress(console) as progress,
        System(configuration, folder, out, progress.say, stop, delays) as system,
    ):
        stage = Stage(system=system, progress=progress, stop=stop)
        scenario = Scenario(config, stage, out, seconds=seconds)
        scenario.run()
        progress.step("report")
        # Imported here, because importing matplotlib takes two seconds and the first steps are busy.
        from rehearsal.report.write import write_report

        write_report(scenario, system, out, progress.say)
    show(console, scenario.outcome)
    console.print(f"Report: {out / 'report.html'}", soft_wrap=True, highlight=False)
    return 1 if scenario.outcome.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
