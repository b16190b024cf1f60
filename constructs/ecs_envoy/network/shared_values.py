"""What a network gives to other stacks, whether or not one of them uses it now."""

from collections.abc import Iterator

from aws_cdk import Token

from ecs_envoy.network.network import Network


def shared_values(network: Network) -> Iterator[str]:
    """Yield what other stacks may use of a network, as far as it is made with it.

    Exports that come and go with their use are in the way: if a stack stops to use one, the network's stack
    is deployed first, and CloudFormation refuses to take away what the other stack still imports.
    """
    vpc, namespace = network.vpc, network.namespace
    values = [
        vpc.vpc_id,
        *(subnet.subnet_id for subnet in [*vpc.public_subnets, *vpc.private_subnets]),
        network.ecs_cluster.cluster_name,
        namespace.namespace_id,
        namespace.namespace_arn,
        network.upstream_security_group.security_group_id,
    ]
    yield from (value for value in values if Token.is_unresolved(value))
