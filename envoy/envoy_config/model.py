"""The proxy and its services, independent of Envoy's messages."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from envoy_config.policy.merging import method_policy
from envoy_config.policy.traffic_policy import MethodPolicy, TrafficPolicy
from envoy_config.routing import Claim
from envoy_config.telemetry import AccessLog, Metrics, Tracing
from envoy_config.upstream import GRPC_PORT, Upstream

ADMIN_ADDRESS = "127.0.0.1"
"""Loopback only: the admin interface has no password, and it can stop Envoy."""

ADMIN_PORT = 9901
"""The TCP port of the admin interface, as in Envoy's documentation."""

ENDPOINTS_FOLDER = "/endpoints"
"""The folder in Envoy's container with the files of `Discovery.EDS`."""


XDS_ADDRESS, XDS_PORT = "127.0.0.1", 9904
"""Where the discovery sidecar serves endpoints if they are too many for files; loopback has no password."""


class Discovery(StrEnum):
    """How Envoy learns of a service's endpoints."""

    DNS = "dns"
    """By a DNS name with one A record for each task; an answer lists at most `DNS_RECORDS` of them."""
    EDS = "eds"
    """From the discovery sidecar, with every task and its zone."""


DNS_RECORDS = 8
"""A Route 53 answer lists at most eight records of a MULTIVALUE name ("Multivalue answer routing")."""


DNS_REFRESH_RATE = timedelta(seconds=5)
"""The time between two DNS queries if the answer has no TTL. It is Envoy's default, written out."""


CONNECTIONS_PER_MIB = 4
"""
The number of client connections for each MiB of Envoy's memory, if no number is given: 2048 in 512 MiB. A
connection without an open call takes 21 KiB (docs/grpc.md). Open calls take more, and the overload manager
ends those that take most.
"""


MAX_CONNECTIONS_PER_MIB = 16
"""The most client connections for each MiB that may be asked for: 64 KiB for each, and it needs 21."""


OPEN_CALLS_PER_MIB = 16
"""
The number of open calls of a service for each MiB of Envoy's memory: 8192 in 512 MiB. An open call takes 28
KiB with its share of the connections to tasks (docs/limits.md), so calls of one service fill 44 % of it.
"""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A gRPC service that Envoy routes calls to.

    Args:
        name: Its name in log, metrics and messages.
        address: The DNS name with one A record for each task; not used with `Discovery.EDS`.
        upstream: Which calls go to it, and the port of its tasks.
        policy: How Envoy treats its calls.
        own_name: A DNS name by which clients reach this service alone, besides `upstream.hosts`; None, the
            default, for none.
        max_tasks: The most tasks that may run at once; None if the number is unknown.
        discovery: By DNS by default; `ecs_envoy` gives its own default, which is Cloud Map.

    """

    name: str
    address: str
    upstream: Upstream = field(default_factory=Upstream)
    policy: TrafficPolicy = field(default_factory=TrafficPolicy)
    own_name: str | None = None
    max_tasks: int | None = None
    discovery: Discovery = Discovery.DNS

    @property
    def claim(self) -> Claim:
        """The calls that go to it."""
        upstream = self.upstream
        return Claim(
            service=self.name,
            grpc_services=upstream.grpc_services,
            hosts=upstream.hosts,
            own_name=self.own_name,
            sends_to=self.policy.sends_to,
        )

    @functools.cached_property
    def method_policies(self) -> Mapping[str, MethodPolicy]:
        """The policy of calls by method or `P/*`, as far as it may differ; under "" that of all others."""
        streams = self.upstream.streaming_methods
        return {
            method: method_policy(self.policy, method, stream=method in streams)
            for method in ("", *{**self.policy.methods, **dict.fromkeys(streams)})
        }

    @property
    def zone_aware(self) -> bool:
        """Whether Envoy weighs zones. This needs `Discovery.EDS`, because DNS does not name zones."""
        return self.policy.load_balancing.weighs_zones and self.discovery is Discovery.EDS


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """The Envoy that clients dial.

    Args:
        name: Envoy's node id and cluster, as its log and statistics show them.
        cpu: The task's CPU units, of which 1024 are a vCPU; 256 by default. The pace of the health checks
            depends on it.
        memory_mib: The memory of Envoy's container in MiB. The overload manager and
            the limits of connections and open calls depend on it.
        max_connections: How many connections of clients one Envoy holds. None, the default, for
            four for each MiB of its memory.
        address: The IP address that the listener binds; every interface by default.
        port: The TCP port of the listener.
        further_ports: Further TCP ports of the listener; none by default.
        admin_address: The loopback IP address that the admin interface binds.
        admin_port: The TCP port of the admin interface; 9901 by default, as in Envoy's
            documentation.
        max_connection_duration: How long a client keeps one connection before Envoy asks it
            to open a new one (by GOAWAY; open calls go on). 10 minutes by default: within
            that time a pinned client finds a proxy task that was added or replaced.
        endpoints_folder: The folder with the files of `Discovery.EDS`.
        access_log: Which calls are logged; None for none.
        metrics: The listener that serves metrics; None, the default, for no metrics.
        tracing: Which calls are traced; None, the default, for none.

    Raises:
        ValueError: The admin interface would not listen on loopback, or two listeners have the same port.

    """

    name: str
    cpu: int = 256
    memory_mib: int = 512
    max_connections: int | None = None
    address: str = "0.0.0.0"  # noqa: S104  # a task has one interface, which its security group protects
    port: int = GRPC_PORT
    further_ports: tuple[int, ...] = ()
    admin_address: str = ADMIN_ADDRESS
    admin_port: int = ADMIN_PORT
    max_connection_duration: timedelta = timedelta(minutes=10)
    endpoints_folder: str = ENDPOINTS_FOLDER
    access_log: AccessLog | None = field(default_factory=AccessLog)
    metrics: Metrics | None = None
    tracing: Tracing | None = None

    @property
    def ports(self) -> tuple[int, ...]:
        """Every TCP port that clients may dial, `port` first."""
        return (self.port, *self.further_ports)

    @property
    def connection_limit(self) -> int:
        """How many connections of clients one Envoy holds."""
        return self.max_connections or self.memory_mib * CONNECTIONS_PER_MIB

    def open_call_limit(self, service: Service) -> int:
        """Return how many calls of `service` one Envoy holds at once."""
        return service.policy.circuit_breakers.max_open_calls or self.memory_mib * OPEN_CALLS_PER_MIB

    def __post_init__(self) -> None:
        if not self.admin_address.startswith("127."):
            raise ValueError(
                f"{self.name}: {self.admin_address} is open to others, and Envoy's admin interface has no "
                "password; give a loopback address, such as 127.0.0.1"
            )
        if self.admin_port in self.ports:
            raise ValueError(
                f"{self.name}: {self.admin_port} is the port of Envoy's admin interface; "
                "give the listener another port"
            )
        if len(set(self.ports)) < len(self.ports):
            raise ValueError(f"{self.name}: two of the ports {self.ports} are the same; remove one")
        if self.metrics and self.metrics.port in {*self.ports, self.admin_port}:
            raise ValueError(
                f"{self.name}: {self.metrics.port} is the port of another listener; "
                "give the metrics another port"
            )
