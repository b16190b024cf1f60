"""The access log: lines of JSON on standard output, for a sample of all calls and for each bad one."""

from datetime import timedelta

from envoy_data_plane.envoy.config.accesslog.v3 import (
    AccessLog,
    AccessLogFilter,
    ComparisonFilter,
    ComparisonFilterOp,
    DurationFilter,
    GrpcStatusFilter,
    GrpcStatusFilterStatus,
    OrFilter,
    RuntimeFilter,
)
from envoy_data_plane.envoy.config.core.v3 import RuntimeUInt32, SubstitutionFormatString
from envoy_data_plane.envoy.extensions.access_loggers.stream.v3 import StdoutAccessLog
from envoy_data_plane.google.protobuf import Struct, Value

from envoy_config import telemetry
from envoy_config.percentage import fractional_percent
from envoy_config.typed_extension import typed_config

FIELDS = {
    "time": "%START_TIME%",
    "service": "%UPSTREAM_CLUSTER%",
    # gRPC's full method name. To take it apart costs a twentieth of Envoy's work by a filter for every call,
    # and more than the call itself by CEL for each line (bench/instructions.md); a query does it as well.
    "grpc_method": "%REQ(:PATH)%",
    "grpc_status": "%GRPC_STATUS(SNAKE_STRING)%",
    "duration_ms": "%DURATION%",
    "upstream_task": "%UPSTREAM_HOST%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "response_flags": "%RESPONSE_FLAGS%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    # W3C's: version, trace id, span id, flags.
    "traceparent": "%REQ(TRACEPARENT)%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
}
"""What a line holds, besides its `reason`. No other header: metadata may hold a secret."""

SAMPLE, ERROR_OR_SLOW = "sample", "error_or_slow"
"""A line's `reason`. Each kind is whole in itself, so that a call may have a line of either."""


def access_logs(wanted: telemetry.AccessLog | None) -> list[AccessLog]:
    """Return the loggers of `wanted`.

    A query of rates and times needs a sample that nothing has weighed, and one of errors needs them all:
    so these are two logs in one stream, told apart by `reason`.
    """
    if wanted is None:
        return []
    if wanted.sample_percent == 100:
        return [_stdout(SAMPLE, None)]
    logs = [_stdout(ERROR_OR_SLOW, _error_or_slow(wanted.slower_than))]
    if wanted.sample_percent:
        logs.insert(0, _stdout(SAMPLE, _sampled(wanted.sample_percent)))
    return logs


def _stdout(reason: str, which: AccessLogFilter | None) -> AccessLog:
    return AccessLog(
        name="envoy.access_loggers.stdout",
        filter=which,
        typed_config=typed_config(
            StdoutAccessLog(
                log_format=SubstitutionFormatString(
                    json_format=Struct(
                        fields={k: Value(string_value=v) for k, v in {**FIELDS, "reason": reason}.items()}
                    ),
                )
            )
        ),
    )


def _sampled(percent: float) -> AccessLogFilter:
    return AccessLogFilter(
        runtime_filter=RuntimeFilter(
            runtime_key="access_log.sample",
            percent_sampled=fractional_percent(percent),
            # By the request id, two proxies in a row would sample the same calls; there may be none, too.
            use_independent_randomness=True,
        )
    )


def _error_or_slow(slower_than: timedelta) -> AccessLogFilter:
    milliseconds = max(1, round(slower_than / timedelta(milliseconds=1)))
    return AccessLogFilter(
        or_filter=OrFilter(
            filters=[
                # Not OK is every other status, and none at all.
                AccessLogFilter(
                    grpc_status_filter=GrpcStatusFilter(statuses=[GrpcStatusFilterStatus.OK], exclude=True)
                ),
                AccessLogFilter(
                    duration_filter=DurationFilter(
                        comparison=ComparisonFilter(
                            op=ComparisonFilterOp.GE,
                            value=RuntimeUInt32(default_value=milliseconds, runtime_key="access_log.slow_ms"),
                        )
                    )
                ),
            ]
        )
    )
