"""However a rehearsal ends, none of its processes is left."""

import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml

from tests.conftest import ROOT
from tests.rehearsal.whole.conftest import Rehearse
from tests.rehearsal.whole.watching import descendants, gone
from tests.waiting import until


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The smallest configuration that has each kind of process: existing.yaml without services of its own."""
    values = yaml.safe_load((ROOT / "config/existing.yaml").read_text())
    del values["services"], values["api"]
    values["proxy"] = {"clients": ["10.20.0.0/16"]}
    values["telemetry"] = {"prometheus": {"scraped_from": ["10.0.0.0/16"]}}
    config = tmp_path / "small.yaml"
    config.write_text(yaml.safe_dump(values, sort_keys=False))
    return config


def read_until(running: subprocess.Popen[str], step: str) -> None:
    assert running.stdout
    while step not in (line := running.stdout.readline()):
        assert line, "the rehearsal ended by itself"


def has_processes(running: subprocess.Popen[str], *names: str) -> bool:
    commands: list[str] = []
    for process in descendants(running.pid):
        with suppress(psutil.Error):
            commands.append(" ".join(process.cmdline()))
    return all(any(name in command for command in commands) for name in names)


@pytest.mark.parametrize(
    ("step", "process"),
    [
        pytest.param("Deploy to the emulator", "node_modules/.bin/cdk", id="deploys"),
        pytest.param("After: make the same calls", "rehearsal.load.clients", id="calls"),
    ],
)
def test_ctrl_c_ends_every_process_that_it_started(
    rehearse: Rehearse, small: Path, step: str, process: str, tmp_path: Path
) -> None:
    running = rehearse(small, home=tmp_path, out=tmp_path / "out")
    read_until(running, step)
    until(lambda: has_processes(running, process))
    children = descendants(running.pid)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate()
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert gone(children)


def test_killed_outright_it_leaves_no_process(rehearse: Rehearse, small: Path, tmp_path: Path) -> None:
    running = rehearse(small, home=tmp_path, out=tmp_path / "out")
    read_until(running, "After: make the same calls")
    until(
        lambda: has_processes(
            running,
            "rehearsal.account.emulator",
            "rehearsal.load.grpc_task",
            "envoy --config-yaml",
            "-m discovery",
            "rehearsal.load.l4_proxy",
            "rehearsal.load.clients",
        )
    )
    children = descendants(running.pid)
    running.kill()
    running.communicate()
    assert gone(children)
