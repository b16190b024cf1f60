"""Finds the local command that runs in place of a container's image."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecs_envoy.plan.packed_bootstrap import ENVOY, is_packed, pack, unpack
from envoy_config.model import ADMIN_PORT, ENDPOINTS_FOLDER, XDS_PORT
from rehearsal.agent.ecs_api import DEFAULT_STOP_TIMEOUT, Container, TaskDefinition
from rehearsal.agent.local_bootstrap import localize
from rehearsal.configured import Command
from rehearsal.load import hosted_task
from rehearsal.load.grpc_task import SERVE_ON_SECONDS
from rehearsal.processes import StartFailedError


@dataclass(frozen=True, kw_only=True)
class LocalContainer:
    """The local command that runs in place of a container.

    Attributes:
        command: The program and its arguments.
        environment: The container's environment variables.
        folder: Its working folder; None for the current one.
        health_command: The health check, with its arguments; it ends with 0 if the container is healthy.
            Empty if there is none.

    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path | None
    health_command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a task runs on this machine.

    Attributes:
        address: Its loopback address.
        folder: The folder that holds a folder for each volume.
        environment: The environment variables that ECS gives to every container.

    """

    address: str
    folder: Path
    environment: Mapping[str, str]

    def local_path(self, container: Container, path: str) -> str:
        """Return the local path for `path` in `container`; only paths in a volume differ."""
        for mounted, volume in container.volumes.items():
            if path == mounted or path.startswith(f"{mounted}/"):
                return str(self.folder / volume) + path.removeprefix(mounted)
        return path


class ImageUnknownError(Exception):
    """There is no local command for an image; the message says how to give one."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """The local commands for the images of a configuration.

    Attributes:
        grpc_services: The proto services that a stand-in server answers for, by the service's
            name in the namespace.
        commands: Commands of the user that run instead of a stand-in, by service.
        api_image: The image of the public API, whose command has the key `api` in `commands`.
        name_server: The address and UDP port of the DNS server that Envoy uses.
        work_ms: The CPU time in milliseconds that a stand-in server spends on each call.
        sidecars: The names of the user's own sidecars, which are not run.
        task_host: The socket of the process that has the servers of all stand-ins; None if each has its own.

    """

    grpc_services: Mapping[str, tuple[str, ...]]
    commands: Mapping[str, Command]
    api_image: str | None
    name_server: tuple[str, int]
    work_ms: float
    sidecars: frozenset[str] = frozenset()
    task_host: Path | None = None

    def local_container(
        self, service: str, definition: TaskDefinition, container: Container, place: Place
    ) -> LocalContainer:
        """Return what to run at `place` for `container` of a task of `service`.

        Raises:
            ImageUnknownError: There is no local command for the image.
            StartFailedError: The container is Envoy, which is not installed.

        """
        for volume in container.volumes.values():
            (place.folder / volume).mkdir(parents=True, exist_ok=True)
        secrets = dict.fromkeys(container.secrets, "rehearsal")
        if container is definition.container:
            command, folder = self._command(service, definition, place)
        else:
            command, folder = _sidecar_command(service, container, place), None
        environment = {**place.environment, **container.environment, **secrets}
        if container.name == "drain":
            environment["ADMIN_ADDRESS"] = place.address
        return LocalContainer(
            command=command,
            environment=environment,
            folder=folder,
            health_command=_health_command(container, place.address),
        )

    def _command(
        self, service: str, definition: TaskDefinition, place: Place
    ) -> tuple[tuple[str, ...], Path | None]:
        container, address = definition.container, place.address
        own_command = self.commands.get("api" if container.image == self.api_image else service)
        if own_command:
            values = {"{address}": address, "{port}": str(container.port)}
            return tuple(_substitute(part, values) for part in own_command.arguments), own_command.folder
        if "--config-yaml" in container.command:
            return (*_envoy_entry_point(container), *self.envoy_arguments(container, place)), None
        if service in self.grpc_services:
            # With a pre-stop container the server gets SIGTERM late, so it may end at once.
            held_back = any(container.name in other.depends_on for other in definition.containers)
            serve_on = "0" if held_back else _serve_on_seconds(container)
            return self._stand_in(serve_on, address, container.port, self.grpc_services[service]), None
        raise ImageUnknownError(
            f"{service}: there is no local command for the image {container.image}; "
            "to run this service too, give a command under rehearsal.services"
        )

    def _stand_in(
        self, serve_on: str, address: str, port: int, grpc_services: Sequence[str]
    ) -> tuple[str, ...]:
        work = str(self.work_ms)
        served = (address, str(port), *grpc_services)
        if self.task_host:
            # Without `site` Python starts in a third of the time.
            script = (sys.executable, "-S", hosted_task.__file__)
            return (*script, str(self.task_host), serve_on, work, *served)
        module = (sys.executable, "-m", "rehearsal.load.grpc_task")
        return (*module, "--work-ms", work, "--serve-on-seconds", serve_on, *served)

    def envoy_arguments(self, container: Container, place: Place) -> list[str]:
        """Return the task definition's command for Envoy, with a bootstrap that runs on loopback."""
        host, port = self.name_server
        bootstrap_index = container.command.index("--config-yaml") + 1
        deployed = container.command[bootstrap_index]
        bootstrap = localize(
            unpack(deployed),
            address=place.address,
            name_server=host,
            name_server_port=port,
            local_path=lambda path: place.local_path(container, path),
        )
        if is_packed(deployed):
            bootstrap = pack(bootstrap)
        return [
            bootstrap if index == bootstrap_index else part for index, part in enumerate(container.command)
        ]


