"""`make chaos`: raise every fault, judge the history, write `bench/faults.md`. It takes about ten minutes.

It exits with 1 if a row is over what is allowed. `--rows` raises only some faults, and writes no page.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.faults.page import Results, recovery, slowness, verdict, write_page
from bench.faults.programs import Program, judged, proxies_program, services_program
from rehearsal.account.cdk import CdkFailedError
from rehearsal.machine import describe
from rehearsal.processes import ROOT, StartFailedError, clean_environment

PAGE = Path(__file__).resolve().parent.parent / "faults.md"
NOT_RAISED = (
    "a jump of Envoy's clock: Envoy 1.40 hangs at its start under libfaketime (of PyPI and Debian).",
)
OVER = 3
"""The exit status of one world's process that has a row over what is allowed."""

PROGRAMS: dict[str, Callable[[], Program]] = {"services": services_program, "proxies": proxies_program}


def main() -> int:
    """Run the worlds side by side, each in its own process; return 1 if a row is over what is allowed."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--world", choices=PROGRAMS, help="run only this world, and print its rows")
    parser.add_argument("--rows", nargs="+", metavar="WORD", help="only faults whose name contains a WORD")
    parser.add_argument("--folder", type=Path, help="keep logs and history in this new folder")
    arguments = parser.parse_args()
    rows: list[str] = arguments.rows or []
    if missing := [word for word in rows if not _worlds([word])]:
        parser.error(f"no fault's name contains {', '.join(missing)}; bench/faults.md has the names")
    environment = clean_environment()
    os.environ.clear()
    os.environ.update(environment)
    try:
        if arguments.world:
            return _run_world(arguments.world, rows, arguments.folder)
        if arguments.folder:
            return _run_all(rows, arguments.folder)
        with tempfile.TemporaryDirectory(prefix="bench-faults-") as folder:
            return _run_all(rows, Path(folder))
    except (StartFailedError, CdkFailedError) as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 1


def _worlds(words: Sequence[str]) -> dict[str, Program]:
    """Return the programs with the chosen faults; all for no words."""
    programs = {name: make().only(words or [""]) for name, make in PROGRAMS.items()}
    return {name: program for name, program in programs.items() if program.phases}


def _run_world(name: str, words: Sequence[str], folder: Path) -> int:
    program = _worlds(words)[name]
    rows = judged(program, program.run(folder / name, lambda text: print(text, flush=True)))
    for row in rows:
        counts = f"{row.calls} calls, {row.failed} failed, {row.twice} twice, p99 {slowness(row)} ms"
        print(f"{row.name}: {counts}, {recovery(row)} s to recover: {verdict(row)}")
    return OVER if any(row.over for row in rows) else 0


def _run_all(words: Sequence[str], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    programs, chosen = _worlds(words), ["--rows", *words] if words else []
    command = [sys.executable, "-m", "bench.faults", "--folder", str(folder), *chosen, "--world"]
    worlds = [subprocess.Popen([*command, name], cwd=ROOT) for name in programs]
    statuses = [world.wait() for world in worlds]
    if not {0, OVER}.issuperset(statuses):
        print("chaos: a world failed, so there are no figures", file=sys.stderr)
        return 1
    if words:
        return 1 if OVER in statuses else 0
    rows = [row for name, program in programs.items() for row in judged(program, folder / name / "history")]
    results = Results(
        machine=describe(),
        rows=rows,
        missing=NOT_RAISED,
        seconds=time.monotonic() - begun,
        busy=os.getloadavg()[2],
    )
    write_page(results, PAGE)
    print(f"{PAGE} written")
    return 1 if any(row.over for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
