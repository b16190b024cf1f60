"""What the rehearsal takes from the configuration file itself, and not from what is deployed."""

from dataclasses import dataclass
from pathlib import Path

from ecs_envoy.configuration import Configuration
from rehearsal.account.existing import Existing


@dataclass(frozen=True, kw_only=True)
class Command:
    """A local command in the place of an image, and the folder that it runs in."""

    arguments: tuple[str, ...]
    folder: Path


def proto_services(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    """Return the proto services of every service, existing ones too, by its name in the namespace."""
    own = {name: service.grpc_services for name, service in configuration.services.items()}
    others = {
        service.cloud_map_service: service.grpc_services
        for service in configuration.existing_services.values()
    }
    return {name: tuple(claimed) or (ANY_SERVICE,) for name, claimed in {**own, **others}.items()}


ANY_SERVICE = "rehearsal.v1.Anything"
"""The proto service that is called where a sole service claims none and so takes every call."""


def commands(configuration: Configuration, folder: Path) -> dict[str, Command]:
    """Return the local commands that the section `rehearsal` names, by service; they run in `folder`."""
    return {
        _name_in_namespace(configuration, name): Command(arguments=tuple(block.command), folder=folder)
        for name, block in configuration.rehearsal.services.items()
    }


def methods(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    """Return the methods to call on services with a local command, as `package.Service/Method`."""
    return {
        _name_in_namespace(configuration, name): tuple(block.methods)
        for name, block in configuration.rehearsal.services.items()
    }


def _name_in_namespace(configuration: Configuration, name: str) -> str:
    existing = configuration.existing_services.get(name)
    return existing.cloud_map_service if existing else name


def existing(configuration: Configuration) -> Existing:
    """Return what has to be there before the stacks are."""
    network, namespace = configuration.network, configuration.namespace
    others = configuration.existing_services.values()
    return Existing(
        account=configuration.account,
        region=configuration.region,
        zones=(f"{configuration.region}a", f"{configuration.region}b"),
        vpc=network.vpc_id,
        ecs_cluster=network.ecs_cluster,
        namespace=(namespace.id, namespace.name) if namespace.id else None,
        cloud_map_services=tuple(sorted({service.cloud_map_service for service in others})),
        security_groups=tuple(sorted({s.security_group for s in others if s.security_group})),
    )
