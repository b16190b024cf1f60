"""What the proxy is to do, before any of Envoy's own words."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from envoy_config.telemetry import ADMIN_CLUSTER, COLLECTOR_CLUSTER, AccessLog, Metrics, Tracing

ADMIN_PORT = 9901
"""The TCP port of the admin interface, as in Envoy's documentation."""

ENDPOINTS_FOLDER = "/endpoints"
"""Where Envoy's container has the files of `Discovery.EDS`."""

_PROTO_SERVICE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


class HealthCheck(StrEnum):
    """How Envoy asks an endpoint whether it can take calls."""

    GRPC = "grpc"
    """By `grpc.health.v1.Health/Check`; the service has to implement it."""
    TCP = "tcp"
    """By opening a connection: works with every service."""
    NONE = "none"
    """Not at all: an endpoint is healthy once DNS lists it."""


class Discovery(StrEnum):
    """How Envoy learns of a service's endpoints."""

    DNS = "dns"
    """By a DNS name with one A record for each, of which an answer lists `DNS_RECORDS` at most."""
    EDS = "eds"
    """By a file that something beside Envoy keeps, with all of them and their zones."""


DNS_RECORDS = 8
"""Route 53 answers with at most eight of a MULTIVALUE name's records ("Multivalue answer routing")."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A gRPC service.

    Args:
        name: Names the Envoy cluster, its statistics and its part of the log.
        address: The DNS name with one A record for each task; not asked for with `Discovery.EDS`.
        port: The TCP port that every task listens on.
        grpc_services: The fully qualified proto services routed here, such as
            `learning.v1.Lessons`. Empty: every call comes here.
        health_check: TCP by default, since a service need not implement
            `grpc.health.v1`.
        max_tasks: The most tasks that may run at once; None where that is not known.
        discovery: By DNS by default.
        zone_aware: Whether the file of `Discovery.EDS` weighs zones against each other.

    Raises:
        ValueError: A proto service's name is not one that protobuf allows, or there may be
            more tasks than DNS lists.

    """

    name: str
    address: str
    port: int
    grpc_services: tuple[str, ...] = ()
    health_check: HealthCheck = HealthCheck.TCP
    max_tasks: int | None = None
    discovery: Discovery = Discovery.DNS
    zone_aware: bool = False

    def __post_init__(self) -> None:
        if self.discovery is Discovery.DNS and (self.max_tasks or 0) > DNS_RECORDS:
            raise ValueError(
                f"{self.name}: {self.max_tasks} tasks are more than the {DNS_RECORDS} that a DNS answer "
                f"lists, so some would idle; give {DNS_RECORDS} at most, or another discovery"
            )
        for claimed in self.grpc_services:
            if not _PROTO_SERVICE.fullmatch(claimed):
                raise ValueError(
                    f"{self.name}: {claimed!r} is not a proto service; give its package and name, "
                    "such as learning.v1.Lessons"
                )


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """The Envoy that clients dial.

    Args:
        name: Envoy's node id and cluster, as its own log and statistics show them.
        memory_mib: The memory of Envoy's container in MiB; the overload manager and
            the connection limit follow from it.
        address: The IP address that the listener binds; every interface by default.
        port: The TCP port of the listener.
        admin_address: The loopback IP address that the admin interface binds.
        admin_port: The TCP port of the admin interface; 9901 by default, as in Envoy's
            documentation.
        max_connection_duration: How long a client keeps one connection before Envoy asks
            it to open another (by GOAWAY; calls under way go on). 10 minutes by default:
            a pinned client finds a proxy task that was added or replaced within that time.
        endpoints_folder: The folder with the files of `Discovery.EDS`.
        access_log: Which calls are logged; None for none.
        metrics: Where metrics are to be had; None, the default, for nowhere.
        tracing: Which calls are traced; None, the default, for none.

    Raises:
        ValueError: The admin interface would listen beyond loopback, or two listeners on one port.

    """

    name: str
    memory_mib: int = 512
    address: str = "0.0.0.0"  # noqa: S104  # a task has one interface, guarded by its security group
    port: int = 50051
    admin_address: str = "127.0.0.1"
    admin_port: int = ADMIN_PORT
    max_connection_duration: timedelta = timedelta(minutes=10)
    endpoints_folder: str = ENDPOINTS_FOLDER
    access_log: AccessLog | None = field(default_factory=AccessLog)
    metrics: Metrics | None = None
    tracing: Tracing | None = None

    def __post_init__(self) -> None:
        if not self.admin_address.startswith("127."):
            raise ValueError(
                f"{self.name}: {self.admin_address} is open to others and Envoy's admin interface has no "
                "password; give a loopback address, such as 127.0.0.1"
            )
        if self.port == self.admin_port:
            raise ValueError(
                f"{self.name}: {self.port} is the port of Envoy's admin interface; give the listener another"
            )
        if self.metrics and self.metrics.port in {self.port, self.admin_port}:
            raise ValueError(f"{self.name}: {self.metrics.port} is taken; give the metrics another port")


class RoutingError(ValueError):
    """The services cannot share one listener."""


def check_routing(services: tuple[Service, ...]) -> None:
    """Check that each call would have one service to go to.

    Raises:
        RoutingError: There is no service, two share a name, two claim the same proto
            service, or one of several claims none. The message has a line for each.

    """
    problems: list[str] = []
    if not services:
        problems.append("no service to route to; give at least one")
    names: set[str] = set()
    claims: dict[str, str] = {}
    for service in services:
        if service.name in names:
            problems.append(f"{service.name}: two services have this name; give each its own")
        if service.name in {ADMIN_CLUSTER, COLLECTOR_CLUSTER}:
            problems.append(f"{service.name}: a cluster of the proxy's own has this name; give another")
        names.add(service.name)
        if not service.grpc_services and len(services) > 1:
            problems.append(
                f"{service.name}: grpc_services is empty, which only the sole service of a proxy may; "
                "list the proto services to route to it"
            )
        for claimed in service.grpc_services:
            if claimed in claims:
                problems.append(
                    f"{service.name}: {claimed} is already routed to {claims[claimed]}; remove one"
                )
            claims.setdefault(claimed, service.name)
    if problems:
        raise RoutingError("\n".join(problems))
