"""What ejects a task of a cluster, and how it is checked."""

from ecs_envoy.importing.found import Found, Policy, given, time_text
from ecs_envoy.importing.part import Part


def outlier_detection(block: Part, place: str, found: Found) -> Policy:
    """Return an outlier detection as ours, with what has no counterpart noted."""
    failures = block.whole("consecutive_gateway_failure")
    enforced = block.whole("enforcing_consecutive_gateway_failure")
    five = block.whole("consecutive_5xx")
    # Envoy's defaults ("OutlierDetection"): 5xx are enforced, gateway failures only if that is asked for. Of
    # gRPC's statuses 5xx also counts UNKNOWN, INTERNAL and others, which the proxy does not.
    if not enforced and five is not None:
        cure = "it counts UNAVAILABLE and DEADLINE_EXCEEDED only: see policy.outlier_detection"
        found.note(f"{place}: consecutive_5xx", "the proxy does not count other statuses", cure)
    failures = failures if enforced else five
    for key in block.values:
        if key.startswith(("success_rate", "failure_percentage", "enforcing_success", "enforcing_failure")):
            block.ignore(key)
            if key.startswith("enforcing") and block.whole(key):
                cure = "see policy.outlier_detection.failures and policy.admission_control"
                found.note(f"{place}: {key}", "tasks are not ejected by rates of success", cure)
    block.ignore(
        "interval", "split_external_local_origin_errors", "consecutive_local_origin_failure",
        "enforcing_consecutive_local_origin_failure", "enforcing_consecutive_5xx", "max_ejection_time",
        "max_ejection_time_jitter", "enforcing_local_origin_success_rate", "always_eject_one_host",
        "successful_active_health_check_uneject_host",
    )  # fmt: skip
    percent = block.whole("max_ejection_percent")
    return given(
        failures=failures,
        ejection_time=time_text(block.seconds("base_ejection_time")),
        max_ejected_percent=percent,
    )


def health_check(check: Part, place: str, found: Found) -> Policy:
    """Return a health check as ours; none if it asks for a path of HTTP/1.1."""
    kind = _kind(check, place, found)
    check.ignore(
        "no_traffic_interval", "no_traffic_healthy_interval", "interval_jitter", "interval_jitter_percent",
        "initial_jitter", "unhealthy_interval", "unhealthy_edge_interval", "healthy_edge_interval",
        "reuse_connection", "always_log_health_check_failures", "event_logger", "alt_port",
        "always_log_health_check_success", "tls_options", "transport_socket_match_criteria",
    )  # fmt: skip
    times = given(
        interval=time_text(check.seconds("interval")),
        timeout=time_text(check.seconds("timeout")),
        healthy_threshold=check.whole("healthy_threshold"),
        unhealthy_threshold=check.whole("unhealthy_threshold"),
        port=check.whole("alt_port"),
    )
    return {"health_check": {**kind, **times}} if kind else {}


def _kind(check: Part, place: str, found: Found) -> Policy:
    if "grpc_health_check" in check.values:
        grpc = check["grpc_health_check"]
        if grpc.has("authority") or grpc.has("initial_metadata"):
            cure = "nothing to do if the server does not look at it"
            found.note(f"{place}: grpc_health_check", "its authority and metadata are the proxy's", cure)
            grpc.ignore("authority", "initial_metadata")
        service = grpc.text("service_name")
        return {"type": "grpc", **({"service": service} if service else {})}
    http = check["http_health_check"]
    if http.values and http.text("codec_client_type") == "HTTP2":
        http.ignore(*http.values)
        return {"type": "http2"}
    if http.values:
        http.ignore(*http.values)
        cure = "implement grpc.health.v1 and give policy.health_check: grpc, or keep the default, http2"
        found.note(f"{place}: http_health_check", "the proxy does not ask for a path", cure)
        return {}
    if "tcp_health_check" in check.values:
        tcp = check["tcp_health_check"]
        tcp.ignore("send", "receive")
        # gRPC's servers answer nothing else but HTTP/2, so that what is sent opens such a connection.
        return {"type": "http2" if tcp.has("send") else "tcp"}
    check["custom_health_check"].ignore("typed_config", "name")
    found.note(f"{place}: health_checks", "it is no check of gRPC, HTTP/2 or TCP", "see policy.health_check")
    return {}
