"""What a client reads if Envoy ends its call: which proxy did it, and why."""

from envoy_data_plane.envoy.config.accesslog.v3 import (
    AccessLogFilter,
    ComparisonFilter,
    ComparisonFilterOp,
    ResponseFlagFilter,
    StatusCodeFilter,
)
from envoy_data_plane.envoy.config.core.v3 import DataSource, RuntimeUInt32, SubstitutionFormatString
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    LocalReplyConfig,
    ResponseMapper,
)

from envoy_config.access_log import METHOD
from envoy_config.http2 import HEADERS_COUNT, HEADERS_KIB, REQUEST_BUFFER_BYTES
from envoy_config.model import Proxy


def local_reply_config(proxy: Proxy) -> LocalReplyConfig:
    """Return the answers of `proxy` to calls that it ends by itself; the body becomes gRPC's message."""
    return LocalReplyConfig(
        mappers=[
            # Without a message, a client takes this UNIMPLEMENTED for a server's.
            ResponseMapper(
                filter=_flags("NR"),
                body_format_override=_text(
                    f"Envoy proxy {proxy.name} has no route for {METHOD}: no service of its "
                    "configuration lists this proto service in grpc_services"
                ),
            ),
            # Envoy says 507, which a gRPC client reads as UNKNOWN. No task has begun the call, so it is
            # UNAVAILABLE: the client may try again.
            ResponseMapper(
                filter=_status_code(507),
                status_code=503,
                body_format_override=_text(
                    f"Envoy proxy {proxy.name} could not reach a task, and it sends no request of more than "
                    f"{REQUEST_BUFFER_BYTES} bytes to a second one"
                ),
            ),
            # Envoy also says so if the headers of a response are over its limits.
            ResponseMapper(
                filter=_flags("UR", "UPE"),
                body_format_override=_text(
                    f"%LOCAL_REPLY_BODY% (Envoy proxy {proxy.name}: the task ended the call without an "
                    f"answer, or its headers have more than {HEADERS_KIB} KiB, are more than "
                    f"{HEADERS_COUNT}, or HTTP/2 forbids one of them)"
                ),
            ),
        ]
    )


def _text(text: str) -> SubstitutionFormatString:
    return SubstitutionFormatString(text_format_source=DataSource(inline_string=text))


def _flags(*flags: str) -> AccessLogFilter:
    return AccessLogFilter(response_flag_filter=ResponseFlagFilter(flags=list(flags)))


def _status_code(code: int) -> AccessLogFilter:
    value = RuntimeUInt32(default_value=code, runtime_key=f"local_reply.status_{code}")
    comparison = ComparisonFilter(op=ComparisonFilterOp.EQ, value=value)
    return AccessLogFilter(status_code_filter=StatusCodeFilter(comparison=comparison))
