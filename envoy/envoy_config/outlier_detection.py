"""Passive health checks: an endpoint that keeps failing calls gets no calls for a while."""

from datetime import timedelta

from envoy_data_plane.envoy.config.cluster.v3 import OutlierDetection

from envoy_config import values


def outlier_detection(kind: values.OutlierDetection) -> OutlierDetection | None:
    """Return when Envoy ejects an endpoint because of its answers; None for `none`."""
    if kind == "none":
        return None
    return OutlierDetection(
        # Envoy counts UNKNOWN, INTERNAL and UNIMPLEMENTED as 5xx: a caller that repeats one bad request would
        # eject healthy tasks one by one. UNAVAILABLE and DEADLINE_EXCEEDED are gateway failures.
        enforcing_consecutive_5xx=0,
        # Off (0) by default in Envoy.
        consecutive_gateway_failure=5,
        enforcing_consecutive_gateway_failure=100 if kind == "gateway_failure" else 0,
        # Envoy counts failed connections separately from bad answers: a caller can provoke bad answers, but
        # not failed connections.
        split_external_local_origin_errors=True,
        consecutive_local_origin_failure=5,
        # On (100) by default in Envoy. From five tasks on, Envoy then ejects each task whose share of failed
        # calls is above the others' by 1.9 standard deviations. If the others have no failed call, a single
        # one is enough, and UNKNOWN counts as failed (measured: 1 of 1,540 calls, a healthy task ejected).
        enforcing_success_rate=0,
        enforcing_local_origin_success_rate=0,
        base_ejection_time=timedelta(seconds=30),
        # With Envoy's default of 10 %, no task is ejected if there are fewer than ten.
        max_ejection_percent=50,
        # For the same reason, with two or three tasks. The panic threshold protects a service with one task.
        always_eject_one_host=True,
    )
