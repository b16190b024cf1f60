"""How long `python app.py` and `cdk synth` take, beside an empty CDK app in the same run."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.size.environment import company, configuration
from rehearsal.processes import ROOT, clean_environment

EMPTY_APP = """\
import aws_cdk

app = aws_cdk.App()
aws_cdk.Stack(app, "empty")
app.synth()
"""

ALL_CONSTRUCTS = "import ecs_envoy\nfor name in ecs_envoy.__all__:\n    getattr(ecs_envoy, name)\n"
ALL_OF_THE_CDK = "import aws_cdk\nfrom aws_cdk import aws_ec2, aws_ecs\naws_ec2.Vpc, aws_ecs.FargateService\n"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a program: its wall time, and the memory of its largest process."""

    seconds: float
    memory_mib: float


@dataclass(frozen=True, kw_only=True)
class Templates:
    """The templates of an environment.

    Attributes:
        stacks: The number of stacks.
        resources: The resources of all stacks.
        most_resources: The resources of the largest stack.
        most_bytes: The size of the largest template.

    """

    stacks: int
    resources: int
    most_resources: int
    most_bytes: int


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """The medians of the runs for so many services; None is the empty app."""

    services: int | None
    app: Run
    cdk: Run
    templates: Templates


@dataclass(frozen=True, kw_only=True)
class Imports:
    """The medians of two imports, in seconds, and that of a Python that imports nothing."""

    ecs_envoy: float
    aws_cdk: float
    nothing: float


def measure(folder: Path, sizes: Sequence[int], rounds: int) -> list[Synthesis]:
    """Return the times for an empty app and for each of `sizes`; they take turns `rounds` times."""
    (folder / "empty.py").write_text(EMPTY_APP)
    apps: dict[int | None, tuple[str, Mapping[str, str]]] = {None: (str(folder / "empty.py"), {})}
    for size in sizes:
        file = folder / f"{size}.yaml"
        file.write_text(configuration(company(size)))
        apps[size] = (str(ROOT / "app.py"), {"config": str(file)})
    direct: dict[int | None, list[Run]] = {size: [] for size in apps}
    cdk: dict[int | None, list[Run]] = {size: [] for size in apps}
    for number in range(rounds + 1):
        for size, (app, context) in apps.items():
            out = folder / f"{size}.out"
            run = _run(
                [sys.executable, app],
                {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(context)},
            )
            if number:  # the first round warms the caches of the file system
                direct[size].append(run)
    for _ in range(max(1, rounds // 2)):
        for size, (app, context) in apps.items():
            options = [part for key, value in context.items() for part in ("--context", f"{key}={value}")]
            command = ["cdk", "synth", "--quiet", "--all", "--app", f"{sys.executable} {app}"]
            cdk[size].append(_run([*command, "--output", str(folder / f"{size}.cdk"), *options], {}))
    return [
        Synthesis(
            services=size,
            app=_median(direct[size]),
            cdk=_median(cdk[size]),
            templates=_templates(folder / f"{size}.out"),
        )
        for size in apps
    ]


def measure_imports(rounds: int) -> Imports:
    """Return how long imports take; they take turns `rounds` times."""
    times: dict[str, list[float]] = {code: [] for code in (ALL_CONSTRUCTS, ALL_OF_THE_CDK, "")}
    for _ in range(rounds):
        for code, found in times.items():
            found.append(_run([sys.executable, "-c", code], {}).seconds)
    ours, theirs, nothing = (median(found) for found in times.values())
    return Imports(ecs_envoy=ours, aws_cdk=theirs, nothing=nothing)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run `command` in the checkout; its output is not wanted."""
    begin = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**clean_environment(), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Run(seconds=time.monotonic() - begin, memory_mib=usage.ru_maxrss / 1024)


def _median(runs: Sequence[Run]) -> Run:
    return Run(seconds=median(run.seconds for run in runs), memory_mib=median(run.memory_mib for run in runs))


def _templates(out: Path) -> Templates:
    files = list(out.glob("*.template.json"))
    counts = [len(json.loads(file.read_text()).get("Resources", {})) for file in files]
    return Templates(
        stacks=len(files),
        resources=sum(counts),
        most_resources=max(counts),
        most_bytes=max(file.stat().st_size for file in files),
    )
