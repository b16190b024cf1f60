"""The stand-in for the ECS agent, driven by the emulator's ECS API; its tasks are real processes."""

import json
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from rehearsal.agent.task import State
from rehearsal.processes import listens
from tests.emulator import Emulator
from tests.rehearsal.agent.one_service import SERVER, World
from tests.waiting import until


def test_tasks_are_listed_in_cloud_map_as_ecs_lists_them_and_in_dns(world: World) -> None:
    world.create(world.define(1), 3)
    until(lambda: world.agent.steady() and all(listens(task.address, 50051) for task in world.tasks()))
    instances = world.instances()
    assert {instance["AWS_INSTANCE_IPV4"] for instance in instances} == {
        task.address for task in world.tasks()
    }
    assert sorted(instance["AVAILABILITY_ZONE"] for instance in instances).count("eu-west-1a") in {1, 2}
    for instance in instances:
        assert instance["ECS_SERVICE_NAME"] == "lessons"
        assert instance["ECS_CLUSTER_NAME"] == "shared"
        assert instance["ECS_TASK_DEFINITION_FAMILY"] == "lessons"
    assert world.records() == {task.address for task in world.tasks()}
    environment = Path(f"/proc/{world.tasks()[0].process.pid}/environ").read_bytes().split(b"\0")
    assert b"VERSION=1" in environment


def test_a_change_of_the_desired_count_is_followed(world: World) -> None:
    world.create(world.define(1), 2)
    until(lambda: len(world.tasks()) == 2 and world.agent.steady())
    first = {task.name for task in world.tasks()}
    world.ecs.update_service(cluster="shared", service="lessons", desiredCount=4)
    until(lambda: len(world.tasks()) == 4 and world.agent.steady())
    world.ecs.update_service(cluster="shared", service="lessons", desiredCount=2)
    until(lambda: len(world.agent.tasks("lessons")) == 2)
    assert {task.name for task in world.tasks()} == first  # the newest went
    assert world.records() == {task.address for task in world.tasks()}


def test_what_dies_is_deregistered_and_replaced(world: World) -> None:
    world.create(world.define(1), 2)
    until(lambda: len(world.tasks()) == 2 and world.agent.steady())
    victim = world.tasks()[0]
    os.kill(victim.process.pid, signal.SIGKILL)
    until(lambda: victim not in world.agent.tasks() and len(world.tasks()) == 2)
    assert victim.address not in world.records()
    assert any(f"{victim.name} ended by itself with status -9" in line for line in world.said)


def test_a_roll_starts_new_tasks_before_it_deregisters_and_stops_old_ones(world: World) -> None:
    world.create(world.define(1), 2)
    until(lambda: len(world.tasks()) == 2 and world.agent.steady())
    old = set(world.records())
    second = world.define(2, check=["CMD-SHELL", "sleep 1"])
    world.ecs.update_service(cluster="shared", service="lessons", taskDefinition=second)
    seen: list[int] = []

    def rolled() -> bool:
        running = world.tasks()
        healthy = [task for task in running if task.healthy]
        seen.append(len(healthy))
        return {task.definition.arn for task in running} == {second} and world.agent.steady()

    until(rolled)
    assert min(seen) >= 2
    assert not world.records() & old
    until(lambda: len(world.agent.tasks("lessons")) == 2)


def test_a_task_is_named_by_dns_only_once_it_is_healthy(world: World) -> None:
    world.create(world.define(6), 1)
    until(lambda: world.agent.steady() and world.records())
    old = world.records()
    slow = world.define(7, check=["CMD-SHELL", "sleep 2"])
    world.ecs.update_service(cluster="shared", service="lessons", taskDefinition=slow)
    until(lambda: len(world.instances()) == 2)
    new = next(task for task in world.tasks() if task.definition.arn == slow)
    while not new.healthy:
        assert world.records() == old or new.healthy
        time.sleep(0.05)
    until(lambda: world.records() == {new.address})
    assert new.listed_at is not None


