"""The status of calls that ended without one, because their client left or their deadline passed.

Envoy takes such a call for UNKNOWN, as it takes a call whose task answers UNKNOWN or breaks off. What tells
them apart is Envoy's reason (`%RESPONSE_CODE_DETAILS%`). Only a CEL expression can read it, and that costs
more than most calls do. So each logger first looks at the status, and CEL runs only for UNKNOWN.
"""

from envoy_data_plane.envoy.config.accesslog.v3 import (
    AccessLogFilter,
    AndFilter,
    ExtensionFilter,
    GrpcStatusFilter,
    GrpcStatusFilterStatus,
    OrFilter,
)
from envoy_data_plane.envoy.extensions.access_loggers.filters.cel.v3 import ExpressionFilter

from envoy_config.typed_extension import typed_config

OK, UNKNOWN = GrpcStatusFilterStatus.OK, GrpcStatusFilterStatus.UNKNOWN

GIVEN = "%GRPC_STATUS(SNAKE_STRING)%"
"""The status of a call for which `has_status` holds."""

_REASON = "response.code_details"
_LEFT = (
    "http2.remote_reset",  # it reset the stream
    "downstream_remote_disconnect",  # it closed the connection
    "downstream_local_disconnect(http2_ping_timeout)",  # it vanished, and answers no PING
)
_CLIENT_LEFT = f"{_REASON} in {list(_LEFT)}"

_ELAPSED_MS = "(request.duration.getSeconds() * 1000 + request.duration.getMilliseconds())"
# Envoy writes a deadline as milliseconds into the header before it sends the call to a task. gRPC's `300m`
# are 300 milliseconds, and CEL's 300 minutes.
_HEADER = "request.headers['grpc-timeout']"
_DEADLINE_MS = f"duration({_HEADER}).getMinutes()"
# A client ends a late call itself, often before Envoy does. gRPC's C core rounds the header up by up to 1 %,
# but not its own timer, and the way to Envoy and back may take some milliseconds more or less.
_LATE = (
    f"{_REASON} == 'max_duration_timeout' || ({_CLIENT_LEFT} && 'grpc-timeout' in request.headers"
    f" && {_HEADER}.endsWith('m') && ({_ELAPSED_MS} + 5) * 100 >= {_DEADLINE_MS} * 98)"
)
_CANCELLED = f"{_CLIENT_LEFT} && !({_LATE})"

FOUND = f"%CEL({_LATE} ? 'DEADLINE_EXCEEDED' : {_CLIENT_LEFT} ? 'CANCELLED' : 'UNKNOWN')%"
"""The status of a call for which `has_status` does not hold."""


def has_status() -> AccessLogFilter:
    """Return a filter for calls that ended with a status other than UNKNOWN."""
    return status_filter(UNKNOWN, exclude=True)


def lacks_status() -> AccessLogFilter:
    """Return a filter for the other calls: those that ended with UNKNOWN or without a status."""
    return status_filter(UNKNOWN)


def cancelled() -> AccessLogFilter:
    """Return a filter for those calls without a status that their client cancelled."""
    return _expression(_CANCELLED)


def not_cancelled() -> AccessLogFilter:
    """Return a filter for those calls without a status that their client did not cancel."""
    return _expression(f"!({_CANCELLED})")


def status_filter(*statuses: GrpcStatusFilterStatus, exclude: bool = False) -> AccessLogFilter:
    """Return a filter for calls that ended with one of `statuses`, or for all other calls."""
    return AccessLogFilter(grpc_status_filter=GrpcStatusFilter(statuses=list(statuses), exclude=exclude))


def every(*filters: AccessLogFilter) -> AccessLogFilter:
    """Return a filter for calls for which all `filters` hold; a later one runs only if the earlier hold."""
    return AccessLogFilter(and_filter=AndFilter(filters=list(filters)))


def either(*filters: AccessLogFilter) -> AccessLogFilter:
    """Return a filter for calls for which one of `filters` holds."""
    return AccessLogFilter(or_filter=OrFilter(filters=list(filters)))


def _expression(expression: str) -> AccessLogFilter:
    return AccessLogFilter(
        extension_filter=ExtensionFilter(
            name="envoy.access_loggers.extension_filters.cel",
            typed_config=typed_config(ExpressionFilter(expression=expression)),
        )
    )
