"""The subnets that a configuration chooses, in its VPC."""

from collections.abc import Iterator, Sequence

from aws_cdk import aws_ec2 as ec2

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.network.place import Place
from ecs_envoy.network.zones import selected, zones_of
from ecs_envoy.settings.network.subnets import NO_WAY_TO_IMAGES, SubnetKind, Subnets, TaskSubnets
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


def load_balancer_subnets(configuration: Configuration, vpc: ec2.IVpc) -> ec2.SubnetSelection | None:
    """Return the subnets of the API's ALB, one in each zone if not given by id; None if not chosen."""
    subnets = configuration.network.subnets.load_balancer
    if subnets is None:
        return None
    chosen = selection(subnets, vpc)
    return (
        chosen if subnets.ids else ec2.SubnetSelection(subnets=selected(vpc, chosen, one_per_az=True).subnets)
    )


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
    given = configuration.network.subnets.given
    if by_default := [purpose for purpose in purposes(configuration) if purpose not in given]:
        yield from _default_findings(configuration, vpc, ", ".join(by_default))
    for purpose, subnets in given.items():
        key, chosen = ("network", "subnets", purpose), selection(subnets, vpc)
        found = {subnet.subnet_id for subnet in chosen.subnets or []}
        zones = zones_of(vpc, chosen)
        if missing := sorted(set(subnets.ids) - found):
            yield (*key, "ids"), f"{', '.join(missing)}: not in the VPC; give ids of its subnets"
        elif len(zones) < 2:
            yield key, f"names subnets {_in(zones)}, and one zone can fail; give subnets in two zones or more"
        elif not isinstance(subnets, TaskSubnets):
            yield from _load_balancer_findings(configuration, vpc, chosen)
        else:
            yield from ((key, problem) for problem in _way_out_problems(configuration, subnets, vpc, chosen))


def _default_findings(configuration: Configuration, vpc: ec2.IVpc, purposes: str) -> Iterator[Finding]:
    here = ("network", "vpc" if configuration.network.vpc else "vpc_id")
    zones = zones_of(vpc, Place().subnets)
    if not zones and vpc.isolated_subnets:
        problem = f"has isolated subnets only; give kind: isolated to {purposes} in network.subnets"
        yield here, f"{problem}, and endpoints for {_ENDPOINTS}: network.endpoints makes them"
    elif not zones and vpc.public_subnets:
        problem = f"has public subnets only; give kind: public to {purposes} in network.subnets"
        yield here, f"{problem}: each task then has a public address"
    elif len(zones) < 2:
        problem = f"has private subnets {_in(zones)}, and one zone can fail"
        yield here, f"{problem}; give a VPC with two or more"


def _way_out_problems(
    configuration: Configuration, subnets: TaskSubnets, vpc: ec2.IVpc, chosen: ec2.SubnetSelection
) -> Iterator[str]:
    """Yield why tasks in the subnets `chosen` would not start, if the kind of the subnets was not given."""
    ids = {subnet.subnet_id for subnet in selected(vpc, chosen).subnets}
    if subnets.kind is None and subnets.public_addresses is None and ids & _ids(vpc.public_subnets):
        problem = (
            "names public subnets, where a task without a public address reaches nothing outside the VPC"
        )
        yield f"{problem}; also give public_addresses: true, or false if that is meant"
    if subnets.kind is None and not configuration.image_mirror and ids & _ids(vpc.isolated_subnets):
        yield NO_WAY_TO_IMAGES


def _load_balancer_findings(
    configuration: Configuration, vpc: ec2.IVpc, chosen: ec2.SubnetSelection
) -> Iterator[Finding]:
    key = ("network", "subnets", "load_balancer")
    zones = [subnet.availability_zone for subnet in chosen.subnets or []]
    if twice := sorted({zone for zone in zones if zones.count(zone) > 1}):
        # "Availability Zones for your Application Load Balancer" in its User Guide.
        problem = f"names several subnets in {', '.join(twice)}, and an ALB takes one in each zone; give one"
        yield (*key, "ids"), problem
    ids = {subnet.subnet_id for subnet in selected(vpc, chosen).subnets}
    if configuration.api and not configuration.api.internal and not ids <= _ids(vpc.public_subnets):
        problem = "names subnets without an internet gateway, through which a public ALB is reached"
        yield key, f"{problem}; give public ones, or api.internal: true"


def _ids(subnets: Sequence[ec2.ISubnet]) -> set[str]:
    return {subnet.subnet_id for subnet in subnets}


def _in(zones: set[str]) -> str:
    return f"in {next(iter(zones))} only" if zones else "in no zone"
