from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.account.aws import Aws
from rehearsal.account.emulator_process import start_emulator
from rehearsal.account.existing import Existing
from rehearsal.processes import Processes

ACCOUNT, REGION = "111122223333", "eu-west-1"

PRIVATE_ZONE = "Z0123456789ABCDEFGHIJ"
PRIVATE_NAME = "lessons-internal.example.com"
PRIVATE_TARGET = "internal-lessons-1.eu-west-1.elb.amazonaws.com"

HEALTH_LAG = 1.0
"""Seconds instead of the 30 of Cloud Map."""


@dataclass
class Emulator:
    """A running emulator and the folder for logs."""

    aws: Aws
    logs: Path
    processes: Processes


def client(emulator: Emulator, service: str) -> Any:  # noqa: ANN401
    """Return boto3's client of the AWS service `service` in the emulator's account."""
    connect: Any = boto3.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return connect(
        service,
        endpoint_url=emulator.aws.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="x",
    )


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    folder = tmp_path_factory.mktemp("emulator")
    existing = Existing(
        account=ACCOUNT,
        region=REGION,
        zones=(f"{REGION}a", f"{REGION}b"),
        vpc="vpc-0123456789abcdef0",
        ecs_cluster="shared",
        namespace=("ns-0123456789abcdef", "test.local"),
        cloud_map_services=("lessons", "other"),
        security_groups=("sg-0123456789abcdef0",),
        private_zones=((PRIVATE_ZONE, ((PRIVATE_NAME, PRIVATE_TARGET),)),),
    )
    with Processes(folder) as processes:
        aws = start_emulator(processes, existing, folder / "files", health_lag=HEALTH_LAG)
        yield Emulator(aws, folder, processes)
