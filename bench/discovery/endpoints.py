"""`python -m bench.discovery.endpoints PORT ADDRESS...`: one gRPC server on many loopback addresses."""

import signal
import sys
import threading
from collections.abc import Iterator
from concurrent import futures

import grpc


class _Echo(grpc.GenericRpcHandler):
    """Answers every method with the request's own messages."""

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        del handler_call_details

        def echo(requests: Iterator[bytes], _context: grpc.ServicerContext) -> Iterator[bytes]:
            yield from requests

        return grpc.stream_stream_rpc_method_handler(echo)


def main() -> None:
    """Serve until SIGTERM."""
    port, *addresses = sys.argv[1:]
    server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((_Echo(),))
    for address in addresses:
        server.add_insecure_port(f"{address}:{port}")
    server.start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    stop.wait()
    server.stop(0).wait()


if __name__ == "__main__":
    main()
