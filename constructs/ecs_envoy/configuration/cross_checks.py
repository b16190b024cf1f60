"""What no single key of a configuration shows: rules between its keys."""

from collections.abc import Iterator
from typing import cast

from ecs_envoy.configuration.discovery_checks import discovery_checks, uses_cloud_map
from ecs_envoy.configuration.document import KeyPath
from ecs_envoy.configuration.observability_checks import observability_checks
from ecs_envoy.settings.fargate_sizes import MEMORY_MIB, size_problem
from envoy_config.model import ADMIN_PORT

Finding = tuple[KeyPath, str]


def cross_checks(values: dict[str, object]) -> Iterator[Finding]:
    """Yield each broken rule of the plain `values` of a configuration, with its path.

    They are read before the model is built, so that a wrong key elsewhere hides none.
    """
    yield from _sizes(values)
    yield from _routing(values)
    yield from _network(values)
    yield from _certificate(values)
    yield from _variables(values)
    yield from _rehearsal(values)
    sections = [_mapping(values, key) for key in ("proxy", "services", "existing_services")]
    yield from discovery_checks(*sections)
    yield from observability_checks(values, discovery=uses_cloud_map(*sections[1:]))
    if _mapping(values, "proxy").get("port") == ADMIN_PORT:
        yield ("proxy", "port"), f"{ADMIN_PORT} is the port of Envoy's admin interface; give another"


def _mapping(values: dict[str, object], key: str) -> dict[str, object]:
    value = values.get(key)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _containers(values: dict[str, object]) -> Iterator[tuple[KeyPath, dict[str, object]]]:
    """Yield every block that describes a container of a task, with its path."""
    for key in ("proxy", "api"):
        if isinstance(values.get(key), dict):
            yield (key,), _mapping(values, key)
    services = _mapping(values, "services")
    for name, block in services.items():
        if isinstance(block, dict):
            yield ("services", name), _mapping(services, name)


def _sizes(values: dict[str, object]) -> Iterator[Finding]:
    for path, container in _containers(values):
        cpu, memory = container.get("cpu", 256), container.get("memory", 512)
        known = cpu in MEMORY_MIB and _is_number(cpu) and _is_number(memory)
        if known and (problem := size_problem(cast("int", cpu), cast("int", memory))):
            yield (*path, "memory" if "memory" in container else "cpu"), problem
        if path != ("proxy",):
            yield from _task_bounds(path, container.get("tasks"))


def _task_bounds(path: KeyPath, tasks: object) -> Iterator[Finding]:
    bounds = cast("dict[str, object]", tasks) if isinstance(tasks, dict) else {"min": tasks, "max": tasks}
    low, high = bounds.get("min"), bounds.get("max")
    if _is_number(low) and _is_number(high) and cast("int", high) < cast("int", low):
        yield (*path, "tasks", "max"), f"is {high}, below min, {low}; give {low} or more"


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _routing(values: dict[str, object]) -> Iterator[Finding]:
    sections = {key: _mapping(values, key) for key in ("services", "existing_services")}
    count = sum(len(services) for services in sections.values())
    if not count and all(isinstance(values.get(key, {}), dict) for key in sections):
        yield ("services",), "no service to route to; give one here or under existing_services"
    proxy_name = _mapping(values, "proxy").get("name", "grpc")
    claims: dict[str, KeyPath] = {}
    for section, services in sections.items():
        for name, service in services.items():
            path = (section, name)
            if section == "existing_services" and name in sections["services"]:
                yield path, "is a name under services too; give each its own"
            if section == "services" and name == proxy_name:
                yield path, f"is the proxy's name too (proxy.name, {name!r}); give each its own"
            if isinstance(service, dict):
                claimed = cast("dict[str, object]", service).get("grpc_services")
                yield from _claims(path, claimed, claims, alone=count == 1)


