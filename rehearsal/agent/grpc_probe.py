"""`python -m rehearsal.agent.grpc_probe ADDRESS PORT`: ask a server for its grpc.health.v1 status."""

import sys

import grpc

SERVING = b"\x08\x01"
"""A HealthCheckResponse with the status SERVING, in protobuf's wire format."""


def main() -> int:
    """Return 0 if the server's status is SERVING, 1 if not."""
    address, port = sys.argv[1:]
    with grpc.insecure_channel(f"{address}:{port}") as channel:
        check: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/grpc.health.v1.Health/Check"
        )
        try:
            return 0 if check(b"", timeout=2) == SERVING else 1
        except grpc.RpcError as error:
            print(error, file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
