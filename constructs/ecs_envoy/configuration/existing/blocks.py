"""Blocks of the configuration that describe a service that something else deploys."""

from typing import Literal

from pydantic import Field

from ecs_envoy.configuration.server import Discovered
from ecs_envoy.settings import values
from ecs_envoy.settings.reach.port_range import PortRange
from ecs_envoy.settings.reach.service_address import HttpNamespaceName, ServiceAddress
from ecs_envoy.settings.task.references import SecurityGroupId
from envoy_config import Upstream
from envoy_config.settings import Settings


class OtherNamespace(Settings):
    """A Cloud Map namespace of the account that is not the proxy's own."""

    id: values.NamespaceId = Field(description="its id, such as ns-0123456789abcdef")
    name: HttpNamespaceName = Field(description="its name, such as platform.local")
    type: Literal["dns", "http"] = Field(
        default="dns", description="dns for a private DNS namespace; http for one that only the API lists"
    )


class EcsServiceName(Settings):
    """A service by its name in ECS."""

    cluster: values.EcsClusterName = Field(description="the name of its ECS cluster")
    name: values.EcsClusterName = Field(description="its name in the cluster")


class ExistingService(Discovered, Upstream):
    """A gRPC service that something else deploys; the proxy only routes to it.

    One of `cloud_map_service`, `ecs_service` and `address` says where its tasks are.
    """

    cloud_map_service: values.CloudMapServiceName | None = Field(
        default=None, description="the name of its Cloud Map service in the namespace"
    )
    namespace: OtherNamespace | None = Field(
        default=None, description="the namespace of that Cloud Map service; by default the proxy's own"
    )
    ecs_service: EcsServiceName | None = Field(
        default=None,
        description="its name in ECS, whose API lists its tasks: it needs no registry. Its tasks have "
        "network mode awsvpc, as on Fargate",
    )
    address: ServiceAddress | None = Field(
        default=None,
        description="a DNS name and a port, such as lessons.corp:50051: on EC2, in another VPC or elsewhere",
    )
    instance_ports: PortRange | None = Field(
        default=None,
        description="the range of ports, if Cloud Map lists a port for each instance (SRV records, "
        "AWS_INSTANCE_PORT): security groups then open the range. By default all have `port`",
    )
    security_group: SecurityGroupId | None = Field(
        default=None, description="the security group of its tasks; if given, a rule lets the proxy call them"
    )
    cidrs: list[values.Cidr] = Field(
        default=[],
        description="the IPv4 blocks that its tasks are in, if security_group is not given: the proxy may "
        "connect to them, and the owner lets it in. By default the private subnets of the VPC",
    )

    @property
    def locations(self) -> list[str]:
        """The keys that say where its tasks are; a good entry has one."""
        keys = ("cloud_map_service", "ecs_service", "address")
        return [key for key in keys if getattr(self, key) is not None]
