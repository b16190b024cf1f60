import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.configuration import load_configuration
from envoy_config import Metrics, Proxy, Service, Tracing
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from envoy_config.telemetry import COLLECTOR_CLUSTER
from rehearsal import configured
from rehearsal.agent.ecs_api import Container, HealthCheck, TaskDefinition
from rehearsal.agent.images import Images, ImageUnknownError, LocalContainer, Place
from rehearsal.agent.local_bootstrap import localize
from rehearsal.configured import Command
from rehearsal.load import hosted_task
from rehearsal.processes import StartFailedError
from tests.conftest import ROOT, Templates, proxy_container, read_templates, resources

IMAGES = Images(
    grpc_services={"lessons": ("learning.v1.Lessons",)},
    commands={
        "grading": Command(arguments=("./serve", "--listen={address}:{port}"), folder=Path("/srv")),
        "api": Command(arguments=("./api",), folder=Path("/srv")),
    },
    api_image="example.com/api:1",
    name_server=("127.1.2.4", 5300),
    work_ms=5,
)


def container(**changes: Any) -> Container:  # noqa: ANN401
    values: dict[str, Any] = {
        "name": "service",
        "entry_point": (),
        "essential": True,
        "depends_on": {},
        "volumes": {},
        "restart_period": None,
        "image": "example.com/lessons:1",
        "port": 50051,
        "command": (),
        "environment": {"LOG_LEVEL": "info"},
        "secrets": ("DATABASE_URL",),
        "health_check": None,
        "stop_timeout": 30,
        "start_timeout": 120,
    }
    return Container(**{**values, **changes})


def local(
    service: str, which: Container, *beside: Container, folder: Path = Path("/nowhere")
) -> LocalContainer:
    """Return what runs for the first of a task's containers."""
    definition = TaskDefinition(arn="arn", family=service, containers=(*beside, which))
    place = Place(address="127.1.2.3", folder=folder, environment={})
    return IMAGES.local_container(service, definition, which, place)


