"""Virtual nodes: each becomes a service that exists."""

from collections import Counter
from datetime import timedelta

from ecs_envoy.importing.app_mesh.resources import Mesh
from ecs_envoy.importing.found import Found, FoundService, Policy, at_address, given, label, time_text
from ecs_envoy.importing.part import Part

OTHER_NAMESPACE = "ns-00000000000000000"


def read_nodes(mesh: Mesh, found: Found) -> dict[str, str]:
    """Add a service to `found` for each virtual node that has one; return its name by that of the node."""
    names: dict[str, str] = {}
    namespaces = Counter(
        node["spec"]["serviceDiscovery"]["awsCloudMap"].text("namespaceName")
        for node in mesh.of("virtualNode")
    )
    namespaces.pop(None, None)
    found.namespace = namespaces.most_common(1)[0][0] if namespaces else None
    for node in mesh.of("virtualNode"):
        name = node.needed("virtualNodeName")
        if (service := _service(node, name, found)) is not None:
            names[name] = label(name, list(found.services))
            found.services[names[name]] = service
            _unread(node["spec"], name, found)
    return names


def _service(node: Part, name: str, found: Found) -> FoundService | None:
    """Return the service for `node`; None if the proxy cannot carry calls to it."""
    spec, place = node["spec"], f"virtual node {name}"
    listeners = spec.parts("listeners")
    carried = [one for one in listeners if one["portMapping"].text("protocol") in ("grpc", "http2")]
    for listener in listeners:
        protocol = listener["portMapping"].text("protocol")
        if listener not in carried[:1]:
            reason = f"its listener on port {listener['portMapping'].whole('port')} is {protocol}"
            if listener in carried:
                found.note(
                    place, "it has several listeners", "the first one is kept; give each port a service"
                )
            else:
                found.note(place, f"{reason}, and the proxy carries gRPC only", "call it without the proxy")
    if not listeners:
        found.note(place, "it has no listener, so that it only calls others", "list it in proxy.clients")
    if not carried:
        return None
    if carried[0]["portMapping"].text("protocol") == "http2":
        found.note(
            place, "its listener is http2, which may be gRPC or not", "remove it if it does not serve gRPC"
        )
    port = carried[0]["portMapping"].whole("port") or 0
    service = _location(spec["serviceDiscovery"], place, port, found)
    if service is not None:
        service.policy = {**service.policy, **_policy(carried[0], place, port, found)}
    _others(spec, place, found)
    return service


def _location(discovery: Part, place: str, port: int, found: Found) -> FoundService | None:
    if discovery.has("awsCloudMap"):
        return _in_cloud_map(discovery["awsCloudMap"], place, port, found)
    dns = discovery["dns"]
    if (host := dns.text("hostname")) is None:
        cure = "give its Cloud Map service or its DNS name under existing_services"
        found.note(place, "nothing says where its tasks are", cure)
        return None
    dns.ignore(
        "responseType"
    )  # Envoy asks for all addresses of the name, which is right for a load balancer, too
    _ip(dns, place, found)
    host = host.lower().rstrip(".")
    return at_address(place, f"{host}:{port}")


def _in_cloud_map(cloud_map: Part, place: str, port: int, found: Found) -> FoundService:
    name, namespace = cloud_map.needed("serviceName"), cloud_map.needed("namespaceName")
    _ip(cloud_map, place, found)
    policy: Policy = {}
    for attribute in cloud_map.parts("attributes"):
        key, value = attribute.needed("key"), attribute.text("value")
        if key == "version":
            policy["load_balancing"] = {"version": value}
        else:
            cure = "give the tasks the attribute version, and policy.load_balancing.version"
            found.note(
                place, f"tasks are chosen by the attribute {key}, and here only version does that", cure
            )
    location: dict[str, object] = {"cloud_map_service": name}
    unknown: dict[str, str] = {}
    if namespace != found.namespace:
        location["namespace"] = {"id": OTHER_NAMESPACE[:-1] + "1", "name": namespace}
        unknown["namespace"] = f"the id of the namespace {namespace}, and type: http if it has no DNS"
    return FoundService(
        origin=place,
        location={**location, "port": port},
        unknown=unknown,
        policy=policy,
    )


