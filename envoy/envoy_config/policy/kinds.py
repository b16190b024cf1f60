"""Kinds of values that a traffic policy has, besides those of every setting."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator

from envoy_config.values import bounded_duration, number, text, whole_number

_MILLISECOND = timedelta(milliseconds=1)

_connect_timeout = bounded_duration("a connect timeout", timedelta(milliseconds=10), timedelta(seconds=30))
ConnectTimeout = Annotated[timedelta, *_connect_timeout]
_call_timeout = bounded_duration("a timeout of calls", _MILLISECOND, timedelta(hours=24))
CallTimeout = Annotated[timedelta, *_call_timeout]
_back_off = bounded_duration("a time between retries", _MILLISECOND, timedelta(minutes=1))
BackOffTime = Annotated[timedelta, *_back_off]
_window = bounded_duration("a window", timedelta(seconds=1), timedelta(minutes=15))
Window = Annotated[timedelta, *_window]
_ejection = bounded_duration("a time of ejection", timedelta(seconds=1), timedelta(hours=1))
EjectionTime = Annotated[timedelta, *_ejection]
_check_interval = bounded_duration("a time between checks", timedelta(milliseconds=100), timedelta(minutes=5))
CheckInterval = Annotated[timedelta, *_check_interval]
_check_timeout = bounded_duration("a timeout of a check", timedelta(milliseconds=10), timedelta(minutes=1))
CheckTimeout = Annotated[timedelta, *_check_timeout]
_connection_time = bounded_duration("a time for a connection", timedelta(seconds=1), timedelta(hours=24))
ConnectionTime = Annotated[timedelta, *_connection_time]

_attempts = whole_number("a number of attempts", 1, 20)
Attempts = Annotated[int, *_attempts]
_hedged_attempts = whole_number("a number of attempts with hedging", 2, 20)
HedgedAttempts = Annotated[int, *_hedged_attempts]
_threshold = whole_number("a threshold", 1, 100)
Threshold = Annotated[int, *_threshold]
_concurrent_streams = whole_number("a number of open calls on a connection", 1, 1024)
ConcurrentStreams = Annotated[int, *_concurrent_streams]
_at_once = whole_number("a number of calls, connections or retries at once", 1, 1_000_000)
AtOnce = Annotated[int, *_at_once]
_call_rate = whole_number("a number of calls a second", 1, 1_000_000)
CallRate = Annotated[int, *_call_rate]
# Envoy lets a message pass that comes in one frame of HTTP/2, which has 16 KiB with stock clients (measured:
# one of 1,001 bytes passed a limit of 1,000). And it holds no more than REQUEST_BUFFER_BYTES of a request.
_message_bytes = whole_number("a size of a message in bytes", 65_536, 2_097_152)
MessageBytes = Annotated[int, *_message_bytes]
_whole_percent = whole_number("a percentage", 0, 100)
WholePercent = Annotated[int, *_whole_percent]
_some_percent = number("a percentage", 0.0001, 100)
SomePercent = Annotated[float, *_some_percent]
# Envoy does not start with a threshold below 1 % ("Success rate threshold cannot be less than 1.0%").
_success_percent = number("a percentage of calls that have to succeed", 1, 100)
SuccessPercent = Annotated[float, *_success_percent]
_aggression = number("an aggression", 0.1, 10)
Aggression = Annotated[float, *_aggression]

_service_name = text(
    r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", "a service", "its name in the file, such as lessons-v2", length=63
)
ServiceName = Annotated[str, *_service_name]
_checked_name = text(r"[\w./-]*", "a name for grpc.health.v1", "one such as learning.v1.Lessons", length=255)
CheckedName = Annotated[str, *_checked_name]
_version = text(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", "a version", "one such as v2 or 1.4.0", length=63)
Version = Annotated[str, *_version]
# HTTP/2 forbids the headers that are about a connection (RFC 9113, "Connection-Specific Header Fields"): a
# strict server takes a call with one for malformed. `content-length` would be another one than the body has.
_CONNECTION = "connection$|keep-alive$|proxy-connection$|transfer-encoding$|upgrade$|content-length$"
_header_name = text(
    rf"(?!(?i:grpc-|te$|content-type$|host$|{_CONNECTION}))[A-Za-z0-9][\w.-]*",
    "a header that may be named",
    "metadata such as x-tenant; gRPC's own (grpc-*, te, content-type) and those that HTTP/2 has no place for "
    "(connection, content-length, ...) stay as they are",
    length=128,
)
HeaderName = Annotated[str, AfterValidator(str.lower), *_header_name]
_header_value = text(r"[\x20-\x7e]*", "a header's value", "printable ASCII on one line", length=1024)
HeaderValue = Annotated[str, *_header_value]
_pattern = text(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/(?:[A-Za-z_]\w*|\*)",
    "a gRPC method",
    "its proto service and name, such as learning.v1.Lessons/List, or learning.v1.Lessons/* for all",
)
MethodPattern = Annotated[str, *_pattern]
