"""The status of calls that ended without one, because their client left or their deadline passed.

Envoy takes such a call for UNKNOWN, as it takes a call whose task answers UNKNOWN or breaks off. What tells
them apart is Envoy's reason (`%RESPONSE_CODE_DETAILS%`). Only a CEL expression can read it, and that costs
more than most calls do. So each logger first looks at the status, and CEL runs only for UNKNOWN.
"""

from envoy_config.messages import (
    AccessLogFilter,
    AndFilter,
    CelExpressionConfig,
    ExpressionFilter,
    ExtensionFilter,
    GrpcStatusFilter,
    GrpcStatusFilterStatus,
    OrFilter,
)
from envoy_config.typed_extension import typed_config

OK, UNKNOWN = GrpcStatusFilterStatus.OK, GrpcStatusFilterStatus.UNKNOWN

GIVEN = "%GRPC_STATUS(SNAKE_STRING)%"
"""The status of a call for which `has_status` holds."""

DEADLINE_EXCEEDED, CANCELLED = "DEADLINE_EXCEEDED", "CANCELLED"
"""The status of a call for which `late` or `cancelled` holds."""

# `http2.remote_reset`: it reset the stream; `downstream_remote_disconnect`: it closed the connection;
# `downstream_local_disconnect(http2_ping_timeout)`: it vanished, and answers no PING. Each expression stands
# in several loggers, and a task definition holds 64 KB, so all of them are as short as they can be.
_CLIENT_LEFT = "response.code_details.matches('remote_(reset|disconnect)|ping_timeout')"

_HEADER = "request.headers['grpc-timeout']"
# Digits and a unit, as gRPC's "gRPC over HTTP2" says.
_HAS_DEADLINE = f"'grpc-timeout' in request.headers && {_HEADER}.matches('^[0-9]{{1,8}}[HMSmun]$')"
_MILLISECONDS = "{'H':3.6e6,'M':6e4,'S':1e3,'m':1.0,'u':1e-3,'n':1e-6}"
_LAST = f"{_HEADER}.size()-1"
_DEADLINE = f"{_MILLISECONDS}[{_HEADER}.substring({_LAST})]*double({_HEADER}.substring(0,{_LAST}))"
_LASTED = "double(request.duration.getSeconds()*1000+request.duration.getMilliseconds())"
# A client ends a late call itself. gRPC's C core rounds the header up by up to 1 %, but not its own timer,
# and the way to Envoy and back may take some milliseconds more or less.
_LATE = f"{_HAS_DEADLINE} && {_LASTED}+5.0>=0.98*{_DEADLINE}"


def has_status() -> AccessLogFilter:
    """Return a filter for calls that ended with a status other than UNKNOWN."""
    return status_filter(UNKNOWN, exclude=True)


def late() -> AccessLogFilter:
    """Return a filter for calls that their client ended at their deadline: `DEADLINE_EXCEEDED`."""
    return every(status_filter(UNKNOWN), expression(f"{_CLIENT_LEFT} && {_LATE}"))


def cancelled() -> AccessLogFilter:
    """Return a filter for calls that their client ended before their deadline, if any: `CANCELLED`."""
    return every(status_filter(UNKNOWN), expression(f"{_CLIENT_LEFT} && !({_LATE})"))


def unknown() -> AccessLogFilter:
    """Return a filter for calls whose task ended them with UNKNOWN or without a status: `UNKNOWN`."""
    return every(status_filter(UNKNOWN), expression(f"!({_CLIENT_LEFT})"))


def status_filter(*statuses: GrpcStatusFilterStatus, exclude: bool = False) -> AccessLogFilter:
    """Return a filter for calls that ended with one of `statuses`, or for all other calls."""
    return AccessLogFilter(grpc_status_filter=GrpcStatusFilter(statuses=list(statuses), exclude=exclude))


def every(*filters: AccessLogFilter) -> AccessLogFilter:
    """Return a filter for calls for which all `filters` hold; a later one runs only if the earlier hold."""
    return AccessLogFilter(and_filter=AndFilter(filters=list(filters)))


def either(*filters: AccessLogFilter) -> AccessLogFilter:
    """Return a filter for calls for which one of `filters` holds."""
    return AccessLogFilter(or_filter=OrFilter(filters=list(filters)))


def expression(cel: str) -> AccessLogFilter:
    """Return a filter for calls of which the expression `cel` is true."""
    return AccessLogFilter(
        extension_filter=ExtensionFilter(
            name="envoy.access_loggers.extension_filters.cel",
            typed_config=typed_config(
                ExpressionFilter(
                    expression=cel,
                    # For `substring`. What it is given has nine characters at most.
                    cel_config=CelExpressionConfig(enable_string_functions=True),
                )
            ),
        )
    )
