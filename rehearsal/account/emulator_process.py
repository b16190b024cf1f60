"""Starts the emulator as a process of the rehearsal."""

import socket
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from rehearsal.account.aws import Aws
from rehearsal.account.existing import Existing
from rehearsal.account.health_lag import HEALTH_LAG_SECONDS, VARIABLE
from rehearsal.processes import PATIENCE_SECONDS, Process, Processes

HOST = "127.0.0.1"


def start_emulator(
    processes: Processes,
    existing: Existing,
    folder: Path,
    *,
    port: int | None = None,
    health_lag: float = HEALTH_LAG_SECONDS,
) -> Aws:
    """Start the emulator on loopback with the resources of `existing`, and wait until it answers.

    Args:
        processes: The group that the emulator's process belongs to, which ends it in any case.
        existing: The account, the region and the resources that exist already.
        folder: Where the emulator keeps its files.
        port: The TCP port; a free one by default.
        health_lag: How many seconds Cloud Map takes to show a change of health.

    Raises:
        StartFailedError: The emulator does not answer; the message names its log.

    """
    port = port or _free_port()
    folder.mkdir(exist_ok=True)
    process = processes.start(
        "emulator",
        [sys.executable, "-m", "rehearsal.account.emulator", existing.to_json()],
        environment={
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": existing.region,
            VARIABLE: str(health_lag),
            # The emulator opens no other port, does not use Docker and writes nothing outside `folder`.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "PERSIST_STATE": "0",
            "TMPDIR": str(folder),
            "LOG_LEVEL": "WARNING",
        },
    )
    _wait_until_healthy(process, port)
    return Aws(endpoint=f"http://{HOST}:{port}", account=existing.account, region=existing.region)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(process: Process, port: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        process.check()
        with closing(HTTPConnection(HOST, port, timeout=2)) as connection, suppress(OSError, HTTPException):
            connection.request("GET", "/_ministack/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise process.failure(f"does not answer at {HOST}:{port}")
