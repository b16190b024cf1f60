"""The clients of a configuration's proxy."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import proxy_clients
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.settings.reach.proxy_client import is_prefix_list, is_security_group, is_service


def define_clients(
    scope: Construct, configuration: Configuration, services: Sequence[RoutedService]
) -> list[ec2.IConnectable]:
    """Return who may call the proxy, except for the API, which is defined later."""
    deployed = {service.plan.name: service for service in services}
    return [
        _connectable(deployed[client]) if is_service(client) else _peer(scope, client)
        for client in proxy_clients(configuration)
        if client in deployed or not is_service(client)
    ]


def _peer(scope: Construct, client: str) -> ec2.IConnectable:
    if is_security_group(client):
        # Only its own rules are ours to write: its outbound rules belong to the client.
        return ec2.SecurityGroup.from_security_group_id(scope, f"Client-{client}", client)
    return ec2.Peer.prefix_list(client) if is_prefix_list(client) else ec2.Peer.ipv4(client)


def _connectable(service: RoutedService) -> ec2.IConnectable:
    assert service.connections is not None  # noqa: S101  # only a service of this file is a client by name
    return service.connections
