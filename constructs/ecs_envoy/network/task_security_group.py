"""The security group that all our tasks have."""

import functools

from aws_cdk import aws_ec2 as ec2
from constructs import Construct


def define_task_security_group(
    scope: Construct, construct_id: str, *, vpc: ec2.IVpc, description: str
) -> ec2.SecurityGroup:
    """Return a security group without inbound rules, and with HTTPS as the only outbound rule."""
    group = ec2.SecurityGroup(scope, construct_id, vpc=vpc, description=description, allow_all_outbound=False)
    group.add_egress_rule(*_https())
    return group


@functools.cache
def _https() -> tuple[ec2.IPeer, ec2.Port, str]:
    return (
        # A Fargate task pulls its image, reads its secrets and writes its log through its own network
        # interface ("Fargate task networking"). No prefix list covers these addresses. DNS needs no rule.
        ec2.Peer.any_ipv4(),
        ec2.Port.tcp(443),
        "Image registry, Secrets Manager, CloudWatch Logs",
    )
