"""The subnets that a configuration chooses, in its VPC."""

from collections.abc import Iterator

from aws_cdk import aws_ec2 as ec2

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.network.place import Place
from ecs_envoy.network.zones import zones_of
from ecs_envoy.settings.network.subnets import SubnetKind, Subnets
from envoy_config.settings_error import Finding, SettingsError

_KINDS: dict[SubnetKind, ec2.SubnetType] = {
    "private": ec2.SubnetType.PRIVATE_WITH_EGRESS,
    "isolated": ec2.SubnetType.PRIVATE_ISOLATED,
    "public": ec2.SubnetType.PUBLIC,
}
_UNKNOWN = "vpc-12345"
"""The id of the VPC that the CDK invents until the CDK CLI has looked up the real one."""

_ENDPOINTS = "ecr.api, ecr.dkr, logs, secretsmanager, ssm, servicediscovery, data-servicediscovery and S3"


def place(configuration: Configuration, purpose: str, vpc: ec2.IVpc) -> Place:
    """Return where the tasks of `purpose` run, which is a key of `network.subnets`."""
    subnets = configuration.network.subnets.given.get(purpose)
    if subnets is None:
        return Place()
    return Place(subnets=selection(subnets, vpc), public_addresses=subnets.gives_public_addresses)


def selection(subnets: Subnets, vpc: ec2.IVpc) -> ec2.SubnetSelection:
    """Return the CDK's words for `subnets` of `vpc`."""
    if subnets.kind:
        return ec2.SubnetSelection(subnet_type=_KINDS[subnets.kind])
    if vpc.vpc_id == _UNKNOWN:
        return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
    if subnets.ids:
        every = [*vpc.private_subnets, *vpc.isolated_subnets, *vpc.public_subnets]
        return ec2.SubnetSelection(subnets=[s for s in every if s.subnet_id in subnets.ids])
    (name,) = [subnets.group] if subnets.group else subnets.tags.values()
    return ec2.SubnetSelection(subnet_group_name=name)


def check_places(configuration: Configuration, vpc: ec2.IVpc) -> None:
    """Refuse a VPC in which something of `configuration` has no subnets, or subnets in one zone only.

    Raises:
        SettingsError: With the key of the subnets, or of the VPC if none were chosen.

    """
    if vpc.vpc_id != _UNKNOWN and (findings := list(_findings(configuration, vpc))):
        raise SettingsError(findings)


def purposes(configuration: Configuration) -> list[str]:
    """Return the keys of `network.subnets` that have tasks in `configuration`."""
    there = {"proxy": True, "services": configuration.services, "api": configuration.api}
    return [purpose for purpose, has_tasks in there.items() if has_tasks]


def _findings(configuration: Configuration, vpc: ec2.IVpc) -> Iterator[Finding]:
    network = configuration.network
    given = network.subnets.given
    if by_default := [purpose for purpose in purposes(configuration) if purpose not in given]:
        here = ("network", "vpc" if network.vpc else "vpc_id")
        zones = zones_of(vpc, Place().subnets)
        if not zones and vpc.isolated_subnets:
            problem = f"has isolated subnets only; give kind: isolated to {', '.join(by_default)} in "
            yield (
                here,
                f"{problem}network.subnets, and endpoints for {_ENDPOINTS}: network.endpoints makes them",
            )
        elif len(zones) < 2:
            yield (
                here,
                f"has private subnets {_in(zones)}, and one zone can fail; give a VPC with two or more",
            )
    for purpose, subnets in given.items():
        key, chosen = ("network", "subnets", purpose), selection(subnets, vpc)
        found = {subnet.subnet_id for subnet in chosen.subnets or []}
        zones = zones_of(vpc, chosen)
        if missing := sorted(set(subnets.ids) - found):
            yield (*key, "ids"), f"{', '.join(missing)}: not in the VPC; give ids of its subnets"
        elif len(zones) < 2:
            yield key, f"names subnets {_in(zones)}, and one zone can fail; give subnets in two zones or more"


def _in(zones: set[str]) -> str:
    return f"in {next(iter(zones))} only" if zones else "in no zone"