def differences(left: Any, right: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401
    """Yield the path of each value that two JSON documents do not share."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}):  # pyright: ignore
            yield from differences(left.get(key), right.get(key), f"{path}.{key}".lstrip("."))  # pyright: ignore
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):  # pyright: ignore
        for index, (one, other) in enumerate(zip(left, right, strict=True)):  # pyright: ignore
            yield from differences(one, other, f"{path}[{index}]")
    elif left != right:
        yield path


def test_only_addresses_and_the_resolver_differ_from_the_deployed_bootstrap() -> None:
    service = Service(name="lessons", address="lessons.learning.local")
    deployed = to_json(bootstrap(Proxy(name="grpc", metrics=Metrics(), tracing=Tracing()), [service]))
    moved = localize(deployed, address="127.1.2.3", name_server="127.1.2.4", name_server_port=5300)
    assert list(differences(json.loads(deployed), json.loads(moved))) == [
        "admin.address.socket_address.address",
        *(
            f"static_resources.clusters[{n}].load_assignment.endpoints[0].lb_endpoints[0].endpoint"
            ".address.socket_address.address"
            for n in (1, 2)
        ),
        "static_resources.listeners[0].address.socket_address.address",
        "static_resources.listeners[1].address.socket_address.address",
        "typed_dns_resolver_config.typed_config.resolvers",
    ]


def test_only_the_bootstrap_differs_from_the_deployed_command(assembly: Path) -> None:
    deployed = tuple(proxy_container(read_templates(assembly))["Command"])
    run = local("grpc", container(command=deployed)).command[1:]
    assert len(run) == len(deployed)
    differing = [n for n, (one, other) in enumerate(zip(deployed, run, strict=True)) if one != other]
    assert differing == [1]
    static = json.loads(deployed[1])["static_resources"]
    metrics = len(static["listeners"]) > 1
    tracing = any(cluster["name"] == COLLECTOR_CLUSTER for cluster in static["clusters"])
    differing = list(differences(json.loads(deployed[1]), json.loads(run[1])))
    assert len(differing) == 3 + 2 * metrics + tracing  # the test above names them


def test_the_sidecars_settings_differ_only_in_where_they_are(large: Templates, tmp_path: Path) -> None:
    definition = next(d for d in resources(large, "AWS::ECS::TaskDefinition") if d.get("Volumes"))
    envoy, sidecar, _ = definition["ContainerDefinitions"]
    beside = container(name="envoy", command=tuple(envoy["Command"]))
    # The namespace's id comes from another stack.
    (settings,) = sidecar["Command"]
    parts = settings["Fn::Join"][1]
    told = ("".join(part if isinstance(part, str) else "ns-0123456789abcdef" for part in parts),)
    run = local(
        "grpc",
        container(name="discovery", port=0, command=told, volumes={"/endpoints": "endpoints"}),
        beside,
        folder=tmp_path,
    )
    assert run.command[1:3] == ("-m", "discovery")
    assert list(differences(json.loads(told[0]), json.loads(run.command[3]))) == [
        "address",
        "admin",
        "folder",
    ]
    assert json.loads(run.command[3])["folder"] == str(tmp_path / "endpoints")
    assert (tmp_path / "endpoints").is_dir()


def test_envoy_reads_the_files_of_its_volume(large: Templates, tmp_path: Path) -> None:
    command = tuple(proxy_container(large)["Command"])
    run = local("grpc", container(command=command, volumes={"/endpoints": "endpoints"}), folder=tmp_path)
    assert f"{tmp_path}/endpoints/lessons/endpoints.json" in run.command[2]
    assert '"/endpoints' not in run.command[2]


def test_a_container_with_a_shell_for_entry_point_runs_as_it_is() -> None:
    waiting = container(name="pre-stop", port=0, entry_point=("/bin/sh", "-c"), command=("sleep 1",))
    assert local("lessons", waiting, container()).command == ("/bin/sh", "-c", "sleep 1")


def test_the_drain_container_asks_the_envoy_of_its_own_task(example: Templates) -> None:
    (drain,) = (
        c
        for d in resources(example, "AWS::ECS::TaskDefinition")
        for c in d["ContainerDefinitions"]
        if c["Name"] == "drain"
    )
    told = {variable["Name"]: variable["Value"] for variable in drain["Environment"]}
    deployed = container(
        name="drain",
        port=0,
        entry_point=tuple(drain["EntryPoint"]),
        command=tuple(drain["Command"]),
        environment=told,
        secrets=(),
    )
    run = local("grpc", deployed, container(name="envoy"))
    assert run.command == (*drain["EntryPoint"], *drain["Command"])
    assert run.environment == {**told, "ADMIN_ADDRESS": "127.1.2.3"}


def test_a_server_whose_sigterm_is_held_back_ends_at_once() -> None:
    waiting = container(name="pre-stop", port=0, depends_on={"service": "START"})
    command = local("lessons", container(), waiting).command
    assert command[command.index("--serve-on-seconds") + 1] == "0"


def test_fails_on_a_second_container_that_nothing_stands_for() -> None:
    with pytest.raises(ImageUnknownError, match=r"image example\.com/lessons:1 of the container agent"):
        local("lessons", container(name="agent", port=0), container())


def test_envoys_health_check_asks_the_admin_at_its_address_here(assembly: Path) -> None:
    deployed = proxy_container(read_templates(assembly))
    check = HealthCheck(
        command=tuple(deployed["HealthCheck"]["Command"]), interval=5, timeout=3, retries=3, start_period=10
    )
    envoy = container(command=tuple(deployed["Command"]), health_check=check)
    command = local("grpc", envoy).health_command
    assert command[:2] == ("/bin/bash", "-c")
    assert command[2] == check.command[3].replace("127.0.0.1", "127.1.2.3")


def test_a_container_gets_its_variables_and_its_secrets_a_placeholder() -> None:
    run = local("lessons", container())
    assert run.environment == {"LOG_LEVEL": "info", "DATABASE_URL": "rehearsal"}


def test_a_stand_in_plays_the_proto_services_of_the_configuration() -> None:
    command = local("lessons", container()).command
    assert command[1:] == (
        "-m",
        "rehearsal.load.grpc_task",
        "--work-ms",
        "5",
        "--serve-on-seconds",
        "10.0",
        "127.1.2.3",
        "50051",
        "learning.v1.Lessons",
    )


def test_stand_ins_of_many_tasks_ask_the_process_that_they_share() -> None:
    images = replace(IMAGES, task_host=Path("/tmp/host"))  # noqa: S108  # nothing writes there
    place = Place(address="127.1.2.3", folder=Path("/nowhere"), environment={})
    serves = container()
    definition = TaskDefinition(arn="arn", family="lessons", containers=(serves,))
    command = images.local_container("lessons", definition, serves, place).command
    assert command[1:] == (
        *("-S", hosted_task.__file__, "/tmp/host", "10.0", "5"),  # noqa: S108
        *("127.1.2.3", "50051", "learning.v1.Lessons"),
    )


def test_a_health_check_that_this_machine_lacks_is_asked_by_grpc() -> None:
    check = HealthCheck(
        command=("CMD", "/bin/grpc_health_probe", "-addr=:50051"),
        interval=5,
        timeout=3,
        retries=3,
        start_period=0,
    )
    command = local("lessons", container(health_check=check)).health_command
    assert command[1:] == ("-m", "rehearsal.agent.grpc_probe", "127.1.2.3", "50051")


def test_a_teams_own_server_runs_in_the_place_of_its_image() -> None:
    run = local("grading", container(port=50052))
    assert (run.command, run.folder) == (("./serve", "--listen=127.1.2.3:50052"), Path("/srv"))
    api = local("dev-api-Service123", container(image="example.com/api:1"))
    assert api.command == ("./api",)


def test_fails_on_an_image_that_nothing_stands_for() -> None:
    with pytest.raises(
        ImageUnknownError,
        match=r"other: there is no local command .* give a command under rehearsal\.services",
    ):
        local("other", container())


def test_fails_with_the_cure_where_there_is_no_envoy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(StartFailedError, match="there is no envoy next to /nowhere/python; run make setup"):
        local("grpc", container(command=("--config-yaml", "{}")))


def test_the_section_of_the_configuration_names_commands_and_methods(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        (ROOT / "config/existing.yaml").read_text()
        + "rehearsal:\n  work: 2ms\n  services:\n    grading:\n"
        + "      command: [./serve, '{port}']\n      methods: [learning.v1.Grading/List]\n"
    )
    configuration = load_configuration(path)
    assert configured.commands(configuration, tmp_path) == {
        "grading-v2": Command(arguments=("./serve", "{port}"), folder=tmp_path)
    }
    assert configured.methods(configuration) == {"grading-v2": ("learning.v1.Grading/List",)}
