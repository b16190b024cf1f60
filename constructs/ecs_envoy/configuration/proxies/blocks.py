"""The blocks `proxy` and `proxies`.

pydantic lists the keys of the last base first: those of a task come first, then the name or the services.
"""

from pydantic import Field

from ecs_envoy.plan.discovery import INTERVAL
from ecs_envoy.plan.proxy.discovery_events import EVENTS
from ecs_envoy.plan.stop.proxy_stop import DRAIN
from ecs_envoy.settings import values
from ecs_envoy.settings.envoy_image import ENVOY_IMAGE, EnvoyImage
from ecs_envoy.settings.reach.proxy_client import ProxyClient
from ecs_envoy.settings.task.options import TaskOptions
from ecs_envoy.settings.task.overrides import ProxyOverrides
from ecs_envoy.settings.tasks import PROXY_NAME, TASKS, ProxyTaskBounds, ProxyTaskCount, TaskSize
from envoy_config.settings import Settings
from envoy_config.upstream import GRPC_PORT
from envoy_config.values import Connections, Flag, UnprivilegedPort


class DiscoverySidecar(Settings):
    """The sidecar that polls Cloud Map; it runs if a service has `discovery: cloud_map`."""

    image: values.Image | None = Field(
        default=None, description="the name of its image; by default the CDK CLI builds one with Docker"
    )
    interval: values.PollInterval = Field(
        default=INTERVAL, description="time between two polls of a service, where no event sets the pace"
    )
    events: Flag = Field(
        default=EVENTS,
        description="whether ECS's events say which service to poll, and the others are polled every 30 s",
    )


class ProxySettings(Settings):
    """What a proxy has besides its task's settings, its name and its services."""

    aliases: list[values.DnsLabel] = Field(
        default=[],
        description="further names that clients may dial, as CNAME records; to rename the proxy, give the "
        "new name here and keep `name`",
    )
    port: UnprivilegedPort = Field(default=GRPC_PORT, description="the TCP port that clients dial")
    further_ports: list[UnprivilegedPort] = Field(
        default=[],
        description="further TCP ports that clients may dial, with the same routes, where theirs cannot be "
        "changed; below 1024 Envoy would need root privileges",
    )
    clients: list[ProxyClient] = Field(
        default=[],
        description="who may call the proxy: security groups (sg-...), IPv4 blocks, prefix lists (pl-...), "
        "and names under services; api, and services with calls, may call it anyway",
    )
    tasks: ProxyTaskCount = Field(
        default=ProxyTaskBounds(min=TASKS, max=TASKS),
        description="number of tasks, or bounds for autoscaling by CPU and, with telemetry.cloudwatch, by "
        "open calls; two survive the loss of a zone",
    )
    max_connections: Connections | None = Field(
        default=None,
        description="most connections of clients to a task; by default four for each MiB of Envoy's memory",
    )
    drain: values.Drain = Field(
        default=DRAIN,
        description="time that open calls have to end when a task stops, after its clients were told to "
        "leave; 20s are the most that Fargate leaves",
    )
    image: EnvoyImage = Field(
        default=ENVOY_IMAGE, description="Envoy's stock image or a copy of it, by exact version or digest"
    )
    discovery: DiscoverySidecar = Field(
        default=DiscoverySidecar(), description="the sidecar that polls Cloud Map"
    )
    overrides: ProxyOverrides = Field(
        default={},
        description="properties of CloudFormation resources that have no key, by place and path, such as "
        "{ecs_service: {EnableECSManagedTags: true}}",
    )


class ProxyName(Settings):
    """The name of the only proxy."""

    name: values.DnsLabel = Field(default=PROXY_NAME, description="clients dial <name>.<namespace>:<port>")


class Proxy(ProxySettings, ProxyName, TaskOptions, TaskSize):
    """Envoy, between the API and the services."""


class ListedServices(Settings):
    """What one of several proxies carries calls to, and how its clients learn its address."""

    services: list[values.DnsLabel] = Field(
        min_length=1,
        description="the services that it carries calls to: names under services and existing_services, each "
        "of which belongs to one proxy",
    )
    address_variable: values.VariableName | None = Field(
        default=None,
        description="the environment variable that holds its host:port, in the API and in each service that "
        "calls one of its services; by default its name in capitals and _ADDRESS, such as GRPC_ADDRESS",
    )


class ListedProxy(ProxySettings, ListedServices, TaskOptions, TaskSize):
    """One of several Envoy proxies."""
