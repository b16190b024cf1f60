"""Passive health checks: an endpoint that keeps failing calls gets no calls for a while."""

from datetime import timedelta

from envoy_config.messages import OutlierDetection as EnvoyOutlierDetection
from envoy_config.policy.health import OutlierDetection

ENVOY_INTERVAL = timedelta(seconds=10)
"""How often Envoy ends ejections by default (API reference: OutlierDetection.interval)."""


def outlier_detection(settings: OutlierDetection, *, checked: bool) -> EnvoyOutlierDetection | None:
    """Return when Envoy ejects an endpoint because of its answers; None for `none`.

    Args:
        settings: The service's settings.
        checked: Whether Envoy checks the endpoint's health, too.

    """
    if settings.type == "none":
        return None
    # A task that cannot be reached is found by its health check, and calls to it are tried elsewhere. But a
    # response whose headers exceed a limit counts as a failed connection, too: 20 of them at once ejected
    # two of four healthy tasks (docs/grpc.md).
    local_origin = settings.type == "local_origin_failure" or not checked
    return EnvoyOutlierDetection(
        # Envoy counts UNKNOWN, INTERNAL and UNIMPLEMENTED as 5xx: a caller that repeats one bad request would
        # eject healthy tasks one by one. UNAVAILABLE and DEADLINE_EXCEEDED are gateway failures.
        enforcing_consecutive_5xx=0,
        # Off (0) by default in Envoy.
        consecutive_gateway_failure=settings.failures,
        enforcing_consecutive_gateway_failure=100 if settings.type == "gateway_failure" else 0,
        # Envoy counts failed connections separately from bad answers: a caller can provoke bad answers, but
        # not failed connections.
        split_external_local_origin_errors=True,
        consecutive_local_origin_failure=5,
        enforcing_consecutive_local_origin_failure=100 if local_origin else 0,
        # On (100) by default in Envoy. From five tasks on, Envoy then ejects each task whose share of failed
        # calls is above the others' by 1.9 standard deviations. If the others have no failed call, a single
        # one is enough, and UNKNOWN counts as failed (measured: 1 of 1,540 calls, a healthy task ejected).
        enforcing_success_rate=0,
        enforcing_local_origin_success_rate=0,
        # Not `failure_percentage` either (off in Envoy): UNKNOWN counts there, too, and Envoy's matcher of
        # errors does not see gRPC's status (measured: 40 % of UNKNOWN ejected three of six healthy tasks).
        base_ejection_time=settings.ejection_time,
        # An ejection ends when Envoy looks at all of them, which is every 10 s by default.
        interval=settings.ejection_time if settings.ejection_time < ENVOY_INTERVAL else None,
        # With Envoy's default of 10 %, no task is ejected if there are fewer than ten.
        max_ejection_percent=settings.max_ejected_percent,
        # For the same reason, with two tasks. The panic threshold protects a service with one task.
        always_eject_one_host=True,
        # By default a passed health check ends an ejection: within a second, although calls fail.
        successful_active_health_check_uneject_host=False,
    )
