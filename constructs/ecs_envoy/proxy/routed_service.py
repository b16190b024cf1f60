"""The interface that `EnvoyProxy` needs of a service, whoever deploys it."""

from typing import Protocol, runtime_checkable

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from ecs_envoy.plan.service_plan import ServicePlan


@runtime_checkable
class RoutedService(Protocol):
    """A gRPC service that an `EnvoyProxy` can route to."""

    @property
    def plan(self) -> ServicePlan:
        """How the proxy finds and calls its tasks."""
        ...

    @property
    def connections(self) -> ec2.Connections | None:
        """Who may call its tasks; None if the owner of the service decides this."""
        ...


@runtime_checkable
class SharingService(RoutedService, Protocol):
    """A routed service whose tasks may carry a security group that other services carry, too."""

    @property
    def upstream_security_group(self) -> ec2.ISecurityGroup | None:
        """The security group without rules that a proxy's outbound rule names; None without one."""
        ...


class ScaledService(RoutedService, Protocol):
    """A routed service whose ECS service is ours to scale."""

    @property
    def ecs_service(self) -> ecs.FargateService:
        """Its ECS service."""
        ...