def _claims(path: KeyPath, claimed: object, claims: dict[str, KeyPath], *, alone: bool) -> Iterator[Finding]:
    if not claimed and not alone:
        yield (
            path,
            "grpc_services: missing, which only a sole service may; list the proto services to route here",
        )
    for index, proto_service in enumerate(cast("list[object]", claimed) if isinstance(claimed, list) else []):
        if not isinstance(proto_service, str):
            continue
        here = (*path, "grpc_services", index)
        if proto_service in claims:
            first = claims[proto_service]
            yield here, f"{proto_service} is already routed to {first[0]}.{first[1]}; remove one of the two"
        claims.setdefault(proto_service, here)


def _network(values: dict[str, object]) -> Iterator[Finding]:
    network = _mapping(values, "network")
    if "new" in network and "vpc_id" in network:
        yield ("network", "vpc_id"), "given beside new; give either the VPC to create or the one to use"
    if "ecs_cluster" in network and "vpc_id" not in network:
        yield ("network", "ecs_cluster"), "runs in a VPC that exists; give its vpc_id too"
    if _mapping(values, "namespace").get("id") and "vpc_id" not in network:
        yield ("namespace", "id"), "belongs to a VPC that exists; give network.vpc_id too"
    if _mapping(values, "existing_services") and not _mapping(values, "namespace").get("id"):
        yield ("existing_services",), "are listed in a namespace that exists; give namespace.id too"
    yield from _nat_gateways(_mapping(network, "new"))
    zones = _mapping(network, "new").get("availability_zones")
    if isinstance(zones, list):
        region = values.get("region")
        here = ("network", "new", "availability_zones")
        listed = cast("list[object]", zones)
        if len(set(map(str, listed))) < 2:
            yield here, "one zone is no safeguard; give at least two"
        elif len(set(map(str, listed))) < len(listed):
            yield here, "a zone is given twice; give each once"
        for index, zone in enumerate(listed):
            if isinstance(zone, str) and isinstance(region, str) and not zone.startswith(region):
                yield (
                    (*here, index),
                    f"{zone!r} is not in {region}; give a zone of that region, such as {region}a",
                )


def _nat_gateways(new: dict[str, object]) -> Iterator[Finding]:
    zones, gateways = new.get("availability_zones"), new.get("nat_gateways")
    count = len(cast("list[object]", zones)) if isinstance(zones, list) and zones else 2
    if _is_number(gateways) and cast("int", gateways) > count:
        yield (
            ("network", "new", "nat_gateways"),
            f"{gateways} NAT gateways are more than the {count} zones; give {count} at most",
        )


def _variables(values: dict[str, object]) -> Iterator[Finding]:
    """Find variables that two keys of one container would set."""
    for path, container in _containers(values):
        if path == ("proxy",):
            continue  # it takes no variables: an unknown key already
        environment, secrets = _mapping(container, "environment"), _mapping(container, "secrets")
        for variable in environment.keys() & secrets.keys():
            yield (*path, "secrets", variable), "is a variable under environment too; remove one of the two"
        if path == ("api",):
            address = container.get("proxy_address_variable", "GRPC_ADDRESS")
            for key in ("environment", "secrets"):
                if address in _mapping(container, key):
                    yield (
                        (*path, key, cast("str", address)),
                        "holds the proxy's address; remove it, or name another proxy_address_variable",
                    )


def _rehearsal(values: dict[str, object]) -> Iterator[Finding]:
    named = _mapping(_mapping(values, "rehearsal"), "services")
    services = {**_mapping(values, "existing_services"), **_mapping(values, "services")}
    for name, block in named.items():
        path = ("rehearsal", "services", name)
        if name == "api" and "api" in values:
            continue
        if name not in services:
            yield path, f"no service has this name; give one of {', '.join(sorted([*services, 'api']))}"
        elif isinstance(block, dict) and not cast("dict[str, object]", block).get("methods"):
            yield path, "methods: missing; give the unary methods to call, each with an empty request"


def _certificate(values: dict[str, object]) -> Iterator[Finding]:
    arn, region = _mapping(values, "api").get("certificate"), values.get("region")
    if isinstance(arn, str) and isinstance(region, str) and arn.count(":") == 5:
        there = arn.split(":")[3]
        if there != region:
            yield (
                ("api", "certificate"),
                f"is one of {there}, which no ALB in {region} can use; give one of {region}",
            )
