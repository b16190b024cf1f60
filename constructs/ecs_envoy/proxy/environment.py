"""Where a proxy is deployed, as a part of the input of its plan."""

from typing import TypedDict

from aws_cdk import Stack
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct


class ProxyEnvironment(TypedDict):
    """The fields of `ProxyTaskInput` that say where the proxy is deployed."""

    environment: str
    name: str
    namespace: str
    namespace_id: str
    region: str


def environment_of(
    scope: Construct, environment: str | None, name: str, namespace: servicediscovery.IPrivateDnsNamespace
) -> ProxyEnvironment:
    """Return where a proxy in `scope` is deployed, and its name; by default `environment` is its stack's."""
    stack = Stack.of(scope)
    return {
        "environment": environment or stack.stack_name,
        "name": name,
        "namespace": namespace.namespace_name,
        "namespace_id": namespace.namespace_id,
        "region": stack.region,
    }
