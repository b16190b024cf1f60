"""Headers at the real Envoy: large, many and forbidden ones, from clients and from tasks.

In each test other calls are open on the same two connections, and none of them may notice.
"""

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest

from envoy_config.http2 import HEADERS_COUNT, HEADERS_KIB
from tests.envoy_config.live_envoy.rig import Live, channel_to, envoy, task
from tests.waiting import FOREVER

GET = "/learning.v1.Lessons/Get"
BIG = [("grpc.max_metadata_size", 1 << 20), ("grpc.absolute_max_metadata_size", 1 << 20)]
OVER_KB = 230_000  # in base64 more than 256 KiB
OVER_COUNT = HEADERS_COUNT + 100
OTHERS = 3
Headers = tuple[tuple[str, str | bytes], ...]


def large(size: int) -> Headers:
    return (("x-large-bin", os.urandom(size)),)


def many(count: int) -> Headers:
    return tuple((f"k{number}", "v") for number in range(count))


FORBIDDEN: Headers = (("connection", "keep-alive"),)


class Task:
    """Answers with the headers that it is told to; the others wait until they are let go."""

    def __init__(self) -> None:
        self.finish = threading.Event()
        self.initial: Headers = ()
        self.trailing: Headers = ()

    def answer(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        if request == b"wait":
            yield b"begun"
            self.finish.wait(FOREVER)
            yield b"finished"
            return
        if self.initial:
            context.send_initial_metadata(self.initial)
        context.set_trailing_metadata(self.trailing)
        if request == b"fail":
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "why")
        yield b"answer"


Stub: TypeAlias = "grpc.UnaryStreamMultiCallable[bytes, bytes]"


@contextmanager
def among_others(task_: Task, tmp_path: Path, block: str) -> "Generator[tuple[Stub, Live]]":
    """Yield a stub; other calls are open on its connection and on another one, and must end well."""
    with (
        task(f"{block}.3", task_.answer, workers=20, options=BIG),
        envoy(tmp_path, block, [f"{block}.3"]) as live,
        channel_to(live, BIG) as channel,
        channel_to(live) as other_channel,
    ):
        stub: Stub = channel.unary_stream(GET)
        other_stub: Stub = other_channel.unary_stream(GET)
        others = [iter(each(b"wait")) for each in (stub, other_stub) for _ in range(OTHERS)]
        assert [next(other) for other in others] == [b"begun"] * 2 * OTHERS
        yield stub, live
        task_.finish.set()
        assert [list(other) for other in others] == [[b"finished"]] * 2 * OTHERS


def ended(stub: "Stub", request: bytes = b"", metadata: Headers = ()) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as error:
        list(stub(request, metadata=metadata, timeout=FOREVER))
    return error.value


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(large(70_000), id="one value of 70 kB"),
        pytest.param(large(150_000), id="one value of 150 kB"),
        pytest.param(many(300), id="300 keys"),
        pytest.param(many(900), id="900 keys"),
    ],
)
def test_headers_within_the_limits_pass_unchanged_from_both_sides(
    headers: Headers, tmp_path: Path, block: str
) -> None:
    echoed = Task()
    with among_others(echoed, tmp_path, block) as (stub, _):
        assert list(stub(b"", metadata=headers)) == [b"answer"]
        echoed.trailing = headers
        call: Any = stub(b"")
        assert list(call) == [b"answer"]
        assert set(headers) <= {(key, value) for key, value in call.trailing_metadata()}
        error: Any = ended(stub, b"fail")
        assert (error.code(), error.details()) == (grpc.StatusCode.FAILED_PRECONDITION, "why")
        assert set(headers) <= {(key, value) for key, value in error.trailing_metadata()}
        echoed.initial, echoed.trailing = headers, ()
        call = stub(b"")
        assert list(call) == [b"answer"]
        assert set(headers) <= {(key, value) for key, value in call.initial_metadata()}


@pytest.mark.parametrize(
    ("headers", "details"),
    [
        pytest.param(large(OVER_KB), "http2.header_list_size_too_large", id="too large"),
        pytest.param(many(OVER_COUNT), "http2.too_many_headers", id="too many"),
        pytest.param(FORBIDDEN, "http2.invalid.header.field", id="connection"),
        pytest.param((("keep-alive", "timeout=5"),), "http2.invalid.header.field", id="keep-alive"),
        pytest.param(
            (("transfer-encoding", "chunked"),), "http2.invalid.header.field", id="transfer-encoding"
        ),
        pytest.param((("upgrade", "h2c"),), "http2.invalid.header.field", id="upgrade"),
    ],
)
def test_a_request_with_headers_that_envoy_refuses_ends_alone_and_the_log_says_why(
    headers: Headers, details: str, tmp_path: Path, block: str
) -> None:
    with among_others(Task(), tmp_path, block) as (stub, live):
        error = ended(stub, metadata=headers)
    # Envoy resets the stream. HTTP/2 has no text for that, so the log names the reason and the client.
    assert error.code() is grpc.StatusCode.INTERNAL
    (line,) = [line for line in live.lines() if line["grpc_status"] != "OK"]
    assert (line["details"], line["client"]) == (details, "127.0.0.1")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(large(OVER_KB), id="too large"),
        pytest.param(many(OVER_COUNT), id="too many"),
        pytest.param(FORBIDDEN, id="connection"),
    ],
)
def test_a_response_with_headers_that_envoy_refuses_ends_alone_and_the_client_reads_why(
    headers: Headers, tmp_path: Path, block: str
) -> None:
    bad = Task()
    with among_others(bad, tmp_path, block) as (stub, _):
        bad.initial = headers
        first = ended(stub)
        bad.initial, bad.trailing = (), headers
        only = ended(stub, b"fail")
        late = ended(stub)
    for error in (first, only):
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert (error.details() or "").endswith(
            f"(Envoy proxy grpc: the task ended the call without an answer, or its headers have more than "
            f"{HEADERS_KIB} KiB, are more than {HEADERS_COUNT}, or HTTP/2 forbids one of them)"
        )
    # The client has a part of the answer already, so all that Envoy can do is to reset the stream.
    assert late.code() is grpc.StatusCode.INTERNAL
