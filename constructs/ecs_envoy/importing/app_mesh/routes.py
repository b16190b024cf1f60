"""Virtual services, routers and routes: which calls go to which virtual node, and how they are treated."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ecs_envoy.importing.app_mesh.resources import Mesh
from ecs_envoy.importing.found import Found, FoundRoute, Policy, Target, given, time_text
from ecs_envoy.importing.part import Part

LAST_PRIORITY = 1001
"""A route without a priority is tried last; they go from 0 to 1000 ("Routes" in App Mesh's user guide)."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What is behind a virtual service: a virtual node, or the routes of a virtual router."""

    node: str | None = None
    router: str | None = None


def read_providers(mesh: Mesh, found: Found) -> dict[str, Provider]:
    """Return what is behind each virtual service, by its name."""
    providers: dict[str, Provider] = {}
    for service in mesh.of("virtualService"):
        name, provider = service.needed("virtualServiceName"), service["spec"]["provider"]
        node = provider["virtualNode"].text("virtualNodeName")
        router = provider["virtualRouter"].text("virtualRouterName")
        if node is None and router is None:
            found.note(f"virtual service {name}", "it has no provider, so calls to it fail", "it is left out")
            continue
        providers[name] = Provider(node=node, router=router)
    return providers


def read_routes(
    mesh: Mesh, providers: Mapping[str, Provider], nodes: Mapping[str, str], found: Found
) -> Iterator[FoundRoute]:
    """Yield the routes of all virtual services; `nodes` has the services of virtual nodes."""
    for host, provider in providers.items():
        if provider.node is None:
            continue
        if provider.node in nodes:
            target = Target(service=nodes[provider.node], weight=1)
            yield FoundRoute(
                place=f"virtual service {host}", hosts=(_host(host),), targets=(target,), policy={}
            )
        else:
            cure = "it is left out; see why its node is"
            found.note(
                f"virtual service {host}", f"its virtual node {provider.node} is not in the file", cure
            )
    for router in sorted({part.needed("virtualRouterName") for part in mesh.of("route")}):
        hosts = tuple(_host(name) for name, provider in providers.items() if provider.router == router)
        if not hosts:
            found.note(f"virtual router {router}", "no virtual service uses it", "its routes are kept")
        listed = [part for part in mesh.of("route") if part.needed("virtualRouterName") == router]
        for route in sorted(listed, key=_priority):
            if read := _route(route, router, nodes, found):
                yield read if read.proto_service else replace(read, hosts=hosts)
    known = {part.text("virtualRouterName") for part in mesh.of("route")}
    for name, provider in providers.items():
        if provider.router is not None and provider.router not in known:
            cure = "add the outputs of `aws appmesh describe-route` for it"
            found.note(
                f"virtual service {name}", f"its router {provider.router} has no route in the file", cure
            )


def _priority(route: Part) -> int:
    priority = route["spec"].whole("priority")
    return LAST_PRIORITY if priority is None else priority


def _host(name: str) -> str:
    return name.lower().rstrip(".")


def _route(part: Part, router: str, nodes: Mapping[str, str], found: Found) -> FoundRoute | None:
    spec, name = part["spec"], part.needed("routeName")
    place = f"route {name} of router {router}"
    for kind, proto in (("httpRoute", "HTTP/1.1"), ("http2Route", "HTTP/2 by path"), ("tcpRoute", "TCP")):
        if spec.has(kind):
            found.note(
                place,
                f"it is for {proto}, and the proxy carries gRPC only",
                "make it a grpcRoute first, or leave it out",
            )
            return None
    block = spec["grpcRoute"]
    targets = _targets(block["action"].parts("weightedTargets"), place, nodes, found)
    if not targets:
        found.note(place, "none of its targets is a service of this file", "it is left out")
        return None
    match = block["match"]
    header, wanted = read_metadata(match.parts("metadata"), place, found)
    if not wanted:
        return None
    policy = {**_retries(block["retryPolicy"], place, found), **_times(block["timeout"])}
    match.ignore("port", "serviceName", "methodName")
    for path in block.unread():
        found.note(f"{place}: {path}", "has no counterpart", "look whether you need it")
    return FoundRoute(
        place=place,
        proto_service=match.text("serviceName"),
        method=match.text("methodName") if match.has("serviceName") else None,
        header=header,
        targets=targets,
        policy=policy,
    )


def _targets(
    listed: Sequence[Part], place: str, nodes: Mapping[str, str], found: Found
) -> tuple[Target, ...]:
    targets: list[Target] = []
    for target in listed:
        node = target.needed("virtualNode")
        target.ignore("port")
        if node in nodes:
            targets.append(Target(service=nodes[node], weight=max(target.number("weight") or 0, 0)))
        else:
            found.note(place, f"its target {node} is no service of this file", "the others get its share")
    return tuple(targets)


def read_metadata(
    metadata: Sequence[Part], place: str, found: Found
) -> tuple[dict[str, object] | None, bool]:
    """Return the header that a match needs, and whether the match can be told at all."""
    if len(metadata) > 1:
        found.note(place, "it matches several headers, and a canary has one", "match by one header")
        return None, False
    for one in metadata:
        name, method = one.needed("name"), one["match"]
        exact = method.text("exact")
        if one.flag("invert") or (method.values and exact is None):
            how = "the absence of a value" if one.flag("invert") else f"a {next(iter(method.values))}"
            method.ignore(*method.values)
            found.note(place, f"it matches the header {name} by {how}", "match a whole value, or any value")
            return None, False
        return ({"name": name} if exact is None else {"name": name, "value": exact}), True
    return None, True


def _times(timeout: Part) -> Policy:
    return given(timeout=time_text(timeout.time("perRequest")), idle_timeout=time_text(timeout.time("idle")))


def _retries(policy: Part, place: str, found: Found) -> Policy:
    """Return `policy` as ours; calls that no task can have begun are repeated in any case."""
    if not policy.values:
        return {}
    on = [event.replace("-", "_") for event in policy.texts("grpcRetryEvents")]
    for event in policy.texts("httpRetryEvents"):
        if event != "stream-error":
            cure = "name the gRPC status in retries.on instead, such as unavailable"
            found.note(f"{place}: httpRetryEvents {event}", "an answer of gRPC has the HTTP status 200", cure)
        else:
            cure = "nothing to do: a stream that the task refused is always repeated"
            found.note(f"{place}: httpRetryEvents {event}", "it has no key", cure)
    policy.ignore("tcpRetryEvents")  # connection-error: a call that did not connect is always repeated
    attempts, limit = policy.whole("maxRetries"), time_text(policy.time("perRetryTimeout"))
    retries = given(
        on=on or None,
        attempts=None if attempts is None else attempts + 1,
        # Without a status App Mesh repeats only what did not connect, which no time of an attempt is for.
        per_try_timeout=limit if on else None,
    )
    if on:
        found.note(
            f"{place}: retryPolicy",
            f"it repeats calls that a task may have begun ({', '.join(on)})",
            "the file has idempotent: true for them; remove it where a call must not run twice",
        )
    return {**({"idempotent": True} if on else {}), "retries": retries}
