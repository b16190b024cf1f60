"""The whole rehearsal as a user runs it: `ecs-envoy rehearse`."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest

from rehearsal.account.aws import Aws
from rehearsal.account.cdk import Cdk, CdkFailedError
from rehearsal.monitoring.prometheus import prometheus_binary
from rehearsal.processes import Processes
from tests.conftest import BIN, ROOT

# One rehearsal at a time: two would fight for the cores, and each measures CPU.
pytestmark = pytest.mark.xdist_group("rehearsal")

Rehearse = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def rehearse() -> Generator[Rehearse]:
    """Starts a rehearsal for a user whose AWS settings must not matter, in a home of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, home: Path) -> subprocess.Popen[str]:
        running = subprocess.Popen(
            [str(BIN / "ecs-envoy"), "rehearse", *arguments],
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "HOME": str(home),
                "AWS_PROFILE": "no-such-profile",
                "AWS_ACCESS_KEY_ID": "not-to-be-read",
                "http_proxy": "http://127.0.0.1:9",
                "COLUMNS": "120",
            },
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.terminate()
        with running:  # waits, and closes its pipes
            pass


def descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def listening_beyond_loopback(processes: list[psutil.Process]) -> set[str]:
    found: set[str] = set()
    for process in processes:
        try:
            connections = process.net_connections(kind="inet")
        except psutil.Error:
            continue
        # gRPC binds an IPv4 address through a socket of both families.
        bound = {c.laddr.ip.removeprefix("::ffff:") for c in connections if c.status == psutil.CONN_LISTEN}
        found |= {address for address in bound if not address.startswith("127.")}
    return found


# Little work for each call: where CPU is short, the tasks that two clients call are too slow to get more.
TELEMETRY = """
rehearsal: {work: 2ms}
telemetry:
  access_log: {sample_percent: 100}
  prometheus: {scraped_from: [10.0.0.0/16]}
"""


def logged(logs: list[Path]) -> dict[str, dict[str, int]]:
    """Return the calls that the access log has, by method and status; each line has to parse."""
    counts: dict[str, dict[str, int]] = {}
    for log in logs:
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            by_status = counts.setdefault(entry["grpc_method"], {})
            by_status[entry["grpc_status"]] = by_status.get(entry["grpc_status"], 0) + 1
    return counts


