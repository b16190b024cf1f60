"""Calls in turn with grpcio until SIGTERM, and prints a line for each call."""

import json
import signal
import sys
import threading
import time

import grpc

TARGET, METHOD, SETTINGS = sys.argv[1], sys.argv[2], sys.argv[3]
SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],  # every method: only for those that are idempotent
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
)
RECOMMENDED = [
    ("grpc.service_config", SERVICE_CONFIG),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),  # newer versions wait a minute for the answer to a PING
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
]


def main() -> None:
    """Call every 50 ms."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    options = RECOMMENDED if SETTINGS == "recommended" else []
    with grpc.insecure_channel(TARGET, options=options) as channel:
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
        while not stop.wait(0.05):
            begun, status = time.time(), "OK"
            try:
                stub(b"", timeout=5)
            except grpc.RpcError as error:
                status = str(error.code().name)  # pyright: ignore
            print(f"{begun:.3f} {time.time():.3f} {status}", flush=True)


if __name__ == "__main__":
    main()
