"""Where a proxy is deployed, as a part of the input of its plan."""

from typing import TypedDict

from aws_cdk import Stack
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct


class ProxyEnvironment(TypedDict):
    """The fields of `ProxyTaskInput` that say where the proxy is deployed."""

    environment: str
    namespace: str
    namespace_id: str
    region: str


def environment_of(
    scope: Construct, name: str | None, namespace: servicediscovery.IPrivateDnsNamespace
) -> ProxyEnvironment:
    """Return where a proxy in `scope` is deployed; its environment has the name of its stack by default."""
    stack = Stack.of(scope)
    return {
        "environment": name or stack.stack_name,
        "namespace": namespace.namespace_name,
        "namespace_id": namespace.namespace_id,
        "region": stack.region,
    }