def test_a_task_whose_health_check_fails_is_given_up(emulator: Emulator) -> None:
    world = World(emulator, SERVER)
    with world.agent:
        try:
            world.create(world.define(3, check=["CMD", "false"]), 1)
            until(lambda: world.agent.failure)
        finally:
            emulator.aws.ecs().delete_service(cluster="shared", service="lessons", force=True)
    assert "lessons: 3 tasks of one task definition failed; see " in (world.agent.failure or "")
    assert any("fails its health check" in line for line in world.said)


def test_sigterm_is_followed_by_sigkill_once_the_stop_timeout_is_over(emulator: Emulator) -> None:
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"
    world = World(emulator, [sys.executable, "-c", f"{ignore}; signal.pause()"])
    with world.agent:
        world.create(world.define(4), 1)
        until(lambda: world.tasks() and "up" in world.tasks()[0].process.out.read_text())
        (task,) = world.tasks()
        emulator.aws.ecs().delete_service(cluster="shared", service="lessons", force=True)
        until(lambda: task.state is State.STOPPING)
        assert task.address not in world.records()
        begun = time.monotonic()
        until(lambda: task.state is State.STOPPED)
        assert task.process.status() == -signal.SIGKILL
        assert time.monotonic() - begun > 0.5  # it had its time


NOTING = """
import pathlib, signal, sys, time

def note(what):
    with open(sys.argv[1], "a") as notes:
        notes.write(what + " ")

def end(*_):
    time.sleep(0.5)
    note(sys.argv[2] + "-ends")
    sys.exit()

signal.signal(signal.SIGTERM, end)
note(sys.argv[2])
signal.pause()
"""


def test_containers_start_in_the_order_of_their_dependencies_and_stop_in_the_reverse(
    emulator: Emulator, tmp_path: Path
) -> None:
    script, notes = tmp_path / "noting.py", tmp_path / "notes"
    script.write_text(NOTING)
    containers: list[Any] = [
        {
            "name": "second",
            "image": "example.com/second:1",
            "entryPoint": ["/bin/sh", "-c"],
            "command": [f"exec {sys.executable} {script} {notes} second"],
            "dependsOn": [{"containerName": "first", "condition": "HEALTHY"}],
        },
        {
            "name": "first",
            "image": "example.com/first:1",
            "portMappings": [{"containerPort": 50051}],
            "healthCheck": {"command": ["CMD-SHELL", "sleep 1"], "interval": 5},
        },
    ]
    world = World(emulator, [sys.executable, str(script), str(notes), "first"])
    with world.agent:
        answer = world.ecs.register_task_definition(family="lessons", containerDefinitions=containers)
        world.create(answer["taskDefinition"].get("taskDefinitionArn", ""), 1)
        until(lambda: notes.exists() and notes.read_text() == "first second ")
        until(lambda: world.agent.steady())
        emulator.aws.ecs().delete_service(cluster="shared", service="lessons", force=True)
        until(lambda: not world.agent.tasks("lessons"))
    assert notes.read_text() == "first second second-ends first-ends "


def test_containers_get_the_metadata_of_their_task_and_credentials_of_its_role(world: World) -> None:
    world.create(world.define(9), 1)
    until(lambda: world.agent.steady())
    (task,) = world.tasks()
    text = Path(f"/proc/{task.process.pid}/environ").read_text()
    variables = dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
    with urllib.request.urlopen(f"{variables['ECS_CONTAINER_METADATA_URI_V4']}/task") as answer:  # noqa: S310
        assert json.load(answer)["AvailabilityZone"] == task.zone
    with urllib.request.urlopen(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"]) as answer:  # noqa: S310
        assert json.load(answer)["AccessKeyId"] == "111122223333"
    assert variables["AWS_ENDPOINT_URL"] == world.aws.endpoint


def test_leaving_ends_every_task(emulator: Emulator) -> None:
    world = World(emulator, SERVER)
    with world.agent:
        world.create(world.define(5), 2)
        until(lambda: len(world.tasks()) == 2)
        pids = [task.process.pid for task in world.tasks()]
    emulator.aws.ecs().delete_service(cluster="shared", service="lessons", force=True)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
