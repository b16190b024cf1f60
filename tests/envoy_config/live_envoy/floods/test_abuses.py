"""No client can hurt another: each abuse of `bench.abuse`, and the calls of others meanwhile."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from bench.abuse.abuses import ABUSES, FLOODS
from envoy_config import Metrics
from envoy_config.policy.limits import RateLimit
from rehearsal.processes import listens
from tests.conftest import ROOT
from tests.envoy_config.live_envoy.floods.test_overload import memory_mib
from tests.envoy_config.live_envoy.rig import PROXY, Live, channel_to, envoy, scrape
from tests.waiting import FOREVER, until

GET = "/learning.v1.Lessons/Get"
CALLS, ROUNDS = 20, 10
CONTAINER_MIB = 400
"""What the other containers leave for Envoy in a task of the default size."""


@contextmanager
def program(*arguments: str) -> Generator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def abused(name: str, live: Live) -> Generator[None]:
    with program("bench.abuse.abuses", name, live.address) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"abusing\n"
        yield
        assert process.poll() is None, "the abuse ended by itself"


def calls(channel: grpc.Channel) -> list[str]:
    """Make some calls at once, and return the status of each."""
    stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(GET)
    made = [stub.future(b"", timeout=FOREVER) for _ in range(CALLS)]
    return ["OK" if call.exception() is None else str(call.exception()) for call in made]


@pytest.mark.parametrize("name", ABUSES)
def test_no_client_can_fail_a_call_of_another_or_fill_the_container(
    name: str, tmp_path: Path, block: str
) -> None:
    task, proxy = f"{block}.3", replace(PROXY, memory_mib=CONTAINER_MIB, access_log=None)
    with program("bench.abuse.task", task):
        until(lambda: listens(task, 50051))
        with envoy(tmp_path, block, [task], proxy) as live, channel_to(live) as old, abused(name, live):
            assert calls(old) == ["OK"] * CALLS
            for _ in range(ROUNDS):
                with channel_to(live) as young:
                    assert [*calls(old), *calls(young)] == ["OK"] * (2 * CALLS)
                assert memory_mib(live) < CONTAINER_MIB
            assert live.process.poll() is None


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_from_one_address_is_shed_while_metrics_and_health_answer_and_then_all_is_as_before(
    name: str, tmp_path: Path, block: str
) -> None:
    task, proxy = f"{block}.3", replace(PROXY, memory_mib=CONTAINER_MIB, access_log=None, metrics=Metrics())
    rate = 2 * CALLS * (ROUNDS + 2)  # as many as the others make in all
    with program("bench.abuse.task", task):
        until(lambda: listens(task, 50051))
        with (
            envoy(tmp_path, block, [task], proxy, rate_limit=RateLimit(client_calls_per_second=rate)) as live,
            channel_to(live) as old,
        ):
            with abused(name, live):
                until(lambda: 'grpc_status="RESOURCE_EXHAUSTED"' in scrape(live))
                for _ in range(ROUNDS):
                    with channel_to(live) as young:
                        assert [*calls(old), *calls(young)] == ["OK"] * (2 * CALLS)
                    assert scrape(live, "/ready") == "LIVE\n"
                    assert memory_mib(live) < CONTAINER_MIB
            # The addresses of the flood have left, and their calls with them.
            until(lambda: "grpc.downstream_rq_active: 0" in live.admin("/stats?filter=http.grpc.down"))
            assert calls(old) == ["OK"] * CALLS
            assert live.process.poll() is None
