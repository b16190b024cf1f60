"""A running Envoy with gRPC tasks behind it, on loopback."""

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from ecs_envoy.fargate.ready_check import ready_script
from envoy_config import AccessLog, Proxy, Service, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.dns import RESOLVER_ENVIRONMENT
from envoy_config.rendering import to_json
from rehearsal.account.name_server import Lookup, NameServer, Registry
from rehearsal.agent.local_bootstrap import localize
from tests.conftest import BIN
from tests.waiting import FOREVER, until

EVERY_CALL = AccessLog(sample_percent=100)
PROXY = Proxy(name="grpc", access_log=EVERY_CALL)
Handler = Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]


@dataclass
class Live:
    """A running Envoy in front of the tasks of learning.v1.Lessons."""

    target: str
    address: str
    log: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> list[dict[str, Any]]:
        """End Envoy once it has ended every call, and return its access log."""
        # With metrics, Envoy does not keep the statistic of its listener.
        active = "/stats?filter=(http.grpc.down|cluster.lessons.up)stream_rq_active"
        until(lambda: all(line.endswith(": 0") for line in self.admin(active).splitlines()))
        self.process.terminate()
        self.process.wait(FOREVER)
        return self.lines()

    def admin(self, path: str) -> str:
        """Return what Envoy's admin interface answers."""
        with urllib.request.urlopen(f"http://{self.address}:9901{path}", timeout=FOREVER) as answer:
            return answer.read().decode()

    def endpoints(self) -> dict[str, bool]:
        """Return whether Envoy takes each endpoint for healthy, by its address."""
        clusters = json.loads(self.admin("/clusters?format=json"))["cluster_statuses"]
        (hosts,) = (cluster.get("host_statuses", []) for cluster in clusters if cluster["name"] == "lessons")
        return {
            host["address"]["socket_address"]["address"]: host["health_status"]
            == {"eds_health_status": "HEALTHY"}
            for host in hosts
        }

    def lines(self) -> list[dict[str, Any]]:
        """Return the access log so far."""
        text = self.log.read_text()
        whole = text[: text.rfind("\n") + 1]  # Envoy may be writing the last one
        return [json.loads(line) for line in whole.splitlines()]


class EveryMethod(grpc.GenericRpcHandler):
    """Answers every method of learning.v1.Lessons alike."""

    def __init__(self, answer: Handler) -> None:
        self._answer = answer

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        if not handler_call_details.method.startswith("/learning.v1.Lessons/"):
            return None
        return grpc.unary_stream_rpc_method_handler(self._answer)


@contextmanager
def task(
    address: str,
    answer: Handler,
    *,
    workers: int = 4,
    options: Sequence[tuple[str, int]] = (),
    interceptors: Sequence[grpc.ServerInterceptor] = (),
) -> Generator[grpc.Server]:
    server = grpc.server(
        futures.ThreadPoolExecutor(workers), options=options, interceptors=list(interceptors)
    )
    server.add_generic_rpc_handlers((EveryMethod(answer),))
    server.add_insecure_port(f"{address}:50051")
    server.start()
    try:
        yield server
    finally:
        server.stop(None).wait()


@contextmanager
def envoy(
    folder: Path,
    block: str,
    tasks: list[str],
    proxy: Proxy = PROXY,
    *,
    lookup: Lookup | None = None,
    resolv_conf: Path | None = None,
    streaming_methods: Sequence[str] = (),
    **policy: Any,  # noqa: ANN401
) -> Generator[Live]:
    """Run Envoy before `tasks`: DNS lists what is in there at the time, or answers as `lookup` says.

    With `resolv_conf`, Envoy has this file as /etc/resolv.conf, in a mount namespace of its own.
    """
    service = Service(
        name="lessons",
        address="lessons.test.local",
        upstream=Upstream(grpc_services=["learning.v1.Lessons"], streaming_methods=streaming_methods),
        policy=TrafficPolicy(**policy),
        max_tasks=4,
    )
    found = lookup or {"lessons.test.local": Registry(tasks, 1)}.get
    with running(folder, block, to_json(bootstrap(proxy, [service])), found, resolv_conf=resolv_conf) as live:
        yield live


@contextmanager
def running(
    folder: Path, block: str, deployed: str, lookup: Lookup, *, resolv_conf: Path | None = None
) -> Generator[Live]:
    """Run Envoy with the bootstrap `deployed`; DNS answers as `lookup` says."""
    address, log = f"{block}.1", folder / "access.log"
    with NameServer(f"{block}.2", lookup) as names, log.open("wb") as out:
        text = localize(
            deployed,
            address=address,
            name_server=names.address,
            name_server_port=names.port,
        )
        mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        own_file = ["unshare", "-rm", "/bin/bash", "-c", mount, resolv_conf] if resolv_conf else []
        command = [
            *own_file,
            BIN / "envoy",
            "--config-yaml",
            text,
            "--concurrency",
            "1",
            "--disable-hot-restart",
        ]
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.DEVNULL, env={**os.environ, **RESOLVER_ENVIRONMENT}
        )
        try:
            until(lambda: process.poll() is not None or ready(address))
            assert process.poll() is None, "envoy ended by itself"
            yield Live(f"{address}:50051", address, log, process)
        finally:
            process.kill()
            process.wait()


def scrape(live: Live, path: str = "/stats/prometheus", method: str = "GET") -> str:
    """Return what the metrics listener answers."""
    request = urllib.request.Request(f"http://{live.address}:9903{path}", method=method)
    with urllib.request.urlopen(request, timeout=FOREVER) as response:  # noqa: S310
        return response.read().decode()


def ready(address: str) -> bool:
    script = ready_script(address, 9901)
    return subprocess.run(["/bin/bash", "-c", script], capture_output=True, check=False).returncode == 0


def call(
    live: Live,
    method: str,
    timeout: float | None = FOREVER,
    metadata: Sequence[tuple[str, str | bytes]] | None = None,
    request: bytes = b"",
) -> list[bytes]:
    with channel_to(live) as channel:
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(method)
        return list(stub(request, timeout=timeout, metadata=tuple(metadata or ())))


def channel_to(live: Live, options: Sequence[tuple[str, int]] = ()) -> grpc.Channel:
    """Return a channel with a connection of its own."""
    return grpc.insecure_channel(live.target, options=[("grpc.use_local_subchannel_pool", 1), *options])