def _ip(discovery: Part, place: str, found: Found) -> None:
    preference = discovery.text("ipPreference") or ""
    if preference.startswith("IPv6"):
        found.note(
            place, f"{preference}: tasks are found by IPv4 addresses here", "give its tasks IPv4 addresses"
        )


def _policy(listener: Part, place: str, port: int, found: Found) -> Policy:
    """Return what a listener says about calls to its tasks."""
    policy = _times(listener["timeout"])
    pool = listener["connectionPool"]
    pools = [pool[protocol] for protocol in ("grpc", "http2") if pool.has(protocol)]
    for limit in (one.whole("maxRequests") for one in pools):
        found.note(
            f"{place}: connectionPool",
            f"{limit} open calls are the limit of a task there, and here of a service in a task of the proxy",
            f"give policy.circuit_breakers.max_open_calls: {limit} times the tasks of the service",
        )
    if (tls := listener["tls"]).values and tls.text("mode") != "DISABLED":
        found.note(
            f"{place}: tls", "the proxy calls tasks without TLS", "let the task serve gRPC in plain text"
        )
    tls.ignore(*tls.values)
    if listener.has("outlierDetection"):
        policy["outlier_detection"] = _outliers(listener["outlierDetection"], place, found)
    if listener.has("healthCheck"):
        policy |= _health(listener["healthCheck"], place, port, found)
    return policy


def _times(timeout: Part) -> Policy:
    one = timeout["grpc"] if timeout.has("grpc") else timeout["http2"]
    return given(timeout=time_text(one.time("perRequest")), idle_timeout=time_text(one.time("idle")))


def _outliers(block: Part, place: str, found: Found) -> Policy:
    if block.has("interval"):
        block.ignore("interval")
        cure = "nothing to do: a task is ejected at the call that fails, not at the end of an interval"
        found.note(f"{place}: outlierDetection.interval", "the proxy keeps Envoy's interval", cure)
    return given(
        failures=block.whole("maxServerErrors"),
        ejection_time=time_text(block.time("baseEjectionDuration")),
        max_ejected_percent=block.whole("maxEjectionPercent"),
    )


def _health(check: Part, place: str, port: int, found: Found) -> Policy:
    protocol = check.text("protocol")
    if protocol not in ("grpc", "http2", "tcp") or check.text("path"):
        check.ignore(*check.values)
        cure = "implement grpc.health.v1 and give policy.health_check: grpc, or keep the default, http2"
        found.note(f"{place}: healthCheck", f"the proxy does not ask for a path over {protocol}", cure)
        return {}
    own = check.whole("port")
    return {
        "health_check": {
            "type": protocol,
            **given(
                interval=_millis(check, "intervalMillis"),
                timeout=_millis(check, "timeoutMillis"),
                healthy_threshold=check.whole("healthyThreshold"),
                unhealthy_threshold=check.whole("unhealthyThreshold"),
                port=own if own != port else None,
            ),
        }
    }


def _millis(check: Part, key: str) -> str | None:
    number = check.whole(key)
    return time_text(timedelta(milliseconds=min(max(number, 0), 10**9))) if number else None


def _others(spec: Part, place: str, found: Found) -> None:
    """Note what a node has besides its listener and its place."""
    if names := [one["virtualService"].text("virtualServiceName") or "" for one in spec.parts("backends")]:
        cure = (
            "list its security group in proxy.clients; whoever may call the proxy may call all its services"
        )
        found.note(f"{place}: backends", f"it calls {', '.join(names)}", cure)
    if spec.has("logging"):
        found.note(f"{place}: logging", "the proxy has an access log of its own", "see telemetry.access_log")
    tls = spec["backendDefaults"]["clientPolicy"]["tls"]
    own = [one["virtualService"]["clientPolicy"]["tls"] for one in spec.parts("backends")]
    if any(one.values for one in (tls, *own)):
        found.note(
            f"{place}: clientPolicy.tls",
            "clients dial the proxy without TLS",
            "use plain text inside the VPC",
        )
    for one in (tls, *own):
        one.ignore(*one.values)
    spec.ignore("logging")


def _unread(spec: Part, name: str, found: Found) -> None:
    for path in spec.unread():
        cure = "look whether you need it"
        found.note(f"virtual node {name}: {path}", "has no counterpart", cure)
