"""The access log: one line of JSON for each call, on standard output."""

from envoy_data_plane.envoy.config.accesslog.v3 import AccessLog
from envoy_data_plane.envoy.config.core.v3 import SubstitutionFormatString
from envoy_data_plane.envoy.extensions.access_loggers.stream.v3 import StdoutAccessLog
from envoy_data_plane.google.protobuf import Struct, Value

from envoy_config.http_filters import CALL_METADATA
from envoy_config.typed_extension import typed_config

FIELDS = {
    "time": "%START_TIME%",
    "grpc_service": f"%DYNAMIC_METADATA({CALL_METADATA}:grpc_service)%",
    "grpc_method": f"%DYNAMIC_METADATA({CALL_METADATA}:grpc_method)%",
    "grpc_status": "%GRPC_STATUS(SNAKE_STRING)%",
    "duration_ms": "%DURATION%",
    "upstream_task": "%UPSTREAM_HOST%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "response_flags": "%RESPONSE_FLAGS%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
}


def access_log() -> AccessLog:
    """Return the log of every call."""
    return AccessLog(
        name="envoy.access_loggers.stdout",
        typed_config=typed_config(
            StdoutAccessLog(
                log_format=SubstitutionFormatString(
                    json_format=Struct(fields={k: Value(string_value=v) for k, v in FIELDS.items()}),
                )
            )
        ),
    )
