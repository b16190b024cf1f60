"""The availability zones in which Fargate runs tasks, and the ids of zones.

In AWS's oldest regions, a zone's name, such as eu-west-1a, is another place in each account. A zone's id,
such as euw1-az1, is the same place in every account ("AWS Availability Zones" in the guide to AWS's regions).
"""

import re
from collections.abc import Iterator, Sequence

FARGATE_ZONES: dict[str, tuple[str, ...]] = {
    "ap-northeast-1": ("apne1-az1", "apne1-az2", "apne1-az4"),
    "cn-north-1": ("cnn1-az1", "cnn1-az2"),
    "us-west-1": ("usw1-az1", "usw1-az3"),
}
"""
The zones of the regions in which Fargate is not in every zone ("Supported Regions for Amazon ECS on AWS
Fargate", 2026-11); in all other regions it is.
"""

ZONE_ID = r"[a-z]{3,8}\d-az\d{1,2}"


def is_zone_id(zone: str) -> bool:
    """Return whether `zone` is a zone's id and not its name."""
    return re.fullmatch(ZONE_ID, zone) is not None


def zone_list_problem(zones: Sequence[str]) -> str | None:
    """Return why a VPC cannot have `zones`, the list of all its zones; None if it can, or if it is empty."""
    different = len(set(zones))
    if different == 1:
        return "one zone can fail; give at least two"
    if different < len(zones):
        return "a zone is given twice; give each once"
    if len({is_zone_id(zone) for zone in zones}) > 1:
        return "gives some zones by id and some by name, which may be the same zone; give ids only"
    return None


def zone_problems(zones: Sequence[str], region: str) -> Iterator[tuple[int, str]]:
    """Yield the index of each of `zones` that a VPC in `region` cannot have, and what to give instead."""
    fargate = FARGATE_ZONES.get(region)
    for index, zone in enumerate(zones):
        if not zone.startswith(_id_prefix(region) if is_zone_id(zone) else region):
            yield (
                index,
                f"{zone!r} is not in {region}; give a zone of that region, such as {_example(region)}",
            )
        elif fargate and not is_zone_id(zone):
            yield (
                index,
                f"{zone!r} may be a zone without Fargate; give ids of zones: {', '.join(fargate)}",
            )
        elif fargate and zone not in fargate:
            yield index, f"Fargate is not in {zone}; give zones of {', '.join(fargate)}"


def missing_zones_problem(region: str) -> str | None:
    """Return why a VPC in `region` needs zones to be given; None if any two zones will do."""
    fargate = FARGATE_ZONES.get(region)
    if fargate is None:
        return None
    return f"missing, and Fargate is not in every zone of {region}; give two or more of {', '.join(fargate)}"


def _id_prefix(region: str) -> str:
    """Return how the ids of the zones in `region` begin: `euw1-az` for eu-west-1."""
    country, *directions, number = region.split("-")
    if country == "eusc":  # its ids are not documented where we could read it
        return ""
    short = "".join(_SHORT.get(word, word[0]) for word in directions)
    return f"{country}{short}{number}-az"


_SHORT = {"northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw", "gov": "g"}


def _example(region: str) -> str:
    return f"{_id_prefix(region) or 'euw1-az'}1"
