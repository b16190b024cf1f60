"""Rules between the keys of a network that exists: its VPC, its subnets and its endpoints."""

from collections.abc import Iterator

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.plan.rules import Rule
from ecs_envoy.settings.fargate_zones import zone_list_problem, zone_problems
from ecs_envoy.settings.network.subnets import NO_WAY_TO_IMAGES, choice_findings, known_vpc_findings
from envoy_config.settings_error import Finding


def _existing_vpc(configuration: Configuration) -> Iterator[Finding]:
    if configuration.namespace.id and not configuration.network.exists:
        yield ("namespace", "id"), "is a namespace in a VPC that already exists; also give network.vpc_id"


def _known_vpc(configuration: Configuration) -> Iterator[Finding]:
    network = configuration.network
    if network.vpc:
        for path, problem in known_vpc_findings(network.vpc):
            yield ("network", "vpc", *path), problem
    if network.vpc and network.vpc_id:
        yield ("network", "vpc"), "is given together with vpc_id; remove one of the two"


def _known_zones(configuration: Configuration) -> Iterator[Finding]:
    vpc = configuration.network.vpc
    if vpc:
        here = ("network", "vpc", "availability_zones")
        if problem := zone_list_problem(vpc.availability_zones):
            yield here, problem
        for index, problem in zone_problems(vpc.availability_zones, configuration.region):
            yield (*here, index), problem


def _subnets(configuration: Configuration) -> Iterator[Finding]:
    network = configuration.network
    for path, problem in choice_findings(network.subnets):
        yield ("network", "subnets", *path), problem
    if not network.exists and network.subnets.given:
        yield ("network", "subnets"), "are those of a VPC that exists; also give network.vpc_id"
    if network.vpc and network.subnets.tag_key:
        yield ("network", "subnets"), "tags need a look-up; give group, as in network.vpc.subnets"


def _purposes(configuration: Configuration) -> Iterator[Finding]:
    purposes = {
        "services": ("where the tasks of services run", "services", bool(configuration.services)),
        "api": ("where the API's tasks run", "api", configuration.api is not None),
        "load_balancer": ("where the API's ALB is", "api", configuration.api is not None),
    }
    for purpose, (what, key, is_there) in purposes.items():
        if purpose in configuration.network.subnets.given and not is_there:
            yield ("network", "subnets", purpose), f"says {what}, and the file has no {key}; remove it"


def _endpoints(configuration: Configuration) -> Iterator[Finding]:
    network, here = configuration.network, ("network", "endpoints")
    if network.endpoints and not network.exists:
        yield here, "are for a VPC that exists; give network.new.interface_endpoints for a new one"
    for index, subnets in enumerate(network.vpc.subnets if network.vpc and network.endpoints else []):
        if subnets.kind != "public" and not subnets.route_tables:
            problem = "missing, and S3's endpoint needs them; give a route table for each zone"
            yield ("network", "vpc", "subnets", index, "route_tables"), problem
    for purpose, subnets in network.subnets.given.items():
        if subnets.kind == "isolated" and purpose != "load_balancer" and not configuration.image_mirror:
            yield ("network", "subnets", purpose), NO_WAY_TO_IMAGES


NETWORK_KEY_RULES: tuple[Rule[Configuration], ...] = (
    _existing_vpc,
    _known_vpc,
    _known_zones,
    _subnets,
    _purposes,
    _endpoints,
)
