"""The proxies of the benchmark: the real Envoy with its deployed bootstrap, and the sidecar."""

import json
import shutil
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecs_envoy.plan.discovery_settings import FollowedService, discovery_settings
from ecs_envoy.plan.sidecars import envoy_memory_mib
from envoy_config import Discovery, Proxy, Service, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.model import ADMIN_PORT
from envoy_config.policy.load_balancing import LoadBalancing
from envoy_config.rendering import to_json
from rehearsal.account.name_server import NameServer
from rehearsal.agent.local_bootstrap import localize
from rehearsal.processes import Process, Processes

PORT = 50051
NAMESPACE, NAMESPACE_ID = "bench.local", "ns-0123456789abcdef"
HTTP_NAMESPACE, HTTP_NAMESPACE_ID = "bench-http", "ns-aaaaaaaaaaaaaaaa"
PROXY = "grpc"


@dataclass(frozen=True, kw_only=True)
class RunningProxy:
    """A running Envoy.

    Attributes:
        name: Its name in logs.
        address: Its loopback address.
        envoy: Its process.
        sidecar: The process of its sidecar; None if it has none.

    """

    name: str
    address: str
    envoy: Process
    sidecar: Process | None

    def requests(self, service: str) -> dict[str, int]:
        """Return how many requests Envoy has sent to each endpoint of `service`, by address."""
        with urllib.request.urlopen(f"http://{self.address}:{ADMIN_PORT}/clusters?format=json") as answer:
            clusters: list[dict[str, Any]] = json.load(answer)["cluster_statuses"]
        hosts = next(c.get("host_statuses", []) for c in clusters if c["name"] == service)
        return {
            host["address"]["socket_address"]["address"]: int(
                next((s.get("value", 0) for s in host["stats"] if s["name"] == "rq_total"), 0)
            )
            for host in hosts
        }


def proto_service(service: str) -> str:
    """Return the proto service that Envoy routes to `service`."""
    return f"bench.v1.{service.capitalize()}"


def in_cloud_map(services: Sequence[str], zone_aware: Sequence[str] = ()) -> list[FollowedService]:
    """Return the sidecar's settings for `services` in the proxy's own namespace."""
    return [
        FollowedService(
            name=s, cloud_map_service=s, port=PORT, zone_aware=s in zone_aware, cloud_map_health=False
        )
        for s in services
    ]


def start_sidecar(
    processes: Processes,
    name: str,
    *,
    address: str,
    folder: Path,
    followed: Sequence[FollowedService],
    environment: Mapping[str, str],
) -> Process:
    """Start a sidecar with the settings that the CDK would give it, except for addresses and folder."""
    deployed = json.loads(discovery_settings(namespace=NAMESPACE_ID, proxy=PROXY, services=followed))
    local = {**deployed, "address": address, "admin": f"{address}:{ADMIN_PORT}", "folder": str(folder)}
    return processes.start(
        name, [sys.executable, "-m", "discovery", json.dumps(local)], environment=environment
    )


def start_envoy(
    processes: Processes,
    name: str,
    *,
    address: str,
    folder: Path,
    services: Sequence[Service],
    name_server: NameServer,
    sidecar: Process | None,
) -> RunningProxy:
    """Start an Envoy with the deployed bootstrap, and wait until it listens."""
    memory = envoy_memory_mib(512, ["discovery"] if sidecar else [])
    deployed = to_json(
        bootstrap(Proxy(name=PROXY, memory_mib=memory, endpoints_folder=str(folder)), services)
    )
    local = localize(
        deployed, address=address, name_server=name_server.address, name_server_port=name_server.port
    )
    envoy = shutil.which("envoy", path=str(Path(sys.executable).parent)) or "envoy"
    command = [
        envoy,
        "--config-yaml",
        local,
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "--log-level",
        "error",
    ]
    process = processes.start(name, command)
    process.wait_for_port(address, PORT)
    return RunningProxy(name=name, address=address, envoy=process, sidecar=sidecar)


def envoy_service(
    service: str, *, discovery: Discovery, max_tasks: int | None, zone_aware: bool = False
) -> Service:
    """Return the bootstrap's input for `service`."""
    return Service(
        name=service,
        address=f"{service}.{NAMESPACE}",
        upstream=Upstream(port=PORT, grpc_services=[proto_service(service)]),
        policy=TrafficPolicy(load_balancing=LoadBalancing(zone_aware=zone_aware)),
        max_tasks=max_tasks,
        discovery=discovery,
    )
