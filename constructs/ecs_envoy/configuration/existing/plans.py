"""Turns the entries of `existing_services` into plans."""

from ecs_envoy.configuration.existing.blocks import ExistingService
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.parsed import build_partly
from ecs_envoy.configuration.server import CutOver, Service
from ecs_envoy.plan.discovery import Discovery
from ecs_envoy.plan.reach.service_location import (
    AtAddress,
    ExistingEntry,
    InCloudMap,
    InEcs,
    Location,
    discovery_at,
    split_address,
)
from ecs_envoy.plan.service_plan import ServicePlan
from ecs_envoy.plan.stop.service_stop import TaskStop
from envoy_config import TrafficPolicy, Upstream
from envoy_config.policy.merging import service_policy


def own_namespace_id(configuration: Configuration) -> str:
    """Return the id of the proxy's own namespace; of a new one a placeholder, which has this length."""
    return configuration.namespace.id or f"ns-{'0' * 16}"


def upstream(service: Service | ExistingService, *, proxy: str | None = None) -> Upstream:
    """Return how Envoy calls the tasks of `service`. The name by which its clients move is a host of it.

    `proxy` is the proxy's DNS name, which CUT_OVER_RULES refuse as such a name.
    """
    settings: Upstream = service.part(Upstream)
    cut_over: CutOver | None = getattr(service, "cut_over", None)  # missing if it could not be read
    hosts: tuple[str, ...] | None = getattr(settings, "hosts", None)
    name = cut_over.name.lower() if cut_over else None
    if name is None or name == proxy or hosts is None or name in hosts:
        return settings
    return settings.model_copy(update={"hosts": (*hosts, name)})


def policy_of(configuration: Configuration, service: Service | ExistingService) -> TrafficPolicy:
    """Return the whole policy of `service`: what its own does not give is as in the file's."""
    return service_policy(configuration.policy, service.policy, grpc_services=service.grpc_services)


def proxy_name(configuration: Configuration) -> str | None:
    """Return the proxy's DNS name; None if it could not be read."""
    try:
        return f"{configuration.proxy.name}.{configuration.namespace.name}"
    except AttributeError:
        return None  # it could not be read


def existing_plan(configuration: Configuration, name: str, service: ExistingService) -> ServicePlan:
    """Return the plan of the existing `service`: what the proxy needs to know about it."""
    return build_partly(
        ServicePlan,
        {
            "name": lambda: name,
            "location": lambda: _known(location(configuration, service)),
            "upstream": lambda: _upstream(configuration, service),
            "discovery": lambda: discovery_at(
                _known(location(configuration, service)), _chosen_discovery(service)
            ),
            "instance_ports": lambda: service.instance_ports,
            "cidrs": lambda: tuple(service.cidrs),
            "security_group": lambda: service.security_group or "",
            "max_tasks": lambda: None,
            "policy": lambda: service.policy,
            "stop": TaskStop,
        },
    )


def existing_entry(configuration: Configuration, service: ExistingService) -> ExistingEntry:
    """Return what the rules check of the existing `service`."""
    return build_partly(
        ExistingEntry,
        {
            "given": lambda: service.locations,
            "location": lambda: location(configuration, service),
            "discovery": lambda: _chosen_discovery(service),
            "gives_port": lambda: "port" in service.model_fields_set,
            "namespace_given": lambda: service.namespace is not None,
            "instance_ports": lambda: service.instance_ports,
            "has_security_group": lambda: service.security_group is not None,
            "cidrs": lambda: service.cidrs,
        },
    )


def location(configuration: Configuration, service: ExistingService) -> Location | None:
    """Return where the tasks of `service` are listed; None if that is not said, or said twice."""
    if len(service.locations) != 1:
        return None
    if service.ecs_service:
        return InEcs(ecs_cluster=service.ecs_service.cluster, ecs_service=service.ecs_service.name)
    if service.address:
        return split_address(service.address)
    other, own = service.namespace, configuration.namespace
    return InCloudMap(
        service=service.cloud_map_service or "",
        namespace=other.name if other else own.name,
        namespace_id=other.id if other else own_namespace_id(configuration),
        has_dns=other is None or other.type == "dns",
    )


def _known(found: Location | None) -> Location:
    if found is None:
        raise AttributeError("location")  # the rules of `ExistingEntry` find what is wrong
    return found


def _upstream(configuration: Configuration, service: ExistingService) -> Upstream:
    settings = upstream(service, proxy=proxy_name(configuration))
    found = location(configuration, service)
    return settings.model_copy(update={"port": found.port}) if isinstance(found, AtAddress) else settings


def _chosen_discovery(service: ExistingService) -> Discovery | None:
    return service.discovery if "discovery" in service.model_fields_set else None
