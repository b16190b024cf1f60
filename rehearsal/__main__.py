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
from rehearsal.policies.run import rehearse_policies, show_policies, timed
from rehearsal.processes import ROOT, StartFailedError, clean_environment
from rehearsal.report.terminal import show
from rehearsal.system import Addresses, Delays, System

SECONDS = 12.0
SECONDS_BOUNDS = (5, 600)
DELAY_BOUNDS = (0, 120)


def main() -> int:
    """Rehearse; return 0 if all went well and policies do what they say, 1 if not, 2 for bad input."""
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
        if arguments.policies:
            return _policies(config, configuration, out, stop)
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
    parser.add_argument(
        "--policies", action="store_true", help="drive the policies of the file, and nothing else"
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


def _console() -> Console:
    """Return the console; in the log of CI the tables have more room than the 80 columns that rich takes."""
    return Console(width=None if sys.stdout.isatty() else 130)


def _policies(config: Path, configuration: Configuration, out: Path, stop: threading.Event) -> int:
    """Drive the policies alone, without the emulator; return 1 if one differs from what was expected."""
    console = _console()
    console.print(f"Rehearsing the policies of {config}; logs in {out}", soft_wrap=True, highlight=False)
    return 0 if _policies_good(configuration, out, stop, console) else 1


def _policies_good(configuration: Configuration, out: Path, stop: threading.Event, console: Console) -> bool:
    """Drive the policies that the file gives, and print what was seen; return whether all is as expected."""
    with ConsoleProgress(console) as progress:
        rows, seconds = timed(
            lambda: rehearse_policies(configuration, out, Addresses().next, progress.status, stop)
        )
    return show_policies(console, rows, seconds)


def _rehearse(
    config: Path,
    configuration: Configuration,
    folder: Path,
    out: Path,
    stop: threading.Event,
    seconds: float,
    delays: Delays,
) -> int:
    console = _console()
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
    good = _policies_good(configuration, out, stop, console)
    return 0 if good and not scenario.outcome.problems() else 1


if __name__ == "__main__":
    sys.exit(main())