def _serve_on_seconds(container: Container) -> str:
    """Return how long a stand-in server keeps serving after SIGTERM: as a long stop timeout allows."""
    if container.stop_timeout <= DEFAULT_STOP_TIMEOUT:
        return str(SERVE_ON_SECONDS)
    return str(container.stop_timeout - 5)


def _sidecar_command(service: str, container: Container, place: Place) -> tuple[str, ...]:
    """Return the local command of a container other than the one that serves."""
    if container.name == "discovery":
        (settings,) = container.command
        local_settings = {
            **json.loads(settings),
            "address": place.address,
            "admin": f"{place.address}:{ADMIN_PORT}",
            "folder": place.local_path(container, ENDPOINTS_FOLDER),
        }
        if "xds" in local_settings:
            local_settings["xds"] = f"{place.address}:{XDS_PORT}"
        return sys.executable, "-m", "discovery", json.dumps(local_settings)
    if container.entry_point[:1] in {("/bin/sh",), ("/bin/bash",)}:
        return (*container.entry_point, *container.command)
    raise ImageUnknownError(
        f"{service}: there is no local command for the image {container.image} "
        f"of the container {container.name}"
    )


def _substitute(part: str, values: Mapping[str, str]) -> str:
    for placeholder, value in values.items():
        part = part.replace(placeholder, value)
    return part


def _envoy_entry_point(container: Container) -> tuple[str, ...]:
    """Return the container's entry point with the Envoy of this machine."""
    entry_point = container.entry_point or (ENVOY,)
    return tuple(part.replace(ENVOY, _envoy()) for part in entry_point)


def _envoy() -> str:
    # Always the Envoy that requirements-dev.txt pins, even if the machine has another one.
    found = shutil.which("envoy", path=str(Path(sys.executable).parent))
    if found is None:
        raise StartFailedError(f"there is no envoy next to {sys.executable}; run make setup")
    return found


def _health_command(container: Container, address: str) -> tuple[str, ...]:
    """Return the container's own health check, with the task's loopback address.

    If its program is not installed here, a call of grpc.health.v1 takes its place.
    """
    if container.health_check is None:
        return ()
    kind, *rest = container.health_check.command
    command = ["/bin/sh", "-c", rest[0]] if kind == "CMD-SHELL" else rest
    if shutil.which(command[0]) is None:
        return (sys.executable, "-m", "rehearsal.agent.grpc_probe", address, str(container.port))
    return tuple(part.replace("127.0.0.1", address).replace("localhost", address) for part in command)
