"""The access log: lines of JSON on standard output, for a sample of all calls and for each bad one."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from envoy_config import call_status, telemetry
from envoy_config.call_status import (
    CANCELLED,
    DEADLINE_EXCEEDED,
    OK,
    UNKNOWN,
    either,
    every,
    status_filter,
)
from envoy_config.messages import (
    AccessLog,
    AccessLogFilter,
    ComparisonFilter,
    ComparisonFilterOp,
    DurationFilter,
    HeaderFilter,
    HeaderMatcher,
    RuntimeFilter,
    RuntimeUInt32,
    StdoutAccessLog,
    StringMatcher,
    Struct,
    SubstitutionFormatString,
    Value,
)
from envoy_config.percentage import fractional_percent
from envoy_config.typed_extension import typed_config

METHOD = "%REQ(:PATH):256%"
"""
gRPC's full method name, at most 256 bytes of it. A path may have 256 KiB, and each name stays in the metrics:
365 invented ones of 200 kB filled a heap of 410 MiB for good, so that Envoy refused every call.
"""

SERVICE = "%ROUTE_NAME%"
"""
The service that a call goes to. Each route has its service's name, so this costs what the name of the cluster
would, and it stays when a service has two clusters. It is empty for a call without a route.
"""

FIELDS = {
    "time": "%START_TIME%",
    "service": SERVICE,
    # A filter that splits it costs 5 % of Envoy's work for every call, and CEL costs
    # more for each line than the call itself (bench/instructions.md). A log query can split it, too.
    "grpc_method": METHOD,
    "duration_ms": "%DURATION%",
    "upstream_task": "%UPSTREAM_HOST%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "response_flags": "%RESPONSE_FLAGS%",
    # Why Envoy ended a call: `route_not_found`, `http2.too_many_headers`.
    "details": "%RESPONSE_CODE_DETAILS%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "request_id": "%REQ(X-REQUEST-ID):256%",
    # W3C Trace Context: version, trace id, span id, flags.
    "traceparent": "%REQ(TRACEPARENT):256%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
}
"""
The fields of a line, besides its status and `reason`. No other header is logged, because metadata may hold a
secret.
"""

SAMPLE, ERROR_OR_SLOW = "sample", "error_or_slow"
"""A line's `reason`. Each kind is complete on its own, so a call may have a line of each kind."""


def access_logs(
    settings: telemetry.AccessLog | None, streams: Sequence[str] = (), also: Mapping[str, str] | None = None
) -> list[AccessLog]:
    """Return the loggers that `settings` describe, with the fields `also`; none for None.

    Calls of `streams`, which are paths, are not logged for being slow.

    A query of rates and durations needs an unbiased sample, and a query of errors needs all of them. So there
    are two logs in one stream, and `reason` tells them apart.
    """
    if settings is None:
        return []
    logs: list[AccessLog] = []
    if settings.sample_percent:
        # To draw lots is cheaper than to look at the status, so it comes first.
        sampled = [_sampled(settings.sample_percent)] if settings.sample_percent < 100 else []
        logs += [
            _lines(SAMPLE, call_status.GIVEN, [*sampled, call_status.has_status()], also),
            _lines(SAMPLE, DEADLINE_EXCEEDED, [*sampled, call_status.late()], also),
            _lines(SAMPLE, CANCELLED, [*sampled, call_status.cancelled()], also),
            _lines(SAMPLE, UNKNOWN.name, [*sampled, call_status.unknown()], also),
        ]
    if settings.sample_percent < 100:
        slow = _slow(settings.slower_than, streams)
        failed = status_filter(OK, UNKNOWN, exclude=True)
        bad = either(failed, every(slow, call_status.has_status()))
        logs += [
            _lines(ERROR_OR_SLOW, call_status.GIVEN, [bad], also),
            _lines(ERROR_OR_SLOW, DEADLINE_EXCEEDED, [call_status.late()], also),
            _lines(ERROR_OR_SLOW, CANCELLED, [slow, call_status.cancelled()], also),
            _lines(ERROR_OR_SLOW, UNKNOWN.name, [call_status.unknown()], also),
        ]
    return logs


def _lines(
    reason: str, status: str, filters: list[AccessLogFilter], also: Mapping[str, str] | None
) -> AccessLog:
    fields = {**FIELDS, **(also or {}), "grpc_status": status, "reason": reason}
    return AccessLog(
        name="envoy.access_loggers.stdout",
        filter=every(*filters) if len(filters) > 1 else filters[0],
        typed_config=typed_config(
            StdoutAccessLog(
                log_format=SubstitutionFormatString(
                    json_format=Struct(fields={k: Value(string_value=v) for k, v in fields.items()}),
                )
            )
        ),
    )


def _sampled(percent: float) -> AccessLogFilter:
    return AccessLogFilter(
        runtime_filter=RuntimeFilter(
            runtime_key="access_log.sample",
            percent_sampled=fractional_percent(percent),
            # With sampling by request id, two proxies in a chain would sample the same calls; and a call may
            # have no request id.
            use_independent_randomness=True,
        )
    )


def _slow(slower_than: timedelta, streams: Sequence[str]) -> AccessLogFilter:
    milliseconds = max(1, round(slower_than / timedelta(milliseconds=1)))
    slow = AccessLogFilter(
        duration_filter=DurationFilter(
            comparison=ComparisonFilter(
                op=ComparisonFilterOp.GE,
                value=RuntimeUInt32(default_value=milliseconds, runtime_key="access_log.slow_ms"),
            )
        )
    )
    return every(slow, *(_not_to(path) for path in streams)) if streams else slow


def _not_to(path: str) -> AccessLogFilter:
    header = HeaderMatcher(name=":path", string_match=StringMatcher(exact=path), invert_match=True)
    return AccessLogFilter(header_filter=HeaderFilter(header=header))
