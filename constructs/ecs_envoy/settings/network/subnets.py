"""Subnets of a VPC that exists, and which of them tasks and the ALB get."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from ecs_envoy.settings import values
from ecs_envoy.settings.task.tags import TagKey, TagValue
from envoy_config.settings import Settings
from envoy_config.settings_error import Finding
from envoy_config.values import Flag, text

SubnetKind = Literal["private", "isolated", "public"]
"""The CDK's kinds: with a NAT gateway or another way out, without one, and with an internet gateway."""

NO_WAY_TO_IMAGES = "isolated subnets have no way to Docker Hub and ECR Public; also give image_mirror"
"""Why tasks in isolated subnets need copies of the public images."""

_subnet = text(r"subnet-[0-9a-f]{8,17}", "a subnet's id", "one such as subnet-0123456789abcdef0")
SubnetId = Annotated[str, *_subnet]
_route_table = text(r"rtb-[0-9a-f]{8,17}", "a route table's id", "one such as rtb-0123456789abcdef0")
RouteTableId = Annotated[str, *_route_table]
_group = text(r"[\w .:/=+@-]+", "the name of a subnet group", "the value of its tag, such as App", length=256)
SubnetGroup = Annotated[str, *_group]


class Subnets(Settings):
    """The subnets for one purpose: by kind, by group, by id or by tag."""

    kind: SubnetKind | None = Field(
        default=None,
        description="all subnets of a kind: private have a way out, isolated have none, in public ones each "
        "task has a public address",
    )
    group: SubnetGroup | None = Field(
        default=None, description="the subnets whose tag aws-cdk:subnet-name has this value"
    )
    ids: list[SubnetId] = Field(default=[], description="the subnets with these ids")
    tags: dict[TagKey, TagValue] = Field(
        default={},
        description="the subnets with this tag, such as {Tier: app}; one tag, whose key is the same wherever "
        "subnets are given by tag",
    )

    @property
    def ways(self) -> list[str]:
        """The keys that say which subnets."""
        return [key for key in ("kind", "group", "ids", "tags") if getattr(self, key)]

    @property
    def gives_public_addresses(self) -> bool:
        """Whether what is in these subnets has public addresses."""
        return self.kind == "public"


class TaskSubnets(Subnets):
    """The subnets of tasks: by kind, by group, by id or by tag."""

    public_addresses: Flag | None = Field(
        default=None,
        description="whether each task has a public IPv4 address, which it needs in a public subnet; by "
        "default where kind is public",
    )

    @property
    def gives_public_addresses(self) -> bool:
        """Whether each task has a public IPv4 address."""
        return self.kind == "public" if self.public_addresses is None else self.public_addresses


class SubnetChoice(Settings):
    """Which subnets get what; the private ones by default, and the public ones for a public ALB."""

    proxy: TaskSubnets | None = Field(default=None, description="the subnets of the proxy's tasks")
    services: TaskSubnets | None = Field(default=None, description="the subnets of the services' tasks")
    api: TaskSubnets | None = Field(default=None, description="the subnets of the API's tasks")
    load_balancer: Subnets | None = Field(default=None, description="the subnets of the API's ALB")

    @property
    def given(self) -> dict[str, Subnets]:
        """The choices that were made, by purpose."""
        return {name: choice for name in type(self).model_fields if (choice := getattr(self, name))}

    @property
    def tag_key(self) -> str | None:
        """The key of the tag by which subnets are given; None if they are given in other ways."""
        return next((key for choice in self.given.values() for key in choice.tags), None)


class KnownSubnets(Settings):
    """A group of subnets of a VPC that exists: one in each of its zones."""

    group: SubnetGroup = Field(description="its name, such as App")
    kind: SubnetKind = Field(description="whether the subnets have a way out, none, or an internet gateway")
    ids: list[SubnetId] = Field(min_length=1, description="a subnet for each zone, in the order of the zones")
    route_tables: list[RouteTableId] = Field(
        default=[], description="their route tables in the same order; needed for network.endpoints"
    )


class KnownVpc(Settings):
    """A VPC that exists, described so completely that the CDK needs no look-up and no credentials."""

    id: values.VpcId = Field(description="the VPC's id")
    cidr: values.Cidr = Field(description="its IPv4 block")
    availability_zones: list[values.AvailabilityZone] = Field(
        min_length=1, description="the zones of its subnets by name or by id, at least two"
    )
    subnets: list[KnownSubnets] = Field(min_length=1, description="its subnets, by group")


def known_vpc_findings(vpc: KnownVpc) -> Iterator[Finding]:
    """Yield why `vpc` cannot be as it is described."""
    for kind in get_args(SubnetKind):
        tables = {bool(subnets.route_tables) for subnets in vpc.subnets if subnets.kind == kind}
        if len(tables) > 1:
            yield ("subnets",), f"gives route tables of some {kind} subnets; give those of all, or of none"
    seen: set[str] = set()
    kinds: dict[str, SubnetKind] = {}
    for index, subnets in enumerate(vpc.subnets):
        here = ("subnets", index)
        if (kind := kinds.setdefault(subnets.group, subnets.kind)) != subnets.kind:
            problem = f"{subnets.group} is also a group of {kind} subnets; give each group one kind"
            yield (*here, "group"), problem
        for key in ("ids", "route_tables"):
            count = len(getattr(subnets, key))
            if count and count != len(vpc.availability_zones):
                problem = f"has {count} for {len(vpc.availability_zones)} zones; give one for each zone"
                yield (*here, key), problem
        for number, subnet in enumerate(subnets.ids):
            if subnet in seen:
                yield (*here, "ids", number), f"{subnet} is given twice; give each subnet once"
            seen.add(subnet)


def choice_findings(choice: SubnetChoice) -> Iterator[Finding]:
    """Yield why `choice` does not say which subnets."""
    keys = {key for subnets in choice.given.values() for key in subnets.tags}
    groups = any(subnets.group for subnets in choice.given.values())
    for name, subnets in choice.given.items():
        ways = subnets.ways
        if len(ways) != 1:
            given = f"gives {' and '.join(ways)}" if ways else "says nothing about which subnets"
            yield (name,), f"{given}; give one of kind, group, ids and tags"
        elif len(subnets.tags) > 1 or (subnets.tags and (len(keys) > 1 or groups)):
            problem = "the CDK finds subnets by one tag; give the same key everywhere, and group nowhere"
            yield (name, "tags"), problem
