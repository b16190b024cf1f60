"""Which local command stands for a container's image."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.agent.ecs_api import Container
from rehearsal.configured import Command
from rehearsal.local_bootstrap import localize
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

    def local(self, service: str, container: Container, address: str) -> LocalContainer:
        """Return what to run for `container` of `service` on the loopback `address`.

        Raises:
            ImageUnknownError: Nothing stands for the image.
            StartFailedError: It is Envoy, and there is none here.

        """
        environment = dict(container.environment) | dict.fromkeys(container.secrets, "rehearsal")
        command, folder = self._command(service, container, address)
        return LocalContainer(
            command=command,
            environment=environment,
            folder=folder,
            health_command=_health_command(container, address),
        )

    def _command(
        self, service: str, container: Container, address: str
    ) -> tuple[tuple[str, ...], Path | None]:
        named = self.commands.get("api" if container.image == self.api_image else service)
        if named:
            places = {"{address}": address, "{port}": str(container.port)}
            return tuple(_filled(part, places) for part in named.arguments), named.folder
        if "--config-yaml" in container.command:
            return (_envoy(), *self.envoy_arguments(container, address)), None
        if service in self.grpc_services:
            module = (sys.executable, "-m", "rehearsal.grpc_task", "--work-ms", str(self.work_ms))
            return (*module, address, str(container.port), *self.grpc_services[service]), None
        raise ImageUnknownError(
            f"{service}: no local command stands for {container.image}; "
            "to run it too, name one under rehearsal.services"
        )

    def envoy_arguments(self, container: Container, address: str) -> list[str]:
        """Return the task definition's command for Envoy, with its bootstrap moved to loopback."""
        host, port = self.name_server
        at = container.command.index("--config-yaml") + 1
        moved = localize(container.command[at], address=address, name_server=host, name_server_port=port)
        return [moved if index == at else part for index, part in enumerate(container.command)]


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
        return (sys.executable, "-m", "rehearsal.grpc_probe", address, str(container.port))
    return tuple(part.replace("127.0.0.1", address).replace("localhost", address) for part in command)
