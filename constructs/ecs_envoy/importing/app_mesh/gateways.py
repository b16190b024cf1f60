"""Virtual gateways: the port that clients dial, and which calls they carry to which virtual service."""

from collections.abc import Iterator, Mapping, Sequence

from ecs_envoy.importing.app_mesh.resources import Mesh
from ecs_envoy.importing.app_mesh.routes import Provider
from ecs_envoy.importing.found import Found, FoundRoute, Target
from ecs_envoy.importing.part import Part


def read_gateways(mesh: Mesh, found: Found) -> None:
    """Take the port from the first virtual gateway, and note what gateways have that the proxy has not."""
    gateways = mesh.of("virtualGateway")
    for gateway in gateways:
        name, spec = gateway.needed("virtualGatewayName"), gateway["spec"]
        place = f"virtual gateway {name}"
        listeners = spec.parts("listeners")
        for listener in listeners:
            mapping = listener["portMapping"]
            port, protocol = mapping.whole("port"), mapping.text("protocol")
            if protocol == "http":
                found.note(
                    place, f"its listener on port {port} is http", "put an ALB before a service for it"
                )
            elif found.port is None:
                found.port = port
            else:
                cure = "list further ports in proxy.further_ports, or write several proxies"
                found.note(place, f"a second listener, on port {port}", cure)
            if listener["tls"].values and listener["tls"].text("mode") != "DISABLED":
                cure = "end TLS before it, at an NLB with a TLS listener"
                found.note(f"{place}: tls", "the proxy serves gRPC in plain text", cure)
            if listener.has("connectionPool"):
                cure = "see proxy.max_connections and policy.circuit_breakers"
                found.note(f"{place}: connectionPool", "it is sized by the proxy's memory", cure)
            if listener.has("healthCheck"):
                found.note(f"{place}: healthCheck", "ECS checks the proxy's own tasks", "nothing to do")
        if spec.has("logging"):
            found.note(
                f"{place}: logging", "the proxy has an access log of its own", "see telemetry.access_log"
            )
        if spec["backendDefaults"].values:
            cure = "use plain text inside the VPC"
            found.note(f"{place}: backendDefaults", "the proxy calls tasks without TLS", cure)


def read_gateway_routes(
    mesh: Mesh,
    providers: Mapping[str, Provider],
    nodes: Mapping[str, str],
    routes: Sequence[FoundRoute],
    found: Found,
) -> Iterator[FoundRoute]:
    """Yield the routes of virtual gateways; `routes` are those of virtual services."""
    for route in sorted(mesh.of("gatewayRoute"), key=_priority):
        place = f"gateway route {route.needed('gatewayRouteName')}"
        spec = route["spec"]
        if not spec.has("grpcRoute"):
            cure = "put an ALB before a service for it"
            found.note(place, "it is for HTTP by path, and the proxy carries gRPC only", cure)
            continue
        block = spec["grpcRoute"]
        name = block["action"]["target"]["virtualService"].needed("virtualServiceName")
        target = _target(name, providers, nodes, routes)
        if target is None:
            found.note(
                place, f"its virtual service {name} leads to no service of this file", "it is left out"
            )
            continue
        yield from _routes(block, place, target, {route.proto_service for route in routes}, found)


def _priority(route: Part) -> int:
    priority = route["spec"].whole("priority")
    return 1001 if priority is None else priority


def _target(
    name: str, providers: Mapping[str, Provider], nodes: Mapping[str, str], routes: Sequence[FoundRoute]
) -> str | None:
    """Return the service that most calls to a virtual service go to."""
    provider = providers.get(name, Provider())
    if provider.node is not None:
        return nodes.get(provider.node)
    of_router = [route for route in routes if route.place.endswith(f" of router {provider.router}")]
    whole = [route for route in of_router if route.header is None and route.method is None] or of_router
    return max(whole[0].targets, key=lambda target: target.weight).service if whole else None


def _routes(
    block: Part, place: str, service: str, routed: set[str | None], found: Found
) -> Iterator[FoundRoute]:
    match = block["match"]
    host, proto_service = match["hostname"], match.text("serviceName")
    if (suffix := host.text("suffix")) is not None:
        found.note(place, f"it matches hosts that end in {suffix}", "list each host in hosts of the service")
    if match.parts("metadata"):
        cure = "give the service a canary with the header"
        found.note(place, "it matches metadata, and a header only chooses a canary here", cure)
        return
    if block["action"].has("rewrite"):
        found.note(
            f"{place}: rewrite", "the proxy leaves :authority as the client sent it", "nothing to do for gRPC"
        )
    targets = (Target(service=service, weight=1),)
    if (exact := host.text("exact")) is not None:
        yield FoundRoute(place=place, hosts=(exact.lower(),), targets=targets, policy={})
    if proto_service is not None and proto_service not in routed:
        yield FoundRoute(place=place, proto_service=proto_service, targets=targets, policy={})
