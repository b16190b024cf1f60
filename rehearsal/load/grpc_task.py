"""A stand-in for a service's task: a real gRPC server that answers every method of its proto services.

It answers each request message with the same message, whatever the method's name, so that unary calls and
all kinds of streams work. A client that wants several answers, as in a server stream, asks for them by the
metadata `rehearsal-messages`. Each call costs a fixed amount of CPU time. The server also has grpc.health.v1
and reflection.
"""

import argparse
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from rehearsal.load.calls import MESSAGES_KEY, STREAM, UNARY

SERVE_ON_SECONDS = 10.0
"""
For so long after SIGTERM the server accepts calls as before. ECS deregisters a task and sends SIGTERM at the
same moment, but by DNS the proxies notice it up to a TTL (5 s) and a refresh (5 s) later.
"""

DRAIN_SECONDS = 10.0
"""After that, open calls get this time to end. Both times together are below ECS's stop timeout of 30 s."""


def descriptors(grpc_services: Sequence[str]) -> descriptor_pool.DescriptorPool:
    """Return the descriptors of `grpc_services`, each with the methods that the rehearsal calls."""
    pool = descriptor_pool.DescriptorPool()
    empty = descriptor_pb2.FileDescriptorProto()
    empty_pb2.DESCRIPTOR.CopyToProto(empty)
    pool.Add(empty)  # pyright: ignore[reportUnknownMemberType]
    for full_name in grpc_services:
        package, _, name = full_name.rpartition(".")
        file = descriptor_pb2.FileDescriptorProto(
            name=f"rehearsal/{full_name}.proto", package=package, dependency=[empty.name], syntax="proto3"
        )
        service = file.service.add(name=name)
        kind = ".google.protobuf.Empty"
        service.method.add(name=UNARY, input_type=kind, output_type=kind)
        service.method.add(name=STREAM, input_type=kind, output_type=kind, server_streaming=True)
        pool.Add(file)  # pyright: ignore[reportUnknownMemberType]
    return pool


def burn(seconds: float) -> None:
    """Spend `seconds` of this thread's CPU time, however long that takes on a busy machine."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(1000))  # about 10 microseconds, because reading the clock is a system call


class _EveryMethod(grpc.GenericRpcHandler):
    """Answers every method of `grpc_services`; other methods get UNIMPLEMENTED."""

    def __init__(self, task: str, grpc_services: Sequence[str], work: float) -> None:
        self._task = (("task", task),)
        self._paths = tuple(f"/{name}/" for name in grpc_services)
        self._work = work

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        if not handler_call_details.method.startswith(self._paths):
            return None
        return grpc.stream_stream_rpc_method_handler(self._answer)

    def _answer(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        burn(self._work)
        context.send_initial_metadata(self._task)
        answers = next((str(v) for k, v in context.invocation_metadata() or () if k == MESSAGES_KEY), "1")
        for request in requests:
            for _ in range(int(answers)):
                yield request


def serve(address: str, port: int, grpc_services: Sequence[str], *, work: float = 0) -> grpc.Server:
    """Start a server and return it; it identifies itself by `task` in the initial metadata of each answer.

    Args:
        address: The IP address to bind.
        port: The TCP port to bind.
        grpc_services: The proto services to answer for.
        work: CPU seconds to spend on each call.

    """
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((_EveryMethod(f"{address}:{port}", grpc_services, work),))
    checks = health.HealthServicer()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    names = [*grpc_services, health.SERVICE_NAME, reflection.SERVICE_NAME]
    reflection.enable_server_reflection(names, server, pool=descriptors(grpc_services))
    try:
        server.add_insecure_port(f"{address}:{port}")
    except RuntimeError:
        raise SystemExit(f"rehearsal: {address}:{port} is already in use") from None
    server.start()
    return server


def main() -> None:
    """Serve until SIGTERM and for some seconds more, as a service behind DNS should; then end open calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("grpc_services", nargs="+")
    parser.add_argument(
        "--work-ms", type=float, default=0, help="CPU milliseconds for each call (default: 0)"
    )
    parser.add_argument(
        "--serve-on-seconds",
        type=float,
        default=SERVE_ON_SECONDS,
        help="seconds for which the server accepts calls after SIGTERM (default: %(default)s)",
    )
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    server = serve(arguments.address, arguments.port, arguments.grpc_services, work=arguments.work_ms / 1000)
    stop.wait()
    time.sleep(arguments.serve_on_seconds)
    server.stop(DRAIN_SECONDS).wait()


if __name__ == "__main__":
    main()
