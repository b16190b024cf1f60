"""What a client reads if Envoy ends its call: which proxy did it, and why."""

from collections.abc import Iterator, Sequence

from envoy_config.access_log import METHOD, SERVICE
from envoy_config.call_status import expression
from envoy_config.header_changes import header_set
from envoy_config.http2 import HEADERS_COUNT, HEADERS_KIB, REQUEST_BUFFER_BYTES
from envoy_config.load_balancing import has_versions
from envoy_config.messages import (
    AccessLogFilter,
    ComparisonFilter,
    ComparisonFilterOp,
    DataSource,
    HeaderValueOption,
    LocalReplyConfig,
    ResponseFlagFilter,
    ResponseMapper,
    RuntimeUInt32,
    StatusCodeFilter,
    SubstitutionFormatString,
)
from envoy_config.method_routes import policies_of
from envoy_config.model import Proxy, Service
from envoy_config.overload_manager import REFUSE_SHARE
from envoy_config.policy.traffic_policy import MethodPolicy


def local_reply_config(proxy: Proxy, services: tuple[Service, ...]) -> LocalReplyConfig:
    """Return the answers of `proxy` to calls that it ends by itself; the body becomes gRPC's message."""
    policies = policies_of(services)
    return LocalReplyConfig(
        mappers=[
            *_times(proxy, policies),
            *_faults(proxy, policies),
            *_message_sizes(proxy, policies),
            *_load_shedding(proxy, services),
            # Without a message, a client takes this UNIMPLEMENTED for a server's.
            ResponseMapper(
                filter=_flags("NR"),
                body_format_override=_text(
                    f"Envoy proxy {proxy.name} has no route for {METHOD} by the name "
                    "%REQ(:AUTHORITY):256%: no service of its configuration lists this proto service in "
                    "grpc_services, or this name in hosts"
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
            *_versions(proxy, services),
            _breakers(proxy, services),
            ResponseMapper(
                filter=_status_code(429),  # the filter sets the flag RL only after it has answered
                body_format_override=_text(
                    f"Envoy proxy {proxy.name} sheds calls of %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% to "
                    f"the service {SERVICE}: more of them come in a second than its policy allows "
                    "(rate_limit)"
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
            *_overload(proxy),
        ]
    )


def _overload(proxy: Proxy) -> list[ResponseMapper]:
    # The overload manager answers without a flag. So all answers with one stay as they are...
    others = ResponseMapper(filter=_flags())
    # ... and what is left is its answer.
    shed = ResponseMapper(
        filter=_status_code(503),
        body_format_override=_text(
            f"Envoy proxy {proxy.name} sheds calls: its heap has {100 * REFUSE_SHARE:.0f} %% of its "
            f"memory of {proxy.memory_mib} MiB (proxy.memory)"
        ),
    )
    return [others, shed]


def _times(proxy: Proxy, policies: Sequence[MethodPolicy]) -> Iterator[ResponseMapper]:
    """Yield the answers to calls that took too long: DEADLINE_EXCEEDED, where Envoy says UNAVAILABLE."""
    ended = f"Envoy proxy {proxy.name} ended this call to the service {SERVICE}:"
    if any(policy.timeout or policy.retries.per_try_timeout or policy.hedging for policy in policies):
        yield ResponseMapper(
            filter=_flags("UT"),
            headers_to_add=[_status(4)],
            body_format_override=_text(
                f"{ended} no answer within the times of its policy (timeout, or retries.per_try_timeout in "
                "every attempt; %RESPONSE_CODE_DETAILS%)"
            ),
        )
    if any(policy.idle_timeout for policy in policies):
        yield ResponseMapper(
            filter=_flags("SI"),
            headers_to_add=[_status(4)],
            body_format_override=_text(f"{ended} it was silent for the time of its policy (idle_timeout)"),
        )
    if any(policy.max_stream_duration for policy in policies):
        yield ResponseMapper(
            filter=_status_code(504),  # it has no flag, and Envoy says DEADLINE_EXCEEDED by itself
            body_format_override=_text(
                f"{ended} it lasted as long as its policy allows (max_stream_duration)"
            ),
        )


def _faults(proxy: Proxy, policies: Sequence[MethodPolicy]) -> Iterator[ResponseMapper]:
    if any(policy.fault and policy.fault.abort for policy in policies):
        text = f"Envoy proxy {proxy.name} failed this call to the service {SERVICE} on purpose (fault.abort)"
        yield ResponseMapper(filter=_flags("FI"), body_format_override=_text(text))


def _message_sizes(proxy: Proxy, policies: Sequence[MethodPolicy]) -> Iterator[ResponseMapper]:
    if any(policy.max_message_bytes for policy in policies):
        yield ResponseMapper(
            filter=_status_code(413),
            headers_to_add=[_status(8)],
            body_format_override=_text(
                f"Envoy proxy {proxy.name} refuses this call to the service {SERVICE}: its message is larger "
                "than its policy allows (max_message_bytes)"
            ),
        )


def _load_shedding(proxy: Proxy, services: Sequence[Service]) -> Iterator[ResponseMapper]:
    """Yield the answers of the filters that shed load; the reason alone tells them from the others' 503."""
    sheds = f"Envoy proxy {proxy.name} sheds calls of the service {SERVICE}:"
    reasons: dict[str, tuple[str, bool]] = {
        "denied_by_admission_control": (
            "too few of them succeed (admission_control)",
            any(service.policy.admission_control for service in services),
        ),
        "reached_concurrency_limit": (
            "as many are open as its tasks answer without a queue (adaptive_concurrency)",
            any(service.policy.adaptive_concurrency for service in services),
        ),
    }
    for details, (why, used) in reasons.items():
        if used:
            yield ResponseMapper(
                filter=expression(f"response.code_details == '{details}'"),
                body_format_override=_text(f"{sheds} {why}"),
            )


def _status(number: int) -> HeaderValueOption:
    """Return the status of gRPC that an answer gets, because no HTTP status stands for it."""
    # "HTTP to gRPC Status Code Mapping"
    return header_set("grpc-status", str(number))


def _breakers(proxy: Proxy, services: Sequence[Service]) -> ResponseMapper:
    pending = any(service.policy.circuit_breakers.max_pending_calls for service in services)
    keys = "max_open_calls, or max_pending_calls" if pending else "max_open_calls"
    # The circuit breaker: `open_call_limit`, and `max_retries` (cluster.py).
    return ResponseMapper(
        filter=_flags("UO"),
        body_format_override=_text(
            f"Envoy proxy {proxy.name} sheds calls of the service {SERVICE}: as many are "
            f"open here as it holds at once ({keys})"
        ),
    )


def _versions(proxy: Proxy, services: Sequence[Service]) -> Iterator[ResponseMapper]:
    if any(map(has_versions, services)):
        yield ResponseMapper(
            filter=_flags("UH"),
            body_format_override=_text(
                f"%LOCAL_REPLY_BODY% (Envoy proxy {proxy.name}: no healthy task of the service {SERVICE}, or "
                "none of the version that its policy names, load_balancing.version)"
            ),
        )


def _text(text: str) -> SubstitutionFormatString:
    return SubstitutionFormatString(text_format_source=DataSource(inline_string=text))


def _flags(*flags: str) -> AccessLogFilter:
    return AccessLogFilter(response_flag_filter=ResponseFlagFilter(flags=list(flags)))


def _status_code(code: int) -> AccessLogFilter:
    value = RuntimeUInt32(default_value=code, runtime_key=f"local_reply.status_{code}")
    comparison = ComparisonFilter(op=ComparisonFilterOp.EQ, value=value)
    return AccessLogFilter(status_code_filter=StatusCodeFilter(comparison=comparison))
