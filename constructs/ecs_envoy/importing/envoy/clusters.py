"""Clusters: each that a route uses becomes a service that exists."""

from collections.abc import Mapping

from ecs_envoy.importing.envoy.health import health_check, outlier_detection
from ecs_envoy.importing.found import Found, FoundService, Policy, at_address, given, label, time_text
from ecs_envoy.importing.part import Part

_TYPES = {0: "STATIC", 1: "STRICT_DNS", 2: "LOGICAL_DNS", 3: "EDS", 4: "ORIGINAL_DST"}
_LB = {
    "ROUND_ROBIN": "round_robin",
    "LEAST_REQUEST": "least_request",
    "RANDOM": "random",
    "RING_HASH": "ring_hash",
    "MAGLEV": "maglev",
}
_OURS = (  # what the proxy decides by itself, whatever a bootstrap says
    *("name", "alt_stat_name", "metadata", "track_cluster_stats", "wait_for_warm_on_init"),
    *("dns_lookup_family", "dns_refresh_rate", "dns_failure_refresh_rate", "dns_jitter", "respect_dns_ttl"),
    *("dns_resolvers", "typed_dns_resolver_config", "use_tcp_for_dns_lookups", "cleanup_interval"),
    *("ignore_health_on_host_removal", "close_connections_on_host_health_failure", "preconnect_policy"),
    *("per_connection_buffer_limit_bytes", "upstream_connection_options", "http2_protocol_options"),
    *("connection_pool_per_downstream_connection", "protocol_selection"),
)
_OF_BALANCERS = (
    *("choice_count", "selection_method", "active_request_bias", "minimum_ring_size", "maximum_ring_size"),
    *("hash_function", "table_size"),
)


def read_clusters(clusters: Mapping[str, Part], used: set[str], found: Found) -> dict[str, str]:
    """Add a service to `found` for each cluster in `used`; return their names by those of the clusters."""
    names: dict[str, str] = {}
    for name, cluster in clusters.items():
        if name not in used:
            found.note(f"cluster {name}", "no route for gRPC uses it", "it is left out")
            continue
        names[name] = label(name, list(found.services))
        found.services[names[name]] = _service(cluster, name, found)
        for path in cluster.unread():
            found.note(f"cluster {name}: {path}", "has no counterpart", "look whether you need it")
    return names


def _service(cluster: Part, name: str, found: Found) -> FoundService:
    place = f"cluster {name}"
    service = _location(cluster, name, place, found)
    policy: Policy = given(connect_timeout=time_text(cluster.seconds("connect_timeout")))
    if balancing := _load_balancing(cluster, place, found):
        policy["load_balancing"] = balancing
    if cluster.has("outlier_detection"):
        policy["outlier_detection"] = outlier_detection(cluster["outlier_detection"], place, found)
    if checks := cluster.parts("health_checks"):
        policy |= health_check(checks[0], place, found)
        for _ in checks[1:]:
            found.note(f"{place}: health_checks", "the proxy has one for a service", "the first one is kept")
            checks[-1].ignore(*checks[-1].values)
    policy |= _circuit_breakers(cluster["circuit_breakers"], place, found)
    policy |= _connections(cluster, place, found)
    if cluster.has("transport_socket") or cluster.has("transport_socket_matches"):
        cure = "let the tasks serve gRPC in plain text inside the VPC"
        found.note(f"{place}: transport_socket", "the proxy calls tasks without TLS", cure)
    cluster.ignore(*_OURS, "transport_socket", "transport_socket_matches")
    service.policy = policy
    return service


def _location(cluster: Part, name: str, place: str, found: Found) -> FoundService:
    """Return a service at the place where the tasks of a cluster are listed."""
    kind = cluster.values.get("type")
    kind = _TYPES.get(kind, "STATIC") if isinstance(kind, int) else (cluster.text("type") or "STATIC")
    cluster.ignore("type")
    custom = cluster["cluster_type"]
    custom.ignore("typed_config", "name")
    if kind == "EDS":
        listed = cluster["eds_cluster_config"].text("service_name") or name
        cluster["eds_cluster_config"].ignore("eds_config")
        words = label(listed.rpartition("|")[2].partition(".")[0])
        return FoundService(
            origin=place,
            location={"cloud_map_service": words},
            unknown={"cloud_map_service": f"the Cloud Map service of the tasks that EDS names {listed}"},
        )
    cluster["load_assignment"].ignore("cluster_name", "policy")
    addresses = [
        endpoint["endpoint"]["address"]["socket_address"]
        for locality in cluster["load_assignment"].parts("endpoints")
        for endpoint in _endpoints(locality, place, found)
    ]
    hosts = [(one.text("address") or "", one.whole("port_value")) for one in addresses]
    for one in addresses:
        one.ignore("protocol")
    if len(hosts) > 1:
        cure = "give the tasks one DNS name, or a service in Cloud Map"
        found.note(
            f"{place}: load_assignment", f"it has {len(hosts)} endpoints, and a service has one name", cure
        )
    host, port = hosts[0] if hosts else ("", None)
    host = host.lower().rstrip(".")
    if not host or "." not in host or host.rpartition(".")[2].isdigit() or ":" in host:
        what = f"a DNS name with a dot in the place of {host or 'an unknown one'}, or cloud_map_service"
        found.note(
            f"{place}: load_assignment", f"tasks at {host or 'no address'} have no DNS name", f"give {what}"
        )
        return at_address(place, f"{label(name)}.fixme.local:{port or 50051}", what)
    return at_address(place, f"{host}:{port or 50051}")


