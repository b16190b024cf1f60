"""Two real gRPC servers with health checks and reflection, which both implement a third proto service."""

from collections.abc import Generator, Mapping
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from envoy_config import Proxy, Service, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from rehearsal.account.name_server import Registry
from tests.envoy_config.live_envoy.rig import PROXY, Live, running
from tests.waiting import FOREVER

PROTO = {"lessons": "learning.v1.Lessons", "grading": "learning.v1.Grading"}
SHARED = "learning.v1.Admin"
HEALTH = {
    "lessons": health_pb2.HealthCheckResponse.SERVING,
    "grading": health_pb2.HealthCheckResponse.NOT_SERVING,
}


class Who(grpc.GenericRpcHandler):
    """Answers every method of a service with its name and the `:authority` that reached it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._authority = ""

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        proto_service = handler_call_details.method.split("/")[1]
        if proto_service not in {PROTO[self._name], SHARED}:
            return None
        return grpc.unary_unary_rpc_method_handler(self._answer)

    def _answer(self, _request: bytes, context: grpc.ServicerContext) -> bytes:
        return f"{self._name} {host_of(context)}".encode()


def host_of(context: grpc.ServicerContext) -> str:
    """Return the `:authority` of a call as grpcio's server knows it."""
    return context._rpc_event.call_details.host.decode()  # type: ignore


@contextmanager
def server(name: str, address: str) -> Generator[grpc.Server]:
    made = grpc.server(futures.ThreadPoolExecutor(4))
    made.add_generic_rpc_handlers((Who(name),))
    checks = health.HealthServicer()
    checks.set("", HEALTH[name])
    health_pb2_grpc.add_HealthServicer_to_server(checks, made)
    names = (PROTO[name], SHARED, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name)
    reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), made)
    made.add_insecure_port(f"{address}:50051")
    made.start()
    try:
        yield made
    finally:
        made.stop(None).wait()


@contextmanager
def proxied(
    folder: Path,
    block: str,
    proxy: Proxy = PROXY,
    *,
    also: Mapping[str, Mapping[str, Any]] | None = None,
) -> Generator[Live]:
    """Run an Envoy before both servers; `also` has further settings of their upstreams."""

    def settings(name: str) -> dict[str, Any]:
        return {"grpc_services": [PROTO[name]], **(also or {}).get(name, {})}

    tasks = {"lessons": f"{block}.3", "grading": f"{block}.4"}
    services = [
        Service(
            name=name,
            address=f"{name}.learning.local",
            own_name=f"{name}.grpc.learning.local",
            upstream=Upstream(**settings(name)),
            max_tasks=4,
        )
        for name in tasks
    ]
    records = {f"{name}.learning.local": Registry([address], 1) for name, address in tasks.items()}
    with (
        server("lessons", tasks["lessons"]),
        server("grading", tasks["grading"]),
        running(folder, block, to_json(bootstrap(proxy, services)), records.get) as live,
    ):
        yield live


def channel_by(live: Live, authority: str) -> grpc.Channel:
    """Return a channel whose calls have the `:authority` of a client that dialled this name and port."""
    options = [("grpc.default_authority", authority), ("grpc.use_local_subchannel_pool", 1)]
    return grpc.insecure_channel(live.target, options)


def ask(live: Live, authority: str, proto_service: str, method: str = "Get") -> str:
    """Return which service answers a call, and the `:authority` that it read."""
    with channel_by(live, authority) as channel:
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{proto_service}/{method}")
        return stub(b"", timeout=FOREVER).decode()
