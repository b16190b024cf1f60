"""Rules between the entries of `existing_services`, and between them and the network."""

from collections.abc import Iterator

from ecs_envoy.configuration.existing.blocks import OtherNamespace
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding


def _own_namespace(configuration: Configuration) -> Iterator[Finding]:
    in_own_namespace = any(
        service.cloud_map_service and not service.namespace
        for service in configuration.existing_services.values()
    )
    if in_own_namespace and not configuration.namespace.id:
        yield ("existing_services",), "need a namespace that already exists; also give namespace.id"


def _other_namespaces(configuration: Configuration) -> Iterator[Finding]:
    own = configuration.namespace
    seen: dict[str, tuple[str, OtherNamespace]] = {}
    for name, service in configuration.existing_services.items():
        other, here = service.namespace, ("existing_services", name, "namespace")
        if other is None:
            continue
        first, known = seen.setdefault(other.id, (name, other))
        if other.id == own.id and (other.name, other.type) != (own.name, "dns"):
            problem = f"{other.id} is the namespace of this file, {own.name!r}, and not {other.name!r}"
            yield here, f"{problem}; remove it"
        elif other != known:
            problem = f"{other.id} is not the same here as under {first}"
            yield here, f"{problem}; give one name and one type"


def _reach(configuration: Configuration) -> Iterator[Finding]:
    """Yield the services that no rule of the proxy could name, as `EnvoyProxy` refuses them at synth."""
    for name, service in configuration.existing_services.items():
        named = service.security_group or service.cidrs or service.address
        if configuration.network.vpc and not named:
            problem = "missing, and network.vpc does not know the blocks of its subnets; give it, or cidrs"
            yield ("existing_services", name, "security_group"), problem


BETWEEN_EXISTING_RULES: tuple[Rule[Configuration], ...] = (_own_namespace, _other_namespaces, _reach)
