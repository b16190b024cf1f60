"""What the proxy is to do, before any of Envoy's own words."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from envoy_config.telemetry import AccessLog, Metrics, Tracing
from envoy_config.upstream import GRPC_PORT, Upstream

ADMIN_ADDRESS = "127.0.0.1"
"""No password guards the admin interface, and it can stop Envoy: loopback only."""

ADMIN_PORT = 9901
"""The TCP port of the admin interface, as in Envoy's documentation."""

ENDPOINTS_FOLDER = "/endpoints"
"""Where Envoy's container has the files of `Discovery.EDS`."""


class Discovery(StrEnum):
    """How Envoy learns of a service's endpoints."""

    DNS = "dns"
    """By a DNS name with one A record for each, of which an answer lists `DNS_RECORDS` at most."""
    EDS = "eds"
    """By a file that something beside Envoy keeps, with all of them and their zones."""


DNS_RECORDS = 8
"""Route 53 answers with at most eight of a MULTIVALUE name's records ("Multivalue answer routing")."""


DNS_REFRESH_RATE = timedelta(seconds=5)
"""How often Envoy asks where an answer brings no TTL: Envoy's own default, written out as a promise."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A gRPC service as Envoy knows it.

    Args:
        name: Names the Envoy cluster, its statistics and its part of the log.
        address: The DNS name with one A record for each task; not asked for with `Discovery.EDS`.
        upstream: How Envoy calls its tasks.
        max_tasks: The most tasks that may run at once; None where that is not known.
        discovery: By DNS by default.

    """

    name: str
    address: str
    upstream: Upstream = field(default_factory=Upstream)
    max_tasks: int | None = None
    discovery: Discovery = Discovery.DNS

    @property
    def zone_aware(self) -> bool:
        """Whether the file of `Discovery.EDS` weighs zones against each other: DNS names no zone."""
        return self.upstream.zone_aware and self.discovery is Discovery.EDS


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
    port: int = GRPC_PORT
    admin_address: str = ADMIN_ADDRESS
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
