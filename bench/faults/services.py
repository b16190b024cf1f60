"""The services of a world, and the configuration file that deploys them."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bench.faults.calls import SHORT, proto_service

PROXY = "grpc"
NAMESPACE = "lab.local"


@dataclass(frozen=True, kw_only=True)
class LabService:
    """One service of a world. What it does not set has the configuration's default.

    Attributes:
        name: Its name: lower-case letters only.
        tasks: The number of its tasks.
        options: Further options of `task_server`.
        settings: Further keys of its block in the configuration.

    """

    name: str
    tasks: int = 6
    options: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])


def write_configuration(path: Path, services: Sequence[LabService], folder: Path) -> None:
    """Write the configuration of `services` to `path`; their tasks note their calls in `folder`."""
    account, region = "111122223333", "eu-west-1"
    command = [sys.executable, "-m", "bench.faults.task_server", "{address}", "{port}"]
    values = {
        "environment": "lab",
        "region": region,
        "account": account,
        "network": {"new": {"cidr": "10.20.0.0/16", "availability_zones": ["euw1-az1", "euw1-az2"]}},
        "namespace": {"name": NAMESPACE},
        "proxy": {"name": PROXY},
        "services": {
            service.name: {
                "image": f"{account}.dkr.ecr.{region}.amazonaws.com/{service.name}:1",
                "tasks": service.tasks,
                "grpc_services": [proto_service(service.name)],
                **service.settings,
            }
            for service in services
        },
        "rehearsal": {
            "services": {
                service.name: {
                    "command": [*command, proto_service(service.name), str(folder), *service.options],
                    "methods": [f"{proto_service(service.name)}/{SHORT}"],
                }
                for service in services
            }
        },
    }
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
