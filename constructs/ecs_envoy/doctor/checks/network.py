"""Whether the tasks' subnets are in several zones, and Fargate is in those."""

from collections.abc import Iterator

from ecs_envoy.doctor.account import Account
from ecs_envoy.doctor.result import Result, ok, problem, warning
from ecs_envoy.settings.fargate_zones import FARGATE_ZONES


def check_zones(account: Account) -> Iterator[Result]:
    """Look at the zones of the subnets in which the services and the proxy run."""
    fargate = FARGATE_ZONES.get(account.configuration.region)
    for service in account.services:
        name = service.get("serviceName", "")
        subnets = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {}).get("subnets", [])
        found = account.ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
        zones = sorted({subnet.get("AvailabilityZoneId", "") for subnet in found})
        without = [zone for zone in zones if fargate and zone not in fargate]
        if without:
            yield problem(
                name, f"Fargate is not in {', '.join(without)}; use subnets in {', '.join(fargate or ())}"
            )
        elif len(zones) < 2:
            yield warning(
                name, f"runs in {', '.join(zones)} only, whose loss stops it; use subnets in two zones"
            )
        else:
            yield ok(name, f"runs in {', '.join(zones)}")