def test_rehearsal_deploys_calls_scales_rolls_and_reports(rehearse: Rehearse, tmp_path: Path) -> None:
    home, out, config = tmp_path / "home", tmp_path / "out", tmp_path / "telemetry.yaml"
    home.mkdir()
    config.write_text((ROOT / "config/existing.yaml").read_text() + TELEMETRY)
    running = rehearse(str(config), "--seconds", "6", "--out", str(out), home=home)
    beyond: set[str] = set()
    seen: set[int] = set()
    gaps: list[float] = []

    def watch() -> None:
        while running.poll() is None:
            processes = descendants(running.pid)
            seen.update(process.pid for process in processes)
            beyond.update(listening_beyond_loopback(processes))
            time.sleep(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert running.stdout
    assert running.stderr
    last, text = time.monotonic(), ""
    for line in running.stdout:
        gaps.append(time.monotonic() - last)
        last, text = time.monotonic(), text + line
    status = running.wait(60)
    watcher.join()
    err = running.stderr.read()
    assert status == 0, err + text

    values = json.loads((out / "result.json").read_text())
    assert values["problems"] == []
    assert [result["service"] for result in values["after"]] == ["lessons", "progress", "grading-v2"]
    for result in [*values["before"], *values["after"]]:
        assert result["errors"] == {}
        assert result["calls"] > 100
    for result in values["after"]:
        assert result["cv_requests"] <= 0.03  # six seconds cut a round here and there; 0.01 takes more calls
        assert min(result["requests"].values()) > 0
    assert values["before"][0]["cv_requests"] > 0.25  # 0.333, and a few seconds cut a round
    assert values["before"][0]["cv_cpu"] > 0.2
    scale_out, roll = values["scale_out"], values["roll"]
    assert scale_out["errors"] == roll["errors"] == {}
    assert len(scale_out["new_tasks"]) == 2
    assert len(roll["new_tasks"]) == 4
    assert all(task["first_request"] is not None for task in [*scale_out["new_tasks"], *roll["new_tasks"]])
    assert values["discovery_bound_seconds"] == {"lessons": 10, "progress": 10, "grading-v2": 2.2}
    assert [proxy["task"] for proxy in values["proxies"]] == [
        "grpc-1",
        "grpc-1 discovery",
        "grpc-2",
        "grpc-2 discovery",
    ]
    assert all(0 < proxy["memory_mib"] < 512 and proxy["cpu_percent"] > 0 for proxy in values["proxies"])

    # Envoy's log has a line for each call that a client made, by method and status.
    made = values["calls_by_clients"]
    assert sum(sum(by_status.values()) for by_status in made.values()) > 500
    assert logged([out / "logs/grpc-1.out", out / "logs/grpc-2.out"]) == made
    if prometheus_binary() is None:
        assert "Prometheus is not installed" in text
    else:
        assert values["calls_by_prometheus"] == made
        assert "lessons" in values["prometheus_before"]["skew_alerts"]
        assert values["prometheus_after"]["skew_alerts"] == []
        assert (out / "monitoring.png").is_file()

    assert {"report.html", "before.png", "after.png", "changes.png"} <= {path.name for path in out.iterdir()}
    assert "lessons" in text
    assert "Envoy" in text
    assert str(out / "report.html") in text
    assert not beyond
    assert not list(home.iterdir()), "something was written to the user's home"
    assert len(seen) > 20
    assert not [pid for pid in seen if Path(f"/proc/{pid}").exists()]
    # A stretch without a line leaves a person guessing; a loose bound, since machines are busy.
    assert max(gaps) < 20


def test_twenty_tasks_are_found_by_the_sidecar_and_their_zones_kept(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    running = rehearse(str(ROOT / "config/large.yaml"), "--seconds", "6", "--out", str(out), home=tmp_path)
    text, err = running.communicate(timeout=400)
    assert running.returncode == 0, err + text
    values = json.loads((out / "result.json").read_text())
    assert values["problems"] == []
    before, after = values["before"][0], values["after"][0]
    assert sum(count == 0 for count in before["requests"].values()) == 14  # six connections, six tasks
    assert len(after["requests"]) == 20
    assert min(after["requests"].values()) > 0
    # By zone the proxies follow each other's traffic, within 2 %; six seconds cut a round.
    assert after["cv_requests"] <= 0.1
    assert values["in_zone"]["lessons"] > 0.55
    # The servers end at once on SIGTERM: their containers' pre-stop wait is what loses no call.
    assert len(values["roll"]["new_tasks"]) == 20  # the template's own count again
    assert values["roll"]["errors"] == values["scale_out"]["errors"] == {}
    sidecars = [proxy for proxy in values["proxies"] if "discovery" in proxy["task"]]
    assert len(sidecars) == 2
    assert all(sidecar["memory_mib"] < 64 for sidecar in sidecars)


@pytest.mark.parametrize("step", ["Deploy to the emulator", "After: make the same calls"])
def test_ctrl_c_ends_every_process_that_it_started(rehearse: Rehearse, step: str, tmp_path: Path) -> None:
    running = rehearse(
        str(ROOT / "config/example.yaml"), "--seconds", "5", "--out", str(tmp_path / "out"), home=tmp_path
    )
    assert running.stdout
    while step not in (line := running.stdout.readline()):
        assert line, "the rehearsal ended by itself"
    time.sleep(3)
    children = descendants(running.pid)
    assert children
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    _gone(children)


def test_killed_outright_it_leaves_no_process(rehearse: Rehearse, tmp_path: Path) -> None:
    running = rehearse(
        str(ROOT / "config/example.yaml"), "--seconds", "5", "--out", str(tmp_path / "out"), home=tmp_path
    )
    assert running.stdout
    while "Start the deployed tasks" not in (line := running.stdout.readline()):
        assert line, "the rehearsal ended by itself"
    time.sleep(4)
    children = descendants(running.pid)
    assert len(children) > 5
    running.kill()
    running.communicate(timeout=60)
    _gone(children)


def _gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_fails_with_status_2_on_a_bad_configuration_and_writes_nothing(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("environment: dev\n")
    running = rehearse(str(bad), "--out", str(tmp_path / "out"), home=tmp_path)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert f"{bad}:1: account: missing" in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


def test_fails_where_the_output_folder_holds_something_else(rehearse: Rehearse, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    running = rehearse(str(ROOT / "config/example.yaml"), "--out", str(tmp_path), home=tmp_path)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert err.startswith(f"{tmp_path}: not a folder that a rehearsal made")
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_fails_with_the_logs_path_where_a_deployment_fails(tmp_path: Path) -> None:
    aws = Aws(endpoint="http://127.0.0.1:9", account="111122223333", region="eu-west-1")
    never: Callable[[], object] = lambda: None  # noqa: E731
    with Processes(tmp_path) as processes:
        cdk = Cdk(processes, aws, tmp_path / "cdk", threading.Event())
        deploying = cdk.start_deploy(tmp_path / "no-such-assembly")
        with pytest.raises(
            CdkFailedError, match=r"deploy-no-such-assembly failed with status 1; see .*\.err: "
        ):
            cdk.wait(deploying, never)
