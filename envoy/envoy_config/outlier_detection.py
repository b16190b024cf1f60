"""Passive health checks: an endpoint that keeps failing calls is left alone for a while."""

from datetime import timedelta

from envoy_data_plane.envoy.config.cluster.v3 import OutlierDetection


def outlier_detection() -> OutlierDetection:
    """Return when Envoy ejects an endpoint on the evidence of its answers."""
    return OutlierDetection(
        # Envoy reads UNKNOWN, INTERNAL and UNIMPLEMENTED as 5xx: a caller with one bad request in a loop
        # would eject healthy tasks one by one. UNAVAILABLE and DEADLINE_EXCEEDED are gateway failures.
        enforcing_consecutive_5xx=0,
        # Off (0) in Envoy.
        consecutive_gateway_failure=5,
        enforcing_consecutive_gateway_failure=100,
        # A connection that fails is Envoy's own observation, and counts apart from a task's answers.
        split_external_local_origin_errors=True,
        consecutive_local_origin_failure=5,
        base_ejection_time=timedelta(seconds=30),
        # Envoy's 10 % ejects nobody among fewer than ten tasks.
        max_ejection_percent=50,
        # The same for two or three tasks; the panic threshold guards a service of one.
        always_eject_one_host=True,
    )
