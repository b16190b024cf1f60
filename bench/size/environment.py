"""The environments that are measured: a company's services, most of them small."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

import yaml

SIZES = (1, 10, 50, 100, 200)
METHODS = (
    *("Get", "List", "Search", "Create", "Update"),
    *("Delete", "BatchGet", "Watch", "Approve", "Export"),
)
"""The methods of each proto service."""

SERVICES_A_STACK = 25
"""Few enough that no stack gets too many, whatever the names: a stack takes some 40 services."""

_TEAMS = (
    *("learning", "billing", "identity", "catalog", "search", "payments", "support", "content", "analytics"),
    *("messaging", "scheduling", "reporting", "media", "compliance", "partners"),
)
_THINGS = (
    *("accounts", "history", "exports", "settings", "events", "rules", "limits", "audit", "drafts", "tags"),
    *("files", "jobs", "quotas", "imports", "insights"),
)


@dataclass(frozen=True)
class CompanyService:
    """A service of the company.

    Attributes:
        name: Its name.
        proto_service: The proto service that it serves.
        tasks: The number of its tasks.

    """

    name: str
    proto_service: str
    tasks: int


def company(number: int) -> list[CompanyService]:
    """Return so many services: one of twenty has 50 tasks, one of four 10, the others 2."""
    names = islice(product(_THINGS, _TEAMS), number)
    return [
        CompanyService(
            name=f"{team}-{thing}",
            proto_service=f"company.{team}.v1.{thing.capitalize()}",
            tasks=50 if index % 20 == 10 else 10 if index % 4 == 0 else 2,
        )
        for index, (thing, team) in enumerate(names)
    ]


def configuration(services: Sequence[CompanyService]) -> str:
    """Return the file of an environment with `services`, as a platform team would write it."""
    return yaml.safe_dump(
        {
            "environment": "size",
            "region": "eu-west-1",
            "account": "111122223333",
            "network": {"new": {"cidr": "10.60.0.0/16", "availability_zones": ["euw1-az1", "euw1-az2"]}},
            "namespace": {"name": "size.local"},
            "proxy": {"clients": ["10.60.0.0/16"]},
            "service_stacks": math.ceil(len(services) / SERVICES_A_STACK),
            "services": {
                service.name: {
                    "image": f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/{service.name}:1.4.2",
                    "tasks": service.tasks,
                    "grpc_services": [service.proto_service],
                }
                for service in services
            },
        },
        sort_keys=False,
    )


def paths(services: Sequence[CompanyService]) -> list[str]:
    """Return the path of each method of `services`."""
    return [f"/{service.proto_service}/{method}" for service in services for method in METHODS]
