"""Which containers of a task start again, and when one takes its whole task along, as ECS decides it."""

import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.agent.ecs_api import Container, HealthCheck, TaskDefinition
from rehearsal.agent.images import LocalContainer
from rehearsal.agent.task import State, Task
from rehearsal.processes import end
from tests.discovery.polling import Clock
from tests.waiting import until

pytestmark = pytest.mark.process

CHECK = HealthCheck(command=("CMD", "true"), interval=5, timeout=5, retries=3, start_period=0)


def container(name: str, **changes: Any) -> Container:  # noqa: ANN401
    values: dict[str, Any] = {
        "image": name,
        "port": 50051 if name == "envoy" else 0,
        "entry_point": (),
        "command": (),
        "environment": {},
        "secrets": (),
        "health_check": None,
        "stop_timeout": 30,
        "start_timeout": 120,
        "essential": name == "envoy",
        "depends_on": {},
        "volumes": {},
        "restart_period": None,
    }
    return Container(name=name, **{**values, **changes})


class Ran:
    """A task of `envoy` and a sidecar; the test moves the clock."""

    def __init__(self, folder: Path, envoy: Container, sidecar: Container, health: str) -> None:
        self.clock = Clock()
        self.checks = folder / "checks"
        self.checks.touch()
        check = ("/bin/sh", "-c", f"echo >> {self.checks}; {health}")
        sleeps = (sys.executable, "-c", "import signal; signal.pause()")
        local = {
            name: LocalContainer(
                command=sleeps,
                environment={},
                folder=None,
                health_command=check if name == "sidecar" and sidecar.health_check else (),
            )
            for name in ("envoy", "sidecar")
        }
        self.task = Task(
            name="grpc-1",
            service="arn",
            definition=TaskDefinition(arn="arn:1", family="grpc", containers=(envoy, sidecar)),
            address="127.0.0.1",
            zone="a",
            age=1,
            local=local,
            logs=folder,
            clock=self.clock,
        )

    def kill(self, name: str) -> None:
        process = self.task.processes()[name]
        os.kill(process.pid, signal.SIGKILL)
        until(lambda: process.status() is not None)
        self.task.update()

    def runs(self, name: str) -> bool:
        process = self.task.processes().get(name)
        return process is not None and process.status() is None

    def end(self) -> None:
        self.task.end_probes()
        end(list(self.task.processes().values()), seconds=0)


@pytest.fixture
def ran(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Ran]:
    sidecar, envoy, health = request.param
    ran = Ran(tmp_path, container("envoy", **envoy), container("sidecar", **sidecar), health)
    yield ran
    ran.end()


Case = tuple[dict[str, Any], dict[str, Any], str]

ESSENTIAL: Case = ({"health_check": CHECK, "essential": True}, {}, "false")
NOT_ESSENTIAL: Case = ({"health_check": CHECK}, {}, "false")
RESTARTED: Case = ({"restart_period": 60.0}, {}, "true")


@pytest.mark.parametrize("ran", [RESTARTED], indirect=True)
def test_a_sidecar_that_ran_long_enough_starts_again_and_one_that_did_not_stays_down(ran: Ran) -> None:
    ran.clock.now += 61
    ran.kill("sidecar")
    assert ran.runs("sidecar")
    ran.clock.now += 59
    ran.kill("sidecar")
    ran.clock.now += 600
    ran.task.update()
    assert not ran.runs("sidecar")
    assert ran.task.state is State.RUNNING
    assert ran.task.healthy


@pytest.mark.parametrize("ran", [({"restart_period": 60.0, "essential": True}, {}, "true")], indirect=True)
def test_an_essential_container_that_stays_down_takes_its_task_along(ran: Ran) -> None:
    ran.kill("sidecar")
    assert ran.task.state is not State.RUNNING


@pytest.mark.parametrize(
    ("ran", "essential"),
    [
        pytest.param(ESSENTIAL, True, id="essential"),
        pytest.param(NOT_ESSENTIAL, False, id="not essential"),
    ],
    indirect=["ran"],
)
def test_only_an_essential_container_makes_its_task_unhealthy(ran: Ran, essential: bool) -> None:
    until(lambda: moved(ran) and len(ran.checks.read_text()) > CHECK.retries)
    assert ran.task.failing is essential
    assert ran.task.healthy is not essential


def moved(ran: Ran) -> bool:
    ran.clock.now += 1
    ran.task.update()
    return True


WAITS: dict[str, Any] = {"depends_on": {"sidecar": "HEALTHY"}}


@pytest.mark.parametrize("ran", [({"health_check": CHECK}, WAITS, "false")], indirect=True)
def test_a_container_waits_for_the_health_of_another_until_the_start_timeout(ran: Ran) -> None:
    ran.clock.now += 119
    ran.task.update()
    assert ran.task.state is State.RUNNING
    assert not ran.runs("envoy")
    ran.clock.now += 2
    ran.task.update()
    assert ran.task.state is not State.RUNNING


@pytest.mark.parametrize("ran", [({"health_check": CHECK}, WAITS, "false")], indirect=True)
def test_a_container_does_not_wait_for_one_that_is_down(ran: Ran) -> None:
    ran.kill("sidecar")
    assert ran.task.state is not State.RUNNING


@pytest.mark.parametrize(
    "ran", [({"health_check": CHECK, "restart_period": 60.0}, WAITS, "true")], indirect=True
)
def test_health_counts_for_a_dependency_only_at_the_start(ran: Ran) -> None:
    until(lambda: moved(ran) and ran.runs("envoy"))
    ran.kill("sidecar")
    ran.clock.now += 600
    ran.task.update()
    assert ran.runs("envoy")
    assert ran.task.state is State.RUNNING
