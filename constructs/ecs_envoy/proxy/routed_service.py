"""What `EnvoyProxy` needs to know of a service, whoever deploys it."""

from typing import Protocol

from aws_cdk import aws_ec2 as ec2

import envoy_config


class RoutedService(Protocol):
    """A gRPC service that an `EnvoyProxy` can route to.

    Attributes:
        upstream: Where its tasks are found and which calls go to them.
        cloud_map_service: The name that lists its tasks in the namespace.

    """

    @property
    def upstream(self) -> envoy_config.Service:
        """Where its tasks are found and which calls go to them."""
        ...

    @property
    def cloud_map_service(self) -> str:
        """The name that lists its tasks in the namespace."""
        ...

    @property
    def connections(self) -> ec2.Connections | None:
        """Who may call its tasks; None where that is in other hands."""
        ...
