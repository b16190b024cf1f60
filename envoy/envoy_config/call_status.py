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
from envoy_data_plane.envoy.config.core.v3 import CelExpressionConfig
from envoy_data_plane.envoy.extensions.access_loggers.filters.cel.v3 import ExpressionFilter

from envoy_config.typed_extension import typed_config

OK, UNKNOWN = GrpcStatusFilterStatus.OK, GrpcStatusFilterStatus.UNKNOWN

GIVEN = "%GRPC_STATUS(SNAKE_STRING)%"
"""The status of a call for which `has_status` holds."""

DEADLINE_EXCEEDED, CANCELLED = "DEADLINE_EXCEEDED", "CANCELLED"
"""The status of a call for which `late` or `cancelled` holds."""

_REASON = "response.code_details"
_LEFT = (
    "http2.remote_reset",  # it reset the stream
    "downstream_remote_disconnect",  # it closed the connection
    "downstream_local_disconnect(http2_ping_timeout)",  # it vanished, and answers no PING
)
_CLIENT_LEFT = f"{_REASON} in {list(_LEFT)}"

_HEADER = "request.headers['grpc-timeout']"
# Digits and a unit, as gRPC's "gRPC over HTTP2" says. More hours than this are too many for CEL.
_HAS_DEADLINE = (
    f"'grpc-timeout' in request.headers && {_HEADER}.matches('^([0-9]{{1,8}}[numSM]|[0-9]{{1,7}}H)$')"
)
# gRPC's units as CEL's: `300m` are 300 milliseconds, and in CEL 300 minutes.
_UNITS = {"m": "ms", "M": "m", "H": "h", "S": "s", "u": "us", "n": "ns"}
_REPLACED = "".join(f".replace('{unit}', '{cel}')" for unit, cel in _UNITS.items())
_DEADLINE = f"duration({_HEADER}{_REPLACED})"


def _milliseconds(duration: str) -> str:
    return f"({duration}.getSeconds() * 1000 + {duration}.getMilliseconds())"


# A client ends a late call itself. gRPC's C core rounds the header up by up to 1 %, but not its own timer,
# and the way to Envoy and back may take some milliseconds more or less.
_IN_TIME = f"({_milliseconds('request.duration')} + 5) * 100 < {_milliseconds(_DEADLINE)} * 98"
_LATE = f"{_HAS_DEADLINE} && !({_IN_TIME})"


def has_status() -> AccessLogFilter:
    """Return a filter for calls that ended with a status other than UNKNOWN."""
    return status_filter(UNKNOWN, exclude=True)


def late() -> AccessLogFilter:
    """Return a filter for calls that their client ended at their deadline: `DEADLINE_EXCEEDED`."""
    return every(status_filter(UNKNOWN), _expression(f"{_CLIENT_LEFT} && {_LATE}"))


def cancelled() -> AccessLogFilter:
    """Return a filter for calls that their client ended before their deadline, if any: `CANCELLED`."""
    return every(status_filter(UNKNOWN), _expression(f"{_CLIENT_LEFT} && !({_LATE})"))


def unknown() -> AccessLogFilter:
    """Return a filter for calls whose task ended them with UNKNOWN or without a status: `UNKNOWN`."""
    return every(status_filter(UNKNOWN), _expression(f"!({_CLIENT_LEFT})"))


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
            typed_config=typed_config(
                ExpressionFilter(
                    expression=expression,
                    # For `replace`. What it is given has nine characters at most.
                    cel_config=CelExpressionConfig(enable_string_functions=True),
                )
            ),
        )
    )
