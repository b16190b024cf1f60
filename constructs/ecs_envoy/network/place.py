"""Where the tasks of an ECS service run."""

from dataclasses import dataclass, field

from aws_cdk import aws_ec2 as ec2


def _private() -> ec2.SubnetSelection:
    return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the tasks of an ECS service run.

    Attributes:
        subnets: Their subnets; the private ones with a way out by default.
        public_addresses: Whether each task has a public IPv4 address, as it needs in a public subnet.

    """

    subnets: ec2.SubnetSelection = field(default_factory=_private)
    public_addresses: bool = False

    @property
    def is_default(self) -> bool:
        """Whether no subnets were chosen."""
        return self.subnets == _private()
