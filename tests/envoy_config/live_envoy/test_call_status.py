"""The status of a call in the real Envoy's metrics and log, above all if the call ended without one."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import grpc
import pytest

from envoy_config import AccessLog, Metrics
from tests.conftest import ROOT
from tests.envoy_config.live_envoy.rig import PROXY, Live, envoy, scrape, task
from tests.waiting import FOREVER, until

METHOD = "/learning.v1.Lessons/Call"
CLIENT = """
import grpc, sys, time
call = grpc.insecure_channel(sys.argv[1]).unary_stream(sys.argv[2])(b"", metadata=[("first", "yes")])
next(call)
print("begun", flush=True)
time.sleep(600)
"""
TASK = """
import sys, time
from tests.envoy_config.live_envoy.rig import task
from tests.envoy_config.live_envoy.test_call_status import hang
with task(sys.argv[1], hang):
    print("begun", flush=True)
    time.sleep(600)
"""


@contextmanager
def process(program: str, *arguments: str) -> Generator[subprocess.Popen[bytes]]:
    """Run `program` until it says that it has begun; leaving the context kills it."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as running:
        try:
            assert running.stdout
            assert running.stdout.readline() == b"begun\n"
            yield running
        finally:
            running.kill()


def hang(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
    """Do as the metadata says: fail, or answer once and hang, or just hang."""
    metadata = dict(context.invocation_metadata())
    if "fail" in metadata:
        context.abort(grpc.StatusCode[str(metadata["fail"])], "as asked")
    if "first" in metadata:
        yield b"first"
    while context.is_active():
        time.sleep(0.01)


class OpenCall(Protocol):
    """A call that has begun, as grpcio's types do not name it."""

    def __iter__(self) -> Iterator[bytes]: ...
    def __next__(self) -> bytes: ...
    def cancel(self) -> object: ...


@contextmanager
def opened(live: Live, timeout: float | None = None, **metadata: str) -> Generator[OpenCall]:
    """Open a call; if its metadata has `first`, its first message has come."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(live.target, options=options) as channel:
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(METHOD)
        call = stub(b"", timeout=timeout, metadata=tuple(metadata.items()))
        if "first" in metadata:
            next(call)
        yield call


def until_a_task_has_it(live: Live) -> None:
    until(lambda: "active: 1\n" in live.admin("/stats?filter=cluster.lessons.upstream_rq_active"))


def ends_badly(call: OpenCall) -> bool:
    try:
        list(call)
    except grpc.RpcError:
        return True
    return False


def cancels(live: Live) -> None:
    with opened(live, first="yes") as call:
        call.cancel()


def cancels_before_an_answer(live: Live) -> None:
    with opened(live) as call:
        until_a_task_has_it(live)
        call.cancel()


def cancels_before_its_deadline(live: Live) -> None:
    with opened(live, timeout=600, first="yes") as call:
        call.cancel()


def is_killed(live: Live) -> None:
    with process(CLIENT, live.target, METHOD):
        pass


def waits(live: Live, timeout: float, **metadata: str) -> None:
    with opened(live, timeout, **metadata) as call:
        assert ends_badly(call)


def waits_ten_times(live: Live) -> None:
    for _ in range(10):
        waits(live, 0.3)


def waits_within_a_stream(live: Live) -> None:
    waits(live, 0.3, first="yes")


def waits_a_time_that_is_rounded(live: Live) -> None:
    waits(live, 1.501)  # grpcio's header says 1.51 s, and it ends the call at 1.501 s


def gets_unknown(live: Live) -> None:
    with opened(live, fail="UNKNOWN") as call:
        assert ends_badly(call)


def gets_not_found(live: Live) -> None:
    with opened(live, fail="NOT_FOUND") as call:
        assert ends_badly(call)


def counted(live: Live) -> dict[str, int]:
    """Return how many calls Envoy's metrics count, by status."""
    found = re.findall(r'^envoy_grpc_requests{.*grpc_status="([^"]*)"} (\d+)$', scrape(live), re.MULTILINE)
    return {status: int(count) for status, count in found}


@pytest.mark.parametrize(
    ("client", "status", "calls"),
    [
        pytest.param(cancels, "CANCELLED", 1, id="cancels a stream"),
        pytest.param(cancels_before_an_answer, "CANCELLED", 1, id="cancels before an answer"),
        pytest.param(cancels_before_its_deadline, "CANCELLED", 1, id="cancels long before its deadline"),
        pytest.param(is_killed, "CANCELLED", 1, id="is killed"),
        pytest.param(waits_ten_times, "DEADLINE_EXCEEDED", 10, id="gets no answer in time"),
        pytest.param(waits_within_a_stream, "DEADLINE_EXCEEDED", 1, id="has a deadline within a stream"),
        pytest.param(waits_a_time_that_is_rounded, "DEADLINE_EXCEEDED", 1, id="rounds its deadline up"),
        pytest.param(gets_unknown, "UNKNOWN", 1, id="gets UNKNOWN from the server"),
        pytest.param(gets_not_found, "NOT_FOUND", 1, id="gets NOT_FOUND from the server"),
    ],
)
def test_a_call_has_the_status_of_who_ended_it(
    client: Callable[[Live], None], status: str, calls: int, tmp_path: Path, block: str
) -> None:
    proxy = replace(PROXY, metrics=Metrics())
    with task(f"{block}.3", hang), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        client(live)
        until(lambda: sum(counted(live).values()) == calls)
        assert counted(live) == {status: calls}
        lines = live.stop()
    assert [line["grpc_status"] for line in lines] == [status] * calls


@pytest.mark.parametrize(
    ("first", "status"),
    [
        pytest.param({}, "UNAVAILABLE", id="before an answer"),
        pytest.param({"first": "yes"}, "UNKNOWN", id="within a stream"),
    ],
)
def test_a_call_whose_task_dies_is_an_error(
    first: dict[str, str], status: str, tmp_path: Path, block: str
) -> None:
    proxy = replace(PROXY, metrics=Metrics(), access_log=AccessLog(sample_percent=0))
    with process(TASK, f"{block}.3") as dying, envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        with opened(live, timeout=600, **first) as call:
            until_a_task_has_it(live)
            dying.kill()
            assert ends_badly(call)
        until(lambda: counted(live))
        assert counted(live) == {status: 1}
        (line,) = live.stop()
    assert (line["grpc_status"], line["reason"]) == (status, "error_or_slow")


def test_a_call_that_envoy_ends_because_it_stops_is_an_error(tmp_path: Path, block: str) -> None:
    proxy = replace(PROXY, access_log=AccessLog(sample_percent=0))
    with (
        task(f"{block}.3", hang),
        envoy(tmp_path, block, [f"{block}.3"], proxy) as live,
        opened(live, first="yes") as call,
    ):
        live.process.terminate()
        assert ends_badly(call)
        live.process.wait(FOREVER)
    (line,) = live.lines()
    assert (line["grpc_status"], line["reason"]) == ("UNKNOWN", "error_or_slow")


def test_a_cancelled_call_is_no_error_in_the_log_and_a_late_one_is(tmp_path: Path, block: str) -> None:
    proxy = replace(PROXY, access_log=AccessLog(sample_percent=0, slower_than=timedelta(hours=1)))
    with task(f"{block}.3", hang), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        cancels(live)
        cancels_before_an_answer(live)
        waits(live, 0.3)
        (late,) = live.stop()
    assert (late["grpc_status"], late["reason"]) == ("DEADLINE_EXCEEDED", "error_or_slow")
