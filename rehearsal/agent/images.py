"""Which local command stands for a container's image."""

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envoy_config.model import ADMIN_PORT, ENDPOINTS_FOLDER
from rehearsal.agent.ecs_api import Container, TaskDefinition
from rehearsal.agent.local_bootstrap import localize
from rehearsal.course.configured import Command
from rehearsal.processes import StartFailedError


@dataclass(frozen=True, kw_only=True)
class LocalContainer:
    """What to run for a container.

    Attributes:
        command: The program and its arguments.
        environment: The container's environment variables.
        folder: Where it runs; None for here.
        health_command: The program that succeeds while the container is healthy; empty for none.

    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path | None
    health_command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a task runs here.

    Attributes:
        address: Its loopback address.
        folder: Its volumes, each a folder in it.
        environment: The environment variables that ECS gives to every container.

    """

    address: str
    folder: Path
    environment: Mapping[str, str]

    def moved(self, container: Container, path: str) -> str:
        """Return where `path` of `container` is here, if it is in one of its volumes."""
        for mounted, volume in container.volumes.items():
            if path == mounted or path.startswith(f"{mounted}/"):
                return str(self.folder / volume) + path.removeprefix(mounted)
        return path


class ImageUnknownError(Exception):
    """No local command stands for an image; the message says how to name one."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """The images that this machine can run.

    Attributes:
        grpc_services: The proto services of each service that a stand-in server can play, by its
            name in the namespace.
        commands: Local commands to run instead, by service.
        api_image: The image of the public API, to find its command under `api`.
        name_server: The address and UDP port that Envoy asks for names.
        work_ms: The CPU time in milliseconds that a stand-in server spends on each call.

    """

    grpc_services: Mapping[str, tuple[str, ...]]
    commands: Mapping[str, Command]
    api_image: str | None
    name_server: tuple[str, int]
    work_ms: float

    def local(
        self, service: str, definition: TaskDefinition, container: Container, place: Place
    ) -> LocalContainer:
        """Return what to run at `place` for `container` of a task of `service`.

        Raises:
            ImageUnknownError: Nothing stands for the image.
            StartFailedError: It is Envoy, and there is none here.

        """
        for volume in container.volumes.values():
            (place.folder / volume).mkdir(parents=True, exist_ok=True)
        secrets = dict.fromkeys(container.secrets, "rehearsal")
        if container is definition.container:
            command, folder = self._command(service, definition, place)
        else:
            command, folder = _beside(service, container, place), None
        return LocalContainer(
            command=command,
            environment={**place.environment, **container.environment, **secrets},
            folder=folder,
            health_command=_health_command(container, place.address),
        )

    def _command(
        self, service: str, definition: TaskDefinition, place: Place
    ) -> tuple[tuple[str, ...], Path | None]:
        container, address = definition.container, place.address
        named = self.commands.get("api" if container.image == self.api_image else service)
        if named:
            places = {"{address}": address, "{port}": str(container.port)}
            return tuple(_filled(part, places) for part in named.arguments), named.folder
        if "--config-yaml" in container.command:
            return (_envoy(), *self.envoy_arguments(container, place)), None
        if service in self.grpc_services:
            module = (sys.executable, "-m", "rehearsal.load.grpc_task", "--work-ms", str(self.work_ms))
            # A task whose SIGTERM is held back needs no server that serves on.
            held_back = any(container.name in other.depends_on for other in definition.containers)
            options = ("--serve-on-seconds", "0") if held_back else ()
            return (*module, *options, address, str(container.port), *self.grpc_services[service]), None
        raise ImageUnknownError(
            f"{service}: no local command stands for {container.image}; "
            "to run it too, name one under rehearsal.services"
        )

    def envoy_arguments(self, container: Container, place: Place) -> list[str]:
        """Return the task definition's command for Envoy, with its bootstrap moved to loopback."""
        host, port = self.name_server
        at = container.command.index("--config-yaml") + 1
        moved = localize(
            container.command[at],
            address=place.address,
            name_server=host,
            name_server_port=port,
            moved=lambda path: place.moved(container, path),
        )
        return [moved if index == at else part for index, part in enumerate(container.command)]


def _beside(service: str, container: Container, place: Place) -> tuple[str, ...]:
    """Return the command of a container that stands beside the one that serves."""
    if container.name == "discovery":
        (told,) = container.command
        moved = {
            **json.loads(told),
            "address": place.address,
            "admin": f"{place.address}:{ADMIN_PORT}",
            "folder": place.moved(container, ENDPOINTS_FOLDER),
        }
        return sys.executable, "-m", "discovery", json.dumps(moved)
    if container.entry_point[:1] == ("/bin/sh",):
        return (*container.entry_point, *container.command)
    raise ImageUnknownError(
        f"{service}: no local command stands for {container.image} of the container {container.name}"
    )


def _filled(part: str, places: Mapping[str, str]) -> str:
    for place, value in places.items():
        part = part.replace(place, value)
    return part


def _envoy() -> str:
    # The test suite and the rehearsal take the one that the lock names, whatever the machine has.
    found = shutil.which("envoy", path=str(Path(sys.executable).parent))
    if found is None:
        raise StartFailedError(f"no envoy beside {sys.executable}; run make setup")
    return found


def _health_command(container: Container, address: str) -> tuple[str, ...]:
    """Return the container's own health check, at its address here.

    Where this machine lacks the program, grpc.health.v1 is asked instead.
    """
    if container.health_check is None:
        return ()
    kind, *rest = container.health_check.command
    command = ["/bin/sh", "-c", rest[0]] if kind == "CMD-SHELL" else rest
    if shutil.which(command[0]) is None:
        return (sys.executable, "-m", "rehearsal.agent.grpc_probe", address, str(container.port))
    return tuple(part.replace("127.0.0.1", address).replace("localhost", address) for part in command)
