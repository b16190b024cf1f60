"""Who reaches whom by the rules that the templates made: clients the proxy, and the proxy the services."""

import itertools
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.existing.blocks import ExistingService
from ecs_envoy.configuration.existing.plans import existing_plan
from ecs_envoy.configuration.plans import proxy_clients
from ecs_envoy.configuration.proxies.views import is_routed, views
from ecs_envoy.plan.reach.proxy_access import NOBODY
from ecs_envoy.settings.reach.proxy_client import is_prefix_list, is_security_group, is_service
from rehearsal import configured
from rehearsal.account.aws import Aws
from rehearsal.account.security_groups import Party, SecurityGroups
from rehearsal.agent.ecs_api import EcsApi, EcsService


class UnreachableError(Exception):
    """The security groups let no call through; the message says where, and what to write."""


def check_reach(aws: Aws, configuration: Configuration) -> None:
    """Check that every client reaches the proxy at each port, and that the proxy reaches every service.

    Raises:
        UnreachableError: One of them does not.

    """
    if refusals := [line for view in views(configuration) for line in _refusals(aws, view)]:
        raise UnreachableError("\n".join(refusals))


def _refusals(aws: Aws, configuration: Configuration) -> Iterator[str]:
    account = _Account(aws, configuration)
    proxy = account.deployed(configuration.proxy.name)
    ports = (configuration.proxy.port, *configuration.proxy.further_ports)
    clients = proxy_clients(configuration)
    if not clients:
        yield f"proxy.clients: {NOBODY}"
    for client, port in itertools.product(clients, ports):
        if refusal := account.groups.refusal(account.client(client), proxy, port):
            yield f"{refusal}; give it under proxy.clients"
    for name, service in configuration.services.items():
        if not is_routed(configuration, name):
            continue
        if refusal := account.groups.refusal(proxy, account.deployed(name), service.port):
            yield refusal
    for name, existing in configuration.existing_services.items():
        if not is_routed(configuration, name):
            continue
        ports = existing_plan(configuration, name, existing).instance_ports
        first_and_last = (ports.first, ports.last) if ports else (account.port(name, existing),)
        for number in first_and_last:
            if refusal := account.groups.refusal(proxy, account.existing(name, existing), number):
                yield f"{refusal}; give existing_services.{name}.security_group, or cidrs"


class _Account:
    """The parties of a deployed configuration.

    Attributes:
        groups: The account's security groups.

    """

    def __init__(self, aws: Aws, configuration: Configuration) -> None:
        self._api, self._ec2, self._configuration = EcsApi(aws), aws.ec2(), configuration
        self._services = self._api.services()
        self.groups = SecurityGroups(aws)

    def client(self, client: str) -> Party:
        """Return the party that `client`, an entry of `proxy_clients`, stands for."""
        api = self._configuration.api
        if api and client == "api":
            return self._party("the API", next(s for s in self._services if self._image(s) == api.image))
        if is_service(client):
            return self.deployed(client)
        if is_security_group(client):
            return Party(name=client, groups=(client,))
        if is_prefix_list(client):
            return Party(name=client, prefix_lists=(client,))
        return Party(name=client, address=_first_address(client))

    def deployed(self, name: str) -> Party:
        """Return the tasks that the namespace lists as `name`."""
        return self._party(name, next(s for s in self._services if s.name_in_namespace == name))

    def existing(self, name: str, settings: ExistingService) -> Party:
        """Return the tasks of the service `name` that something else deploys."""
        task_name = configured.task_name(name, settings)
        service = next(s for s in self._services if s.name_in_namespace == task_name)
        if settings.cidrs:
            return Party(name=name, address=_first_address(settings.cidrs[0]))
        return self._party(name, service)

    def port(self, name: str, settings: ExistingService) -> int:
        """Return the port at which the service `name` serves."""
        return existing_plan(self._configuration, name, settings).upstream.port

    def _party(self, name: str, service: EcsService) -> Party:
        return Party(name=name, groups=service.security_groups, address=self._address(service))

    def _address(self, service: EcsService) -> IPv4Address | None:
        if not service.subnets:
            return None
        (subnet,) = self._ec2.describe_subnets(SubnetIds=[service.subnets[0]])["Subnets"]
        return _first_address(subnet.get("CidrBlock", ""))

    def _image(self, service: EcsService) -> str:
        return self._api.task_definition(service.task_definition).container.image


def _first_address(block: str) -> IPv4Address:
    network = IPv4Network(block)
    # The first four addresses of a subnet are AWS's own ("Subnet CIDR blocks").
    return network[min(4, network.num_addresses - 1)]