def _endpoints(locality: Part, place: str, found: Found) -> list[Part]:
    if (locality.number("priority") or 0) > 0:
        found.note(
            f"{place}: priority", "tasks of a lower priority have no counterpart", "list them as a service"
        )
    locality.ignore("locality", "load_balancing_weight")
    endpoints = locality.parts("lb_endpoints")
    for endpoint in endpoints:
        endpoint.ignore("load_balancing_weight", "health_status", "metadata")
        endpoint["endpoint"].ignore("hostname", "health_check_config")
    return endpoints


def _load_balancing(cluster: Part, place: str, found: Found) -> Policy:
    name = cluster.text("lb_policy") if isinstance(cluster.values.get("lb_policy"), str) else None
    cluster.ignore("lb_policy")
    header: str | None = None
    policies = cluster["load_balancing_policy"].parts("policies")
    if policies:
        extension = policies[0]["typed_extension_config"]
        name = (extension.text("name") or "").rpartition(".")[2].upper()
        if len(policies) > 1 or name not in _LB:
            cure = "choose one of policy.load_balancing.type"
            found.note(f"{place}: load_balancing_policy", f"{name.lower() or 'it'} has no counterpart", cure)
        hashing = extension["typed_config"]["consistent_hashing_lb_config"]
        for one in hashing.parts("hash_policy"):
            header = one["header"].text("header_name")
        extension["typed_config"].ignore(*extension["typed_config"].values)
        hashing.ignore(*hashing.values)
    elif name is not None and name not in _LB:
        found.note(
            f"{place}: lb_policy {name}", "it has no counterpart", "choose one of policy.load_balancing.type"
        )
    common = cluster["common_lb_config"]
    panic = common["healthy_panic_threshold"].number("value")
    common.ignore(
        "update_merge_window",
        "ignore_new_hosts_until_first_hc",
        "locality_weighted_lb_config",
        "zone_aware_lb_config",
    )
    slow = cluster["least_request_lb_config" if name == "LEAST_REQUEST" else "round_robin_lb_config"][
        "slow_start_config"
    ]
    for config in (
        "least_request_lb_config",
        "round_robin_lb_config",
        "ring_hash_lb_config",
        "maglev_lb_config",
    ):
        cluster[config].ignore(*_OF_BALANCERS)
    kept: Policy = given(
        type=_LB.get(name or ""),
        hash_header=header,
        panic_threshold=None if panic is None else round(panic),
        slow_start=_slow_start(slow) if slow.values else None,
    )
    return kept


def _slow_start(slow: Part) -> Policy:
    minimum = slow["min_weight_percent"].number("value")
    slow["aggression"].ignore("runtime_key")
    return given(
        window=time_text(slow.seconds("slow_start_window")),
        aggression=slow["aggression"].number("default_value"),
        min_weight_percent=None if minimum is None else round(minimum),
    )


def _circuit_breakers(block: Part, place: str, found: Found) -> Policy:
    """Return the limits; one of zero or of billions means none."""
    thresholds = [one for one in block.parts("thresholds") if one.text("priority") in (None, "DEFAULT")]
    for one in block.parts("thresholds"):
        if one not in thresholds[:1]:
            found.note(
                f"{place}: circuit_breakers", "limits of another priority have no counterpart", "drop them"
            )
            one.ignore(*one.values)
    if not thresholds:
        return {}
    limits = thresholds[0]
    limits.ignore("priority", "track_remaining", "retry_budget")
    budget = limits["retry_budget"]
    percent = budget["budget_percent"].number("value")
    found_limits = {
        "max_open_calls": limits.whole("max_requests"),
        "max_pending_calls": limits.whole("max_pending_requests"),
        "max_connections": limits.whole("max_connections"),
        "max_retries": limits.whole("max_retries"),
    }
    kept = {key: value for key, value in found_limits.items() if value is not None and 0 < value <= 1_000_000}
    retries = {"budget": given(percent=percent, min_retries=budget.whole("min_retry_concurrency"))}
    return {**({"circuit_breakers": kept} if kept else {}), **({"retries": retries} if budget.values else {})}


def _connections(cluster: Part, place: str, found: Found) -> Policy:
    options = next(
        (
            part
            for name, part in cluster.named("typed_extension_protocol_options").items()
            if name.endswith("HttpProtocolOptions")
        ),
        Part({}, ""),
    )
    options.ignore("@type", "upstream_http_protocol_options")
    explicit, auto = options["explicit_http_config"], options["auto_config"]
    auto.ignore(*auto.values)
    http2 = (
        explicit["http2_protocol_options"]
        if options.has("explicit_http_config")
        else cluster["http2_protocol_options"]
    )
    is_http2 = explicit.has("http2_protocol_options") or "http2_protocol_options" in explicit.values
    is_http2 = is_http2 or auto.has("http2_protocol_options") or "http2_protocol_options" in cluster.values
    if not is_http2:
        found.note(
            f"{place}: protocol", "it is HTTP/1.1, and the proxy speaks HTTP/2 to tasks", "serve gRPC there"
        )
    common = options["common_http_protocol_options"]
    keepalive = http2["connection_keepalive"]
    streams = http2.whole("max_concurrent_streams")
    http2.ignore(*http2.values)
    keepalive.ignore("interval_jitter", "connection_idle_interval")
    common.ignore(
        "idle_timeout", "max_connection_duration_jitter", "max_headers_count", "max_response_headers_kb"
    )
    kept = given(
        max_concurrent_streams=streams if streams and streams <= 1024 else None,
        max_duration=time_text(common.seconds("max_connection_duration")),
        keepalive_interval=time_text(keepalive.seconds("interval")),
        keepalive_timeout=time_text(keepalive.seconds("timeout")),
    )
    return {"connections": kept} if kept else {}
