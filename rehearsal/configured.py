"""What the rehearsal reads from the configuration file instead of from what is deployed."""

from dataclasses import dataclass
from pathlib import Path

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.existing.blocks import ExistingService, OtherNamespace
from ecs_envoy.configuration.plans import cut_overs, servers
from ecs_envoy.configuration.proxies.blocks import Proxy
from ecs_envoy.configuration.proxies.views import is_routed, stack_name, views
from ecs_envoy.configuration.server import CutOver
from ecs_envoy.plan.names_in_namespace import own_name_in_namespace
from ecs_envoy.settings.reach.proxy_client import is_security_group
from rehearsal.account.existing import NAME_TAG, USUAL_GROUPS, Existing, ExistingNamespace, SubnetGroup


@dataclass(frozen=True, kw_only=True)
class Command:
    """A local command that runs in place of an image, and its working folder."""

    arguments: tuple[str, ...]
    folder: Path


def proto_services(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    """Return the proto services of each service, including existing ones, by the name of its tasks."""
    deployed = {name: service.grpc_services for name, service in configuration.services.items()}
    existing = {
        task_name(name, service): service.grpc_services
        for name, service in configuration.existing_services.items()
    }
    return {name: tuple(protos) or (ANY_SERVICE,) for name, protos in {**deployed, **existing}.items()}


def number_of_tasks(configuration: Configuration) -> int:
    """Return how many tasks the services run at first."""
    return sum(service.tasks.min for service in configuration.services.values())


ANY_SERVICE = "rehearsal.v1.Anything"
"""The proto service to call of a service that lists none, and gets every call by its own name."""


def dialled_names(configuration: Configuration) -> dict[str, str]:
    """Return the name that clients dial to call each service, by its name in the namespace.

    It is the proxy's name, except for a service that the proxy routes no proto service to.
    """
    found: dict[str, str] = {}
    for view in views(configuration):
        proxy = view.proxy.name
        blocks = {
            name: block
            for name, block in {**configuration.services, **configuration.existing_services}.items()
            if is_routed(view, name)
        }
        for name, block in blocks.items():
            by_proto_service = block.grpc_services or len(blocks) == 1
            dialled = proxy if by_proto_service else own_name_in_namespace(name, proxy=proxy)
            found[_name_in_namespace(configuration, name)] = f"{dialled}.{configuration.namespace.name}"
    return found


def proxies(configuration: Configuration) -> list[Proxy]:
    """Return the proxies that are deployed."""
    return [view.proxy for view in views(configuration)]


def proxy_of(configuration: Configuration) -> dict[str, Proxy]:
    """Return the proxy that carries the calls to each service, by the service's name in the namespace."""
    return {
        _name_in_namespace(configuration, name): view.proxy
        for view in views(configuration)
        for name in (*configuration.services, *configuration.existing_services)
        if is_routed(view, name)
    }


def commands(configuration: Configuration, folder: Path) -> dict[str, Command]:
    """Return the local commands of the section `rehearsal`, by service; they run in `folder`."""
    return {
        _name_in_namespace(configuration, name): Command(arguments=tuple(block.command), folder=folder)
        for name, block in configuration.rehearsal.services.items()
    }


def methods(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    """Return the methods to call of each service with a local command, as `package.Service/Method`."""
    return {
        _name_in_namespace(configuration, name): tuple(block.methods)
        for name, block in configuration.rehearsal.services.items()
    }


def _name_in_namespace(configuration: Configuration, name: str) -> str:
    existing = configuration.existing_services.get(name)
    return task_name(name, existing) if existing else name


def task_name(name: str, service: ExistingService) -> str:
    """Return the name by which the agent knows the tasks of `service`, which the file calls `name`."""
    in_ecs = service.ecs_service.name if service.ecs_service else name
    return service.cloud_map_service or in_ecs


def existing_resources(configuration: Configuration) -> Existing:
    """Return the resources that have to exist before our stacks are deployed."""
    network, namespace = configuration.network, configuration.namespace
    services = configuration.existing_services.values()
    return Existing(
        account=configuration.account,
        region=configuration.region,
        zones=_zones(configuration),
        vpc=network.vpc.id if network.vpc else network.vpc_id,
        subnet_groups=_subnet_groups(configuration),
        ecs_cluster=network.ecs_cluster,
        namespace=(namespace.id, namespace.name) if namespace.id else None,
        cloud_map_services=tuple(
            sorted({s.cloud_map_service for s in services if s.cloud_map_service and not s.namespace})
        ),
        other_namespaces=_other_namespaces(configuration),
        security_groups=tuple(
            sorted(
                {s.security_group for s in services if s.security_group}
                | {c for proxy in proxies(configuration) for c in proxy.clients if is_security_group(c)}
            )
        ),
        private_zones=_private_zones(configuration),
    )


def _private_zones(configuration: Configuration) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    zones: dict[str, list[tuple[str, str]]] = {}
    for _, cut_over in _cut_overs(configuration):
        zones.setdefault(cut_over.zone, []).append((cut_over.name, cut_over.load_balancer))
    return tuple((zone, tuple(records)) for zone, records in zones.items())


def _cut_overs(configuration: Configuration) -> list[tuple[str, CutOver]]:
    return [found for view in views(configuration) for found in cut_overs(view)]


def moved_names(configuration: Configuration) -> dict[str, CutOver]:
    """Return how clients of each service with `cut_over` move, by its name in the namespace."""
    return {_name_in_namespace(configuration, name): cut_over for name, cut_over in _cut_overs(configuration)}


def cut_over_stacks(configuration: Configuration) -> list[str]:
    """Return the names of the stacks with the records of services with `cut_over`: one for each proxy."""
    return [stack_name(view, "cut-over") for view in views(configuration) if any(cut_overs(view))]


def _other_namespaces(configuration: Configuration) -> tuple[ExistingNamespace, ...]:
    listed: dict[str, tuple[OtherNamespace, set[str]]] = {}
    for service in configuration.existing_services.values():
        if service.namespace and service.cloud_map_service:
            _, services = listed.setdefault(service.namespace.id, (service.namespace, set()))
            services.add(service.cloud_map_service)
    return tuple(
        ExistingNamespace(
            id=found.id, name=found.name, type=found.type, cloud_map_services=tuple(sorted(services))
        )
        for found, services in listed.values()
    )


def other_dns_namespaces(configuration: Configuration) -> set[str]:
    """Return the names of the private DNS namespaces besides the proxy's own."""
    return {found.name for found in _other_namespaces(configuration) if found.type == "dns"}


def addresses(configuration: Configuration) -> dict[str, str]:
    """Return the DNS name of each service that is found by an address, by the name of its tasks."""
    return {
        task_name(name, service): service.address.rpartition(":")[0]
        for name, service in configuration.existing_services.items()
        if service.address
    }


def sidecars(configuration: Configuration) -> frozenset[str]:
    """Return the names of the sidecars of the services and of the API."""
    return frozenset(name for server in servers(configuration).values() for name in server.sidecars)


def _zones(configuration: Configuration) -> tuple[str, ...]:
    network = configuration.network
    if network.vpc:
        return tuple(network.vpc.availability_zones)
    most = max((len(subnets.ids) for subnets in network.subnets.given.values()), default=0)
    return tuple(f"{configuration.region}{letter}" for letter in "abcdef"[: max(2, most)])


def _subnet_groups(configuration: Configuration) -> tuple[SubnetGroup, ...]:
    """Return the subnets that the configuration names, and the usual ones where it names none by id."""
    network = configuration.network
    if network.vpc:
        return tuple(
            SubnetGroup(kind=group.kind, tag=(NAME_TAG, group.group), ids=tuple(group.ids))
            for group in network.vpc.subnets
        )
    key = network.subnets.tag_key or NAME_TAG
    groups = {group.tag[1]: SubnetGroup(kind=group.kind, tag=(key, group.tag[1])) for group in USUAL_GROUPS}
    for purpose, subnets in network.subnets.given.items():
        to_internet = purpose == "load_balancer" and not (configuration.api and configuration.api.internal)
        usual = "public" if to_internet or subnets.gives_public_addresses else "private"
        isolated = ["Isolated"] if subnets.kind == "isolated" else []
        named = [subnets.group] if subnets.group else [*subnets.tags.values(), *isolated]
        for name in named or ([purpose] if subnets.ids else []):
            kind = subnets.kind or usual
            groups.setdefault(name, SubnetGroup(kind=kind, tag=(key, name), ids=tuple(subnets.ids)))
    return tuple(groups.values())
