"""A stand-in for a service's task: a real gRPC server with health, reflection and two methods a service."""

import argparse
import signal
import threading
from collections.abc import Iterator
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

UNARY = "Get"
STREAM = "Watch"
STREAM_MESSAGES = 5


def descriptors(grpc_services: list[str]) -> descriptor_pool.DescriptorPool:
    """Return the descriptors of `grpc_services`, each with the methods `Get` and `Watch`."""
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


def serve(address: str, port: int, grpc_services: list[str]) -> grpc.Server:
    """Return a started server; it names its own address in each answer's initial metadata."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    task = (("task", f"{address}:{port}"),)

    def unary(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.send_initial_metadata(task)
        return request

    def stream(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        context.send_initial_metadata(task)
        for _ in range(STREAM_MESSAGES):
            yield request

    for full_name in grpc_services:
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            UNARY: grpc.unary_unary_rpc_method_handler(unary),
            STREAM: grpc.unary_stream_rpc_method_handler(stream),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(full_name, handlers),))
    checks = health.HealthServicer()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    names = [*grpc_services, health.SERVICE_NAME, reflection.SERVICE_NAME]
    reflection.enable_server_reflection(names, server, pool=descriptors(grpc_services))
    if server.add_insecure_port(f"{address}:{port}") != port:
        raise SystemExit(f"rehearsal: {address}:{port} is taken")
    server.start()
    return server


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("grpc_services", nargs="+")
    arguments = parser.parse_args()
    server = serve(arguments.address, arguments.port, arguments.grpc_services)
    stop = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda _signal, _frame: stop.set())
    stop.wait()
    server.stop(1).wait()


if __name__ == "__main__":
    main()
