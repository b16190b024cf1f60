"""The abusive client of `make chaos`."""

import socket
import sys
from pathlib import Path

import pytest

from rehearsal.processes import Processes
from tests.conftest import random_block
from tests.waiting import FOREVER

pytestmark = pytest.mark.process

SERVICE = "busy"


@pytest.mark.parametrize(
    ("abuse", "sent"),
    [
        pytest.param("flood", b"grpc-timeout", id="flood"),
        pytest.param("rapid_resets", b"/lab.v1.Busy/Short", id="rapid resets"),
        pytest.param("slow_reader", b"/lab.v1.Busy/Download", id="slow reader"),
    ],
)
def test_an_abuser_has_an_address_of_its_own_as_a_task_on_fargate(
    tmp_path: Path, abuse: str, sent: bytes
) -> None:
    block = random_block()
    with socket.create_server((f"{block}.1", 50051)) as proxy, Processes(tmp_path) as processes:
        proxy.settimeout(FOREVER)
        where = ["dns:///unused", f"{block}.1", "50051", SERVICE, f"{block}.2", "--rate", "80"]
        processes.start("abuser", [sys.executable, "-m", "bench.faults.abuser", abuse, *where])
        connection, (address, _) = proxy.accept()
        with connection:
            connection.settimeout(FOREVER)
            received = b""
            while sent not in received:
                received += connection.recv(65536)
        assert address == f"{block}.2"
        assert received.startswith(b"PRI * HTTP/2.0")
