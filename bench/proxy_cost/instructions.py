"""`make bench-instructions`: count Envoy's instructions for a call, and write `bench/instructions.md`.

Counts of two runs differ by less than a thousandth, whatever else the machine does. So they show what a
setting costs even if times are noisy. They do not include the kernel's work.
"""

import glob
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.markdown import write_markdown
from bench.proxy_cost import envoys
from bench.proxy_cost.load import Caller, LoadFailedError
from bench.proxy_cost.policies import POLICIES
from bench.proxy_cost.world import World
from envoy_config import AccessLog, Tracing, TrafficPolicy
from rehearsal.machine import describe
from rehearsal.processes import Processes, StartFailedError

PAGE = Path(__file__).resolve().parent.parent / "instructions.md"
CALLS = 2000

Change = Callable[[envoys.Bootstrap], None]


def _no_change(_values: envoys.Bootstrap) -> None:
    pass


def _filter(name: str, kind: str, **fields: object) -> Change:
    def change(values: envoys.Bootstrap) -> None:
        types = "type.googleapis.com/envoy.extensions.filters.http"
        settings = {"@type": f"{types}.{kind}", **fields}
        envoys.manager(values)["http_filters"].insert(0, {"name": name, "typed_config": settings})

    return change


def _manager_fields(**fields: object) -> Change:
    return lambda values: envoys.manager(values).update(fields)


def _with_http_statistics(values: envoys.Bootstrap) -> None:
    envoys.manager(values)["http_filters"][-1]["typed_config"].pop("dynamic_stats", None)


def _path_by_cel(values: envoys.Bootstrap) -> None:
    for log in (entry for entry in envoys.manager(values)["access_log"] if "stdout" in entry["name"]):
        fields = log["typed_config"]["log_format"]["json_format"]
        for name, pattern in (("grpc_service", "^/([^/]*)/.*$"), ("grpc_method", "^/[^/]*/(.*)$")):
            fields[name] = f"%CEL(re.extract(request.path, '{pattern}', '\\\\1'))%"


def _variants(endpoints: list[tuple[str, int]], address: str) -> dict[str, envoys.Bootstrap]:
    variants: dict[str, envoys.Bootstrap] = {}

    def add(name: str, values: envoys.Bootstrap, change: Change = _no_change) -> None:
        change(values)
        variants[name] = values

    def plain() -> envoys.Bootstrap:
        return envoys.without_telemetry(address, endpoints)

    every_call = AccessLog(sample_percent=100)
    add("no telemetry", plain())
    add("metrics by method and a sampled log, as deployed", envoys.with_telemetry(address, endpoints))
    add("the same with every call logged", envoys.with_telemetry(address, endpoints, access_log=every_call))
    add(
        "the same, and CEL splits the path for each line",
        envoys.with_telemetry(address, endpoints, access_log=every_call),
        _path_by_cel,
    )
    add(
        "as deployed, and 1 % of the calls traced",
        envoys.with_telemetry(address, endpoints, tracing=Tracing(sample_percent=1)),
    )
    add("no telemetry but request ids", plain(), _manager_fields(generate_request_id=True))
    add("no telemetry but statistics by HTTP status", plain(), _with_http_statistics)
    rule = {
        "header": "x-absent",
        "on_header_present": {"metadata_namespace": "bench", "key": "absent"},
    }
    to_metadata = _filter(
        "envoy.filters.http.header_to_metadata", "header_to_metadata.v3.Config", request_rules=[rule]
    )
    add("no telemetry but a filter that has nothing to do", plain(), to_metadata)
    by_method = _filter(
        "envoy.filters.http.grpc_stats",
        "grpc_stats.v3.FilterConfig",
        stats_for_all_methods=True,
        enable_upstream_stats=True,
    )
    add("no telemetry but the filter grpc_stats, with histograms", plain(), by_method)
    add("as deployed before telemetry was tuned", envoys.before_tuning(address, endpoints))
    return variants


def _policies(endpoints: list[tuple[str, int]], address: str) -> dict[str, envoys.Bootstrap]:
    return {
        name: envoys.with_telemetry(address, endpoints, policy=TrafficPolicy(**settings))
        for name, settings in POLICIES.items()
    }


def _counted(folder: Path, address: str, variants: dict[str, envoys.Bootstrap]) -> dict[str, float]:
    counted: dict[str, float] = {}
    for variant, values in variants.items():
        counted[variant] = _count(folder, address, values)
        print(f"{counted[variant]:9.0f} {variant}", flush=True)
    return counted


def main() -> int:
    """Count, and write the page; return 1 if a program is missing or did not start."""
    if shutil.which("valgrind") is None or shutil.which("vgdb") is None:
        print("bench-instructions: valgrind is not installed; run apt-get install valgrind", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-instructions-") as name:
        folder = Path(name)
        try:
            with World(folder) as world:
                address = world.address(30)
                counted = _counted(folder, address, _variants(world.backends, address))
                policies = _counted(folder, address, _policies(world.backends, address))
        except (StartFailedError, LoadFailedError) as error:
            print(f"bench-instructions: {error}", file=sys.stderr)
            return 1
    template = Path(__file__).with_name("instructions.md.jinja")
    write_markdown(template, PAGE, machine=describe(), counted=counted, policies=policies, calls=CALLS)
    print(f"{PAGE} written")
    return 0


def _count(folder: Path, address: str, values: envoys.Bootstrap) -> float:
    """Return the instructions for a call, for an Envoy with the bootstrap `values`."""
    out = folder / "callgrind"
    for old in folder.glob("callgrind*"):
        old.unlink()
    # The binary itself: .venv/bin/envoy is a Python wrapper, and callgrind would count that.
    (binary,) = glob.glob(f"{sys.prefix}/lib/python*/site-packages/envoy/_bin/envoy")  # noqa: PTH207
    command = [
        *("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", binary),
        *("--config-yaml", json.dumps(values), "--concurrency", "1", "--disable-hot-restart"),
    ]
    with Processes(folder) as processes:
        process = processes.start("counted", [*command, "--log-level", "error"])
        process.wait_for_port(address, envoys.PORT)
        caller = Caller(folder, [f"{address}:{envoys.PORT}"], envoys.method(0))
        caller.full_load(400)
        _dump(process.pid)
        calls = caller.full_load(CALLS).calls
        _dump(process.pid)
        process.kill()
    last = max(folder.glob("callgrind.*"), key=lambda path: int(path.suffix[1:]))
    total: Any = re.search(r"^(?:totals|summary): (\d+)", last.read_text(), re.MULTILINE)
    return int(total[1]) / calls


def _dump(pid: int) -> None:
    """Make callgrind write its counts and begin again at 0."""
    subprocess.run(["vgdb", f"--pid={pid}", "dump"], capture_output=True, check=True)  # noqa: S607


if __name__ == "__main__":
    sys.exit(main())
